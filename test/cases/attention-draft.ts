/** A call of attention while features still change it. */
import type { DType, Layout } from '../../src/types.js';
import type { Random } from '../random.js';
import type { Memory } from '../tensors.js';

/** A call of attention before its tensors are made. */
export interface AttentionDraft {
  readonly batch: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly queries: number;
  readonly keys: number;
  readonly headDim: number;
  /** Of k. @default headDim */
  readonly keyDim?: number;
  readonly valueDim: number;
  readonly rank: 2 | 3 | 4;
  readonly layout: Layout;
  readonly dtype: DType;
  readonly memory: Memory;
  /** Numbers in row-major order of the tensor's own shape; normal when absent. */
  readonly q?: (count: number) => number;
  readonly k?: (count: number) => number;
  readonly v?: (count: number) => number;
  /** Numbers for the options. */
  readonly numbers: Random;
}

/** Small, and ragged for every vector. */
export const plainDraft: Omit<AttentionDraft, 'numbers'> = {
  batch: 2,
  heads: 4,
  kvHeads: 4,
  queries: 5,
  keys: 19,
  headDim: 9,
  valueDim: 9,
  rank: 4,
  layout: 'bhsd',
  dtype: 'float32',
  memory: 'packed',
};

/** Shape of q, k, v or the output in the draft's rank and layout. */
export function shapeOf({ batch, rank, layout }: AttentionDraft, heads: number, sequence: number, features: number): number[] {
  if (rank === 2) return [sequence, features];
  const inner = layout === 'bshd' ? [sequence, heads, features] : [heads, sequence, features];
  return rank === 3 ? inner : [batch, ...inner];
}
