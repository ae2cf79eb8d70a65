/**
 * What layers attend with: the kernels, or the ops of TensorFlow.js where something is asked for that is not in the kernels' gradient.
 * @module
 */
import {
  add,
  cast,
  dropout as dropped,
  expandDims,
  fill,
  linalg,
  logicalAnd,
  matMul,
  mul,
  ones,
  reshape,
  softmax,
  sum,
  type Tensor,
  tanh,
  transpose,
  where,
} from '@tensorflow/tfjs-core';
import { attention, attentionWeights } from '../attention.js';

/** What differs between one attention and another. */
export interface Attend {
  /** Of the dot products; of an additive score this is 1. */
  readonly scale: number;
  /** `[d]`: the score is v · tanh(q + k) instead of the dot product. */
  readonly v?: Tensor | undefined;
  /** bool, broadcasts to `[b, h, sq, skv]`. */
  readonly mask?: Tensor | undefined;
  readonly causal: boolean;
  /** Of the weights, while training. */
  readonly dropout: number;
  readonly training: boolean;
  readonly returnScores: boolean;
}

/** The weighted values, and the weights (before dropout) where they are asked for. */
export interface Attended {
  readonly output: Tensor;
  readonly scores?: Tensor | undefined;
}

/** A masked score, as Keras has it: finite, as not every backend takes the softmax of a row of −Infinity. */
const unseen = -1e9;

/**
 * Attention as Keras aligns it: with `causal` query i sees keys 0 to i. By the kernels, which keep no matrix of weights; but while training, with
 * dropout or where the weights are a result that a loss may hang on, by the ops of TensorFlow.js.
 * @param q `[b, sq, h, d]`, k `[b, skv, hkv, d]`, v `[b, skv, hkv, dv]`, where hkv divides h
 * @returns `[b, sq, h, dv]`, and weights `[b, h, sq, skv]`
 */
export function attend(q: Tensor, k: Tensor, v: Tensor, how: Attend): Attended {
  if (how.training && (how.dropout > 0 || how.returnScores)) return byOps(q, k, v, how);
  const options = {
    ...(how.v ? { score: { kind: 'additive', v: how.v } as const } : { scale: how.scale }),
    mask: how.mask,
    causal: how.causal,
    queryOffset: 0,
    layout: 'bshd' as const,
  };
  return {
    output: attention(q, k, v, options),
    scores: how.returnScores ? attentionWeights(q, k, options) : undefined,
  };
}

function byOps(query: Tensor, key: Tensor, value: Tensor, how: Attend): Attended {
  const heads = query.shape[2] ?? 1;
  const [q, keys, values] = [headsFirst(query), perQueryHead(headsFirst(key), heads), perQueryHead(headsFirst(value), heads)];
  const scores = how.v
    ? sum(mul(tanh(add(expandDims(q, 3), expandDims(keys, 2))), how.v), -1)
    : mul(matMul(q, keys, false, true), how.scale);
  const seen = seenBy(scores.shape, how);
  const weights = seen ? mul(softmax(where(seen, scores, fill(scores.shape, unseen))), cast(seen, 'float32')) : softmax(scores);
  const kept = how.dropout > 0 ? dropped(weights, how.dropout) : weights;
  return { output: headsFirst(matMul(kept, values)), scores: how.returnScores ? weights : undefined };
}

/** The mask and the rule `causal` in one; undefined where every key is seen. */
function seenBy(shape: readonly number[], { mask, causal }: Attend): Tensor | undefined {
  const everything = () => ones(shape as number[], 'bool');
  if (!causal) return mask && logicalAnd(everything(), mask);
  const rows = cast(linalg.bandPart(ones(shape.slice(-2)), -1, 0), 'bool');
  return logicalAnd(everything(), mask ? logicalAnd(rows, mask) : rows);
}

/** `[b, s, h, d]` ↔ `[b, h, s, d]` */
function headsFirst(x: Tensor): Tensor {
  return transpose(x, [0, 2, 1, 3]);
}

/** Heads of keys or values that several query heads share, once for each of them. */
function perQueryHead(x: Tensor, queryHeads: number): Tensor {
  const [batch = 1, heads = 1, length = 1, width = 1] = x.shape;
  const each = queryHeads / heads;
  if (each === 1) return x;
  return reshape(mul(expandDims(x, 2), ones([1, 1, each, 1, 1])), [batch, heads * each, length, width]);
}
