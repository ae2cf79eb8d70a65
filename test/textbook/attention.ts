/**
 * Attention as a textbook writes it, in float64 and straight from the caller's arguments: the whole score matrix, −Infinity where
 * nothing is seen, softmax of each row, times V. Written apart from src/ (no plan, no strides, no streaming), so that the
 * reference is tested against something else than itself. What the tolerances need of the way there is kept on the sheet.
 */
import type { Layout } from '../../src/types.js';
import type { AttentionCall } from '../calls.js';
import { type Dense, dense } from '../tensors.js';
import { type Extent, kindOf, type ScoreKind, scorerOf } from './score.js';

export interface AttentionSheet {
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly valueDim: number;
  readonly kind: ScoreKind;
  /** Of an additive score, else 0. */
  readonly units: number;
  readonly scale: number;
  readonly softcap: number;
  /** All of these are [batch, heads, queries, keys]. */
  readonly seen: Uint8Array;
  /** As in score.ts; a dot product's magnitude is Σ|scale·q·k|. */
  readonly magnitude: Float64Array;
  readonly below: Float64Array;
  readonly second: Float64Array;
  readonly ofSubnormals: Float64Array;
  /** The score before softcap. */
  readonly raw: Float64Array;
  /** Whether q, k and v are bfloat16. */
  readonly bfloat16: boolean;
  /** The score after softcap; what ALiBi subtracts; the bias. */
  readonly capped: Float64Array;
  readonly slope: Float64Array;
  readonly bias: Float64Array;
  /** Final scores, −Infinity where nothing is seen. */
  readonly scores: Float64Array;
  readonly weights: Float64Array;
  /** [batch, heads, queries]. */
  readonly logSumExp: Float64Array;
  /** [batch, heads, queries, valueDim]. */
  readonly output: Float64Array;
  readonly sinks: Float32Array | undefined;
  readonly value: (b: number, h: number, j: number, e: number) => number;
  /** Whether two keys' scores are made of the same numbers. */
  readonly alike: (b: number, h: number, i: number, j: number, other: number) => boolean;
}

type At = (b: number, h: number, s: number, f: number) => number;

/** Sizes [batch, heads, sequence, features] and a reader, whatever rank and layout the tensor has. */
export function four({ shape, data }: Dense, layout: Layout): { sizes: [number, number, number, number]; at: At } {
  const features = shape.at(-1) ?? 0;
  const headsLast = layout === 'bshd' && shape.length > 2;
  const sequence = (headsLast ? shape.at(-3) : shape.at(-2)) ?? 0;
  const heads = (shape.length < 3 ? 1 : headsLast ? shape.at(-2) : shape.at(-3)) ?? 0;
  const batch = shape.length < 4 ? 1 : (shape[0] ?? 0);
  const at: At = (b, h, s, f) => {
    const row = headsLast ? (b * sequence + s) * heads + h : (b * heads + h) * sequence + s;
    return data[row * features + f] ?? Number.NaN;
  };
  return { sizes: [batch, heads, sequence, features], at };
}

/** Reads a tensor that broadcasts from the right. */
export function broadcast({ shape, data }: Dense): At {
  const size = (fromRight: number) => shape.at(-fromRight) ?? 1;
  const place = (fromRight: number, index: number) => (size(fromRight) === 1 || shape.length < fromRight ? 0 : index);
  return (b, h, i, j) => data[((place(4, b) * size(3) + place(3, h)) * size(2) + place(2, i)) * size(1) + place(1, j)] ?? Number.NaN;
}

const nowhere: Extent = { least: new Float64Array(0), most: new Float64Array(0) };

