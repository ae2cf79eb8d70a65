/**
 * attention's arguments → {@link AttentionPlan}: how query, key and value fit together, what each option means, every default.
 * @module
 */
import { dtypeError, shapeError } from '../errors.js';
import type { AttentionOptions, AttentionResult, FloatData, Layout } from '../types.js';
import { list } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { type CheckedFloats, checkFloats } from '../validate/tensor.js';
import { AttentionDraft } from './attention-draft.js';
import { attentionOptions, checkEntries, checkLengths, planRules } from './attention-rules.js';
import { frames } from './frame.js';
import { headsOf, toHeads } from './heads.js';
import { bringsToOneWidth } from './score.js';

const op = 'attention' as const;

const rules = { ...attentionOptions, keyLengths: rule.int32Array } satisfies rule.Rules<AttentionOptions>;

const spare = frames<AttentionResult<FloatData>, AttentionDraft, typeof rules>(() => new AttentionDraft(), rules);

type AttentionFrame = ReturnType<typeof spare.take>;

export function planAttention(q: unknown, k: unknown, v: unknown, options: unknown): AttentionFrame {
  const frame = spare.take();
  const { plan } = frame;
  const query = checkFloats(op, 'query', q, frame);
  const key = checkFloats(op, 'key', k, frame);
  const value = checkFloats(op, 'value', v, frame);
  const given = rule.checkOptions(op, options, rules, frame, frame.givenOptions);
  const { layout = 'bhsd', queryOffset, keyLengths, window } = given;
  relate(frame, query, key, value, layout);
  const { batch, queryLength, keyLength } = plan;

  checkLengths(op, 'keyLengths', keyLengths, batch, keyLength);
  plan.keyLengths = keyLengths;
  plan.queryOffset = typeof queryOffset === 'number' ? queryOffset : keyLength - queryLength;
  plan.queryOffsets = typeof queryOffset === 'object' ? queryOffset : undefined;
  checkEntries(op, 'queryOffset', plan.queryOffsets, batch, 'batch');
  plan.windowLeft = window?.[0] ?? Infinity;
  plan.windowRight = given.causal ? 0 : (window?.[1] ?? Infinity);
  plan.k = headsOf(key, layout, frame);
  plan.v = headsOf(value, layout, frame);
  planRules(op, frame, query, key, value, layout);
  return frame;
}

/** Fills in the sizes that query, key and value agree on. */
function relate(frame: AttentionFrame, query: CheckedFloats, key: CheckedFloats, value: CheckedFloats, layout: Layout): void {
  const rank = query.shape.length;
  if (rank < 2 || rank > 4) {
    throw shapeError(op, 'query', `rank ${rank}`, 'rank 2 [s, d], 3 [h, s, d] or 4 [b, h, s, d]', `query is ${list(query.shape)}`);
  }
  checkKind('key', key, query, layout);
  checkKind('value', value, query, layout);
  const [batch, queryHeads, queryLength, headDim] = toHeads(query.shape, layout, 1, frame.list(4));
  const [keyBatch, kvHeads, keyLength, keyDim] = toHeads(key.shape, layout, 1, frame.list(4));
  const [valueBatch, valueHeads, valueLength, valueDim] = toHeads(value.shape, layout, 1, frame.list(4));
  if (keyBatch !== batch) throw shapeError(op, 'key', `batch ${keyBatch}`, String(batch), said(query, 'key', key, layout));
  if (valueBatch !== batch) throw shapeError(op, 'value', `batch ${valueBatch}`, String(batch), said(query, 'value', value, layout));
  if (keyDim !== headDim && !bringsToOneWidth(frame.given.score))
    throw shapeError(op, 'key', `head dim ${keyDim}`, String(headDim), said(query, 'key', key, layout));
  if (valueHeads !== kvHeads)
    throw shapeError(op, 'value', `${valueHeads} heads`, `${kvHeads}, as key has`, said(query, 'value', value, layout));
  if (valueLength !== keyLength)
    throw shapeError(op, 'value', `length ${valueLength}`, `${keyLength}, as key has`, said(query, 'value', value, layout));
  if (kvHeads === 0 ? queryHeads > 0 : queryHeads % kvHeads > 0) {
    throw shapeError(op, 'query', `${queryHeads} heads`, `a multiple of the ${kvHeads} key/value heads`, said(query, 'key', key, layout));
  }
  const { plan } = frame;
  plan.batch = batch;
  plan.queryHeads = queryHeads;
  plan.kvHeads = kvHeads;
  plan.queryLength = queryLength;
  plan.keyLength = keyLength;
  plan.headDim = headDim;
  plan.keyDim = keyDim;
  plan.valueDim = valueDim;
}

/** Key or value has the rank and dtype of query. */
function checkKind(name: 'key' | 'value', { shape, dtype }: CheckedFloats, query: CheckedFloats, layout: Layout): void {
  const rank = query.shape.length;
  if (shape.length !== rank)
    throw shapeError(op, name, `rank ${shape.length}`, `${rank}, the rank of query`, said(query, name, { shape }, layout));
  if (dtype !== query.dtype) throw dtypeError(op, name, `dtype ${dtype}`, `${query.dtype}, the dtype of query`);
}

function said(query: CheckedFloats, name: string, { shape }: Pick<CheckedFloats, 'shape'>, layout: Layout): string {
  return `query is ${list(query.shape)}, ${name} is ${list(shape)}${layout === 'bhsd' ? '' : `, layout is '${layout}'`}`;
}
