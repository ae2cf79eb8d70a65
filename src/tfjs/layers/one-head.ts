/**
 * Attention of layers with one head and no projections.
 * @module
 */
import { cast, expandDims, mul, squeeze, type Tensor } from '@tensorflow/tfjs-core';
import { type Attended, attend } from './attend.js';
import type { AttentionCall } from './attention-layer.js';
import type { Shape } from './sizes.js';

/** Queries that are masked give 0. */
export function attendAlone({ query, value, key, queryMask, how }: AttentionCall, score: { scale: number; v?: Tensor }): Attended {
  const [q, k, v] = [query, key, value].map((x) => expandDims(x, 2)) as [Tensor, Tensor, Tensor];
  const { output, scores } = attend(q, k, v, { ...how, ...score });
  const all = squeeze(output, [2]);
  return {
    output: queryMask ? mul(all, expandDims(cast(queryMask, 'float32'), -1)) : all,
    scores: scores && squeeze(scores, [1]),
  };
}

/** Of the output and its weights. */
export function shapesAlone(query: Shape, value: Shape): [Shape, Shape] {
  const [batch = null, queries = null] = query;
  return [
    [batch, queries, value.at(-1) ?? null],
    [batch, queries, value[1] ?? null],
  ];
}