export function textbookAttention({ q, k, v, options }: AttentionCall): AttentionSheet {
  const layout = options.layout ?? 'bhsd';
  const query = four(dense(q), layout);
  const key = four(dense(k), layout);
  const val = four(dense(v), layout);
  const [batch, heads, queries, headDim] = query.sizes;
  const [, kvHeads, keys, keyDim] = key.sizes;
  const valueDim = val.sizes[3];
  const isDot = (options.score ?? 'dot') === 'dot';
  const scale = options.scale ?? (!isDot || headDim === 0 ? 1 : 1 / Math.sqrt(headDim));
  const kind = kindOf(options.score, { headDim, keyDim, scale });
  const scorer = scorerOf(options.score, { headDim, keyDim, scale });
  const softcap = options.softcap ?? 0;
  const mask = options.mask && broadcast(dense(options.mask));
  const biasAt = options.bias && broadcast(dense(options.bias));
  const {
    causal = false,
    window = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    queryOffset = keys - queries,
    alibi,
    sinks,
  } = options;
  const kvHead = (h: number) => Math.floor((h * kvHeads) / heads);
  const offsetOf = (b: number) => (typeof queryOffset === 'number' ? queryOffset : (queryOffset[b] ?? 0));

  const matrix = () => new Float64Array(batch * heads * queries * keys);
  const [magnitude, below, second, ofSubnormals, raw] = [matrix(), matrix(), matrix(), matrix(), matrix()];
  const [capped, slope, bias, scores, weights] = [matrix(), matrix(), matrix(), matrix(), matrix()];
  const seen = new Uint8Array(scores.length);
  const logSumExp = new Float64Array(batch * heads * queries);
  const output = new Float64Array(batch * heads * queries * valueDim);

  // Distances may be measured from any point among the queries that read one key/value head.
  const extents: Extent[] = Array.from({ length: batch * kvHeads }, () => ({
    least: new Float64Array(headDim).fill(Number.POSITIVE_INFINITY),
    most: new Float64Array(headDim).fill(Number.NEGATIVE_INFINITY),
  }));
  for (let b = 0; b < batch; b++)
    for (let h = 0; h < heads; h++) {
      const { least, most } = extents[b * kvHeads + kvHead(h)] ?? nowhere;
      for (let i = 0; i < Math.min(queries, options.queryLengths?.[b] ?? queries); i++)
        for (let f = 0; f < headDim; f++) {
          const feature = query.at(b, h, i, f);
          if (feature < (least[f] ?? 0)) least[f] = feature;
          if (feature > (most[f] ?? 0)) most[f] = feature;
        }
    }

  for (let b = 0; b < batch; b++)
    for (let h = 0; h < heads; h++)
      for (let i = 0; i < queries; i++)
        for (let j = 0; j < keys; j++) {
          const at = ((b * heads + h) * queries + i) * keys + j;
          const distance = j - (i + offsetOf(b));
          const made = scorer(
            h,
            (f) => query.at(b, h, i, f),
            (f) => key.at(b, kvHead(h), j, f),
            extents[b * kvHeads + kvHead(h)] ?? nowhere,
          );
          magnitude[at] = made.magnitude;
          below[at] = made.below;
          second[at] = made.second;
          ofSubnormals[at] = made.ofSubnormals;
          const score = made.raw * scale;
          raw[at] = score;
          capped[at] = softcap > 0 ? softcap * Math.tanh(score / softcap) : score;
          slope[at] = alibi ? (alibi[h] ?? 0) * Math.abs(distance) : 0;
          bias[at] = biasAt ? biasAt(b, h, i, j) : 0;
          const sees =
            mask?.(b, h, i, j) !== 0 &&
            bias[at] !== Number.NEGATIVE_INFINITY &&
            (!causal || distance <= 0) &&
            distance >= -window[0] &&
            distance <= window[1] &&
            j < (options.keyLengths?.[b] ?? keys) &&
            i < (options.queryLengths?.[b] ?? queries);
          seen[at] = sees ? 1 : 0;
          scores[at] = sees ? (capped[at] ?? 0) - (slope[at] ?? 0) + (bias[at] ?? 0) : Number.NEGATIVE_INFINITY;
        }

  for (let b = 0; b < batch; b++)
    for (let h = 0; h < heads; h++)
      for (let i = 0; i < queries; i++) {
        const row = (b * heads + h) * queries + i;
        const computed = i < (options.queryLengths?.[b] ?? queries);
        const sink = computed && sinks ? (sinks[h] ?? 0) : Number.NEGATIVE_INFINITY;
        const from = scores.subarray(row * keys, (row + 1) * keys);
        const sees = seen.subarray(row * keys, (row + 1) * keys);
        const greatest = from.reduce((most, s) => Math.max(most, s), sink); // NaN stays
        const sum = from.reduce(
          (total, s) => total + (s === Number.NEGATIVE_INFINITY ? 0 : Math.exp(s - greatest)),
          sink === Number.NEGATIVE_INFINITY ? 0 : Math.exp(sink - greatest),
        );
        logSumExp[row] = greatest === Number.NEGATIVE_INFINITY ? greatest : greatest + Math.log(sum);
        for (let j = 0; j < keys; j++) {
          if (!sees[j]) continue; // a masked weight is exactly 0, and what it would multiply is not looked at
          const weight = Math.exp((from[j] ?? 0) - greatest) / sum;
          weights[row * keys + j] = weight;
          for (let e = 0; e < valueDim; e++)
            output[row * valueDim + e] = (output[row * valueDim + e] ?? 0) + weight * val.at(b, kvHead(h), j, e);
        }
      }

  const alike = (b: number, h: number, i: number, j: number, other: number): boolean => {
    const row = ((b * heads + h) * queries + i) * keys;
    if (bias[row + j] !== bias[row + other] || slope[row + j] !== slope[row + other]) return false;
    for (let f = 0; f < keyDim; f++) if (key.at(b, kvHead(h), j, f) !== key.at(b, kvHead(h), other, f)) return false;
    return true;
  };
  const value = (b: number, h: number, j: number, e: number) => val.at(b, kvHead(h), j, e);
  return {
    batch,
    heads,
    queries,
    keys,
    valueDim,
    kind,
    units: typeof options.score === 'object' && options.score.kind === 'additive' ? (options.score.v.shape.at(-1) ?? 0) : 0,
    scale,
    softcap,
    seen,
    magnitude,
    below,
    second,
    ofSubnormals,
    raw,
    bfloat16: [q, k, v].every(({ dtype }) => dtype === 'bfloat16'),
    capped,
    slope,
    bias,
    scores,
    weights,
    logSumExp,
    output,
    sinks,
    value,
    alike,
  };
}
