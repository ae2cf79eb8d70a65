/** What may be asked of attention, each as one change: paired with each other in attention.ts. */
import type { AttentionOptions, DType, FloatData } from '../../src/types.js';
import type { Random } from '../random.js';
import { booleans, float32, floats, type Memory } from '../tensors.js';
import { type AttentionDraft, shapeOf } from './attention-draft.js';
import type { Feature } from './case.js';

export type AttentionFeature = Feature<AttentionDraft, AttentionOptions<FloatData>>;

/** [b, hq, sq, skv] without the dimensions that q lacks. */
const scoresShape = ({ batch, heads, queries, keys, rank }: AttentionDraft): number[] => [batch, heads, queries, keys].slice(-rank);

/** The same with a size of 1 where `kept` says no, from the left. */
const stretched = (draft: AttentionDraft, kept: readonly boolean[]): number[] =>
  scoresShape(draft).map((n, i, { length }) => (kept[i + 4 - length] ? n : 1));

const mostly = (numbers: Random) => () => numbers.uniform() < 0.7;
const someInfinite = (numbers: Random) => () => (numbers.uniform() < 0.15 ? Number.NEGATIVE_INFINITY : 2 * numbers.normal());
const perHead = ({ heads, numbers }: AttentionDraft, value: () => number) => Float32Array.from({ length: heads }, value ?? numbers.normal);
const lengths = (batch: number, most: number, numbers: Random) =>
  Int32Array.from({ length: batch }, (_, b) => numbers.integer(b === 0 ? Math.min(1, most) : 0, most));

const kinds = {
  mask: 'mask',
  bias: 'bias',
  offset: 'offset',
  window: 'window',
  out: 'out',
  dtype: 'dtype',
  memory: 'memory',
  rank: 'rank',
  score: 'score',
};

/** Rules of what is seen and terms of the score: these decide which tiles are skipped, full or partial. */
export const rules: readonly AttentionFeature[] = [
  { name: 'mask', kind: kinds.mask, options: (d) => ({ mask: booleans(scoresShape(d), mostly(d.numbers)) }) },
  { name: 'mask of keys', kind: kinds.mask, options: (d) => ({ mask: booleans([d.keys], mostly(d.numbers)) }) },
  {
    name: 'mask of whole tiles',
    kind: kinds.mask,
    options: (d) => ({ mask: booleans([d.queries, d.keys], (count) => (count % d.keys) % 96 < 40) }),
  },
  { name: 'bias', kind: kinds.bias, options: (d) => ({ bias: float32(scoresShape(d), someInfinite(d.numbers)) }) },
  { name: 'causal', options: () => ({ causal: true }) },
  { name: 'queryOffset ahead', kind: kinds.offset, options: (d) => ({ queryOffset: d.keys - d.queries + 3 }) },
  { name: 'queryOffset behind', kind: kinds.offset, options: () => ({ queryOffset: -2 }) },
  {
    name: 'queryOffset a row',
    kind: kinds.offset,
    options: (d) => ({ queryOffset: Int32Array.from({ length: d.batch }, (_, b) => 3 * b - 1) }),
  },
  { name: 'window', kind: kinds.window, options: () => ({ window: [4, 1] }) },
  { name: 'window open to the right', kind: kinds.window, options: () => ({ window: [2, Number.POSITIVE_INFINITY] }) },
  { name: 'window open to the left', kind: kinds.window, options: () => ({ window: [Number.POSITIVE_INFINITY, 0] }) },
  { name: 'keyLengths', options: (d) => ({ keyLengths: lengths(d.batch, d.keys, d.numbers) }) },
  { name: 'queryLengths', options: (d) => ({ queryLengths: lengths(d.batch, d.queries, d.numbers) }) },
  { name: 'softcap', options: () => ({ softcap: 1.5 }) },
  { name: 'alibi', options: (d) => ({ alibi: perHead(d, () => Math.abs(d.numbers.normal())) }) },
  { name: 'sinks', options: (d) => ({ sinks: perHead(d, d.numbers.normal) }) },
  { name: 'weights', options: () => ({ returnWeights: true }) },
  { name: 'logSumExp', options: () => ({ returnLogSumExp: true }) },
];

/** Another width for k, so that a weight that is read the wrong way round shows. */
const widerKeys = ({ headDim }: AttentionDraft) => ({ keyDim: headDim + 2 });
const units = 7;
const weight = ({ numbers }: AttentionDraft, shape: readonly number[], memory?: Memory) =>
  float32(shape, () => 0.5 * numbers.normal(), memory);

