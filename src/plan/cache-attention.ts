/**
 * The arguments of `KVCache.attention` → {@link CacheAttentionPlan}: as attention's, but that keys, values and their lengths are
 * the cache's, and that queries are the newest of each row unless the caller says otherwise.
 * @module
 */
import { dtypeError, optionError, shapeError } from '../errors.js';
import type { AttentionResult, CacheAttentionOptions, FloatData } from '../types.js';
import { list, received } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { type CheckedFloats, checkFloats } from '../validate/tensor.js';
import { acceptedDtypes } from './append.js';
import { CacheAttentionDraft } from './attention-draft.js';
import { attentionOptions, checkEntries, planRules } from './attention-rules.js';
import type { CacheSizes, RowState } from './cache.js';
import { frames } from './frame.js';
import { toHeads } from './heads.js';
import type { CacheRow, View } from './plan.js';
import { bringsToOneWidth } from './score.js';

const op = 'KVCache.attention';

const rules = {
  ...attentionOptions,
  keyLengths: (_op: string, name: string, value: unknown): never => {
    throw optionError(op, name, received(value), 'none', 'the cache knows the lengths of its rows; truncate shortens them');
  },
} satisfies rule.Rules<CacheAttentionOptions & { keyLengths: undefined }>;

const spare = frames<AttentionResult<FloatData>, CacheAttentionDraft, typeof rules>(() => new CacheAttentionDraft(), rules);

type CacheAttentionFrame = ReturnType<typeof spare.take>;

/** @param pages where the tokens lie */
export function planCacheAttention(
  cache: CacheSizes,
  rows: readonly RowState[],
  pages: readonly CacheRow[],
  q: unknown,
  options: unknown,
): CacheAttentionFrame {
  const frame = spare.take();
  const { plan } = frame;
  const query = checkFloats(op, 'query', q, frame);
  const given = rule.checkOptions(op, options, rules, frame, frame.givenOptions);
  const { layout = 'bhsd', window } = given;
  relate(cache, frame, query, layout);
  const longest = Math.max(0, ...rows.map(({ length }) => length));
  const offsets = offsetsOf(rows, plan.queryLength, given.queryOffset);
  plan.keyLength = longest;
  plan.queryOffsets = offsets;
  plan.windowLeft = Math.min(cache.window[0], window?.[0] ?? Infinity);
  plan.windowRight = Math.min(cache.window[1], window?.[1] ?? Infinity, given.causal === false ? Infinity : 0);
  if (plan.queryLength > 0) checkKept(rows, offsets, plan.windowLeft);
  planRules(op, frame, query, undefined, undefined, layout);

  // Once a window has passed, positions are counted from what is kept, so that work and memory do not grow with the position.
  // Where weights are asked for there is one for every position anyway.
  const base = plan.weights ? 0 : Math.min(...rows.map(({ first }) => first));
  plan.cacheDtype = cache.dtype;
  plan.blockTokens = cache.blockTokens;
  plan.keyLength = longest - base;
  plan.queryOffsets = offsets.map((offset) => offset - base);
  plan.keyLengths = Int32Array.from(rows, ({ length }) => Math.max(0, length - base));
  plan.rows = pages.map(({ first, blocks }) => ({ first: Math.max(0, first - base), blocks }));
  plan.mask = plan.mask && fromKey(plan.mask, base);
  plan.bias = plan.bias && fromKey(plan.bias, base);
  return frame;
}

/** Fills in the sizes of query, once they fit the cache's, and those of the cache. */
function relate(cache: CacheSizes, frame: CacheAttentionFrame, query: CheckedFloats, layout: 'bhsd' | 'bshd'): void {
  const rank = query.shape.length;
  const said = () => `query is ${list(query.shape)}${layout === 'bhsd' ? '' : `, layout is '${layout}'`}`;
  if (rank < 2 || rank > 4) throw shapeError(op, 'query', `rank ${rank}`, 'rank 2 [s, d], 3 [h, s, d] or 4 [b, h, s, d]', said());
  if (query.dtype !== 'float32' && query.dtype !== cache.dtype)
    throw dtypeError(op, 'query', `dtype ${query.dtype}`, acceptedDtypes(cache), `the cache is ${cache.dtype}`);
  const [batch, queryHeads, queryLength, headDim] = toHeads(query.shape, layout, 1, frame.list(4));
  if (batch !== cache.batch) throw shapeError(op, 'query', `batch ${batch}`, `${cache.batch}, the batch of the cache`, said());
  if (headDim !== cache.headDim && !bringsToOneWidth(frame.given.score))
    throw shapeError(op, 'query', `head dim ${headDim}`, `${cache.headDim}, the headDim of the cache`, said());
  if (queryHeads % cache.kvHeads > 0)
    throw shapeError(op, 'query', `${queryHeads} heads`, `a multiple of the ${cache.kvHeads} key/value heads`, said());
  const { plan } = frame;
  plan.batch = batch;
  plan.queryHeads = queryHeads;
  plan.kvHeads = cache.kvHeads;
  plan.queryLength = queryLength;
  plan.headDim = headDim;
  plan.keyDim = cache.headDim;
  plan.valueDim = cache.valueDim;
}

/** Where query 0 of each row stands: by default the last query sees the last token. */
function offsetsOf(rows: readonly RowState[], queryLength: number, given: number | Int32Array | undefined): Int32Array {
  if (typeof given === 'number') {
    if ((given | 0) !== given) throw optionError(op, 'queryOffset', String(given), 'a whole number of 32 bits');
    return new Int32Array(rows.length).fill(given);
  }
  if (given === undefined) return Int32Array.from(rows, ({ length }) => length - queryLength);
  checkEntries(op, 'queryOffset', given, rows.length, 'batch');
  return given;
}

/** @throws {FoveaError} ERR_OPTION when a query would see tokens that the window has passed and the cache has given up */
function checkKept(rows: readonly RowState[], offsets: Int32Array, windowLeft: number): void {
  for (const [row, { first }] of rows.entries()) {
    const offset = offsets[row] ?? 0;
    if (first === 0 || offset - windowLeft >= first) continue;
    const least = windowLeft === Infinity ? 'a window' : `at least ${first + windowLeft}`;
    throw optionError(op, `queryOffset of row ${row}`, String(offset), least, `what stands before ${first} has left the cache's window`);
  }
}

/** A view of `[batch, head, query, key]` that begins at a later key. */
function fromKey<D extends ArrayBufferView>(view: View<D>, key: number): View<D> {
  return { ...view, offset: view.offset + key * (view.strides[3] ?? 0) };
}
