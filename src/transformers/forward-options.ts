/**
 * Options of MultiHeadAttention.forward: what they are, and how a twin keeps them.
 * @module
 */
import { optionError } from '../errors.js';
import { KVCache } from '../ops/kv-cache.js';
import type { Keep } from '../ops/steps.js';
import type { Asked, AttentionOptions, FloatData, Score, Tensor } from '../types.js';
import { received } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { Workspace } from '../validate/workspace.js';

/** Options of `MultiHeadAttention.forward`: those of `attention`, but that the layout is its own, and a cache. */
export interface MultiHeadForwardOptions<O extends FloatData = never, W extends Asked = Asked>
  extends Omit<AttentionOptions<O, W>, 'layout' | 'returnLogSumExp'> {
  /**
   * Takes key and value in, and query sees all its tokens: `causal` is then true, and `queryOffset` the length of each row before, as in
   * `KVCache.attention`, whose options hold.
   */
  readonly cache?: KVCache | undefined;
}

const rules = {
  score: rule.score,
  scale: rule.finite,
  mask: rule.maskTensor,
  bias: rule.float32Tensor,
  causal: rule.boolean,
  queryOffset: rule.integerOrInt32Array,
  window: rule.window,
  keyLengths: rule.int32Array,
  queryLengths: rule.int32Array,
  softcap: rule.positive,
  alibi: rule.float32Array,
  sinks: rule.float32Array,
  returnWeights: rule.boolean,
  cache: (name, option, value) => {
    if (!(value instanceof KVCache)) throw optionError(name, option, received(value), 'a KVCache');
    return value;
  },
  out: rule.floatTensor,
} satisfies rule.Rules<MultiHeadForwardOptions>;

/** The options, checked one by one, with their numbers where `keep` wants them; attention relates them to its sizes. */
export function keptOptions(op: string, options: unknown, keep: Keep): MultiHeadForwardOptions<FloatData> {
  rule.checkOptions(op, options, rules);
  const given = (options ?? {}) as MultiHeadForwardOptions<FloatData>;
  const { score, mask, bias, queryOffset, window, keyLengths, queryLengths, alibi, sinks } = given;
  const list = <D extends Int32Array | Float32Array>(data: D | undefined) => data && keep({ data, shape: [data.length] }).data;
  return {
    ...given,
    score: keptScore(op, score, keep),
    mask: mask && keep(mask),
    bias: bias && keep(bias),
    queryOffset: typeof queryOffset === 'object' ? list(queryOffset) : queryOffset,
    window: window && [window[0], window[1]],
    keyLengths: list(keyLengths),
    queryLengths: list(queryLengths),
    alibi: list(alibi),
    sinks: list(sinks),
  };
}

const weights = ['weight', 'queryWeight', 'keyWeight', 'v', 'bias'];

function keptScore(op: string, score: Score | undefined, keep: Keep): Score | undefined {
  if (typeof score !== 'object') return score;
  const fields = Object.entries(score).map(([name, field]): [string, unknown] => {
    if (field === undefined || !weights.includes(name)) return [name, field];
    rule.float32Tensor(op, `score.${name}`, field, new Workspace());
    return [name, keep(field as Tensor)];
  });
  return Object.fromEntries(fields) as unknown as Score;
}