/** What a query and a key give. */
export const scores: readonly AttentionFeature[] = [
  { name: 'cosine', kind: kinds.score, options: () => ({ score: 'cosine' }) },
  { name: 'euclidean', kind: kinds.score, options: () => ({ score: 'euclidean' }) },
  { name: 'rbf', kind: kinds.score, options: () => ({ score: { kind: 'rbf', gamma: 0.15 } }) },
  {
    name: 'general',
    kind: kinds.score,
    change: widerKeys,
    options: (d) => ({ score: { kind: 'general', weight: weight(d, [d.headDim, d.headDim + 2]) } }),
  },
  {
    name: 'general, a weight a head, turned in memory',
    kind: kinds.score,
    change: widerKeys,
    options: (d) => ({ score: { kind: 'general', weight: weight(d, [d.heads, d.headDim, d.headDim + 2], 'turned') } }),
  },
  {
    name: 'additive',
    kind: kinds.score,
    change: widerKeys,
    options: (d) => ({
      score: {
        kind: 'additive',
        queryWeight: weight(d, [d.headDim, units]),
        keyWeight: weight(d, [d.headDim + 2, units]),
        v: weight(d, [units]),
        bias: weight(d, [units]),
      },
    }),
  },
  {
    name: 'additive, weights a head, with gaps',
    kind: kinds.score,
    change: widerKeys,
    options: (d) => ({
      score: {
        kind: 'additive',
        queryWeight: weight(d, [d.heads, d.headDim, units], 'gapped'),
        keyWeight: weight(d, [d.heads, d.headDim + 2, units], 'gapped'),
        v: weight(d, [d.heads, units], 'gapped'),
        bias: weight(d, [d.heads, units], 'spread'),
      },
    }),
  },
  {
    name: 'additive of what is projected',
    kind: kinds.score,
    options: (d) => ({ score: { kind: 'additive', v: weight(d, [d.headDim]) } }),
  },
];

/** A tensor to write to: NaN everywhere, so that what is left out shows. */
const out =
  (dtype: (d: AttentionDraft) => DType, memory: Memory) =>
  (d: AttentionDraft): AttentionOptions<FloatData> => ({
    out: floats(shapeOf(d, d.heads, d.queries, d.valueDim), dtype(d), () => Number.NaN, memory),
  });

/** Where and how the tensors lie. */
const places: readonly AttentionFeature[] = [
  {
    name: 'mask for all heads',
    kind: kinds.mask,
    options: (d) => ({ mask: booleans(stretched(d, [true, false, true, true]), mostly(d.numbers), 'gapped') }),
  },
  {
    name: 'mask of padding',
    kind: kinds.mask,
    options: (d) => ({ mask: booleans(stretched(d, [true, false, false, true]), mostly(d.numbers)) }),
  },
  {
    name: 'mask of queries',
    kind: kinds.mask,
    options: (d) => ({ mask: booleans(stretched(d, [true, true, true, false]), mostly(d.numbers)) }),
  },
  { name: 'mask turned in memory', kind: kinds.mask, options: (d) => ({ mask: booleans(scoresShape(d), mostly(d.numbers), 'turned') }) },
  {
    name: 'bias of the heads',
    kind: kinds.bias,
    options: (d) => ({ bias: float32(stretched(d, [false, true, false, true]), someInfinite(d.numbers)) }),
  },
  {
    name: 'bias turned in memory',
    kind: kinds.bias,
    options: (d) => ({ bias: float32([d.queries, d.keys], someInfinite(d.numbers), 'turned') }),
  },
  { name: 'bshd', change: () => ({ layout: 'bshd' }) },
  { name: 'grouped heads', change: (d) => ({ kvHeads: d.rank === 2 ? 1 : d.heads / 2 }) },
  { name: 'one key head', change: () => ({ kvHeads: 1 }) },
  { name: 'scale', kind: 'scale', options: () => ({ scale: 0.3 }) },
  { name: 'negative scale', kind: 'scale', options: () => ({ scale: -0.7 }) },
  { name: 'wider values', kind: 'width', change: () => ({ valueDim: 17 }) },
  { name: 'narrower values', kind: 'width', change: () => ({ valueDim: 3 }) },
  { name: 'rank 3', kind: kinds.rank, change: () => ({ rank: 3, batch: 1 }) },
  { name: 'rank 2', kind: kinds.rank, change: () => ({ rank: 2, batch: 1, heads: 1, kvHeads: 1 }) },
  { name: 'gapped tensors', kind: kinds.memory, change: () => ({ memory: 'gapped' }) },
  { name: 'turned tensors', kind: kinds.memory, change: () => ({ memory: 'turned' }) },
  { name: 'spread tensors', kind: kinds.memory, change: () => ({ memory: 'spread' }) },
  { name: 'float16', kind: kinds.dtype, change: () => ({ dtype: 'float16' }) },
  { name: 'bfloat16', kind: kinds.dtype, change: () => ({ dtype: 'bfloat16' }) },
  { name: 'out', kind: kinds.out, options: out((d) => d.dtype, 'packed') },
  { name: 'out with gaps', kind: kinds.out, options: out((d) => d.dtype, 'gapped') },
  { name: 'out turned in memory', kind: kinds.out, options: out((d) => d.dtype, 'turned') },
  { name: 'out with its elements apart', kind: kinds.out, options: out((d) => d.dtype, 'spread') },
  { name: 'out in float32', kind: kinds.out, options: out(() => 'float32', 'packed') },
  { name: 'out in float32 with gaps', kind: kinds.out, options: out(() => 'float32', 'gapped') },
];

export const attentionFeatures: readonly AttentionFeature[] = [...rules, ...places, ...scores];
