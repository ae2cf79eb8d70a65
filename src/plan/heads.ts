/**
 * The two layouts and the shorter ranks, brought to the one order that plans speak: `[batch, head, sequence, feature]`.
 * @module
 */
import type { Layout } from '../types.js';

export type Heads = readonly [batch: number, head: number, sequence: number, feature: number];

/** Sizes or strides of rank 2 to 4 in the plans' order; `missing` stands for the dimensions that are not there. */
export function toHeads(values: readonly number[], layout: Layout, missing: number): Heads {
  const absent = 4 - values.length;
  if (absent === 0 && layout === 'bhsd') return values as unknown as Heads;
  const batch = (absent > 0 ? missing : values[0]) ?? missing;
  const first = (absent > 1 ? missing : values[1 - absent]) ?? missing;
  const second = values[2 - absent] ?? missing;
  const feature = values[3 - absent] ?? missing;
  return layout === 'bshd' && values.length > 2 ? [batch, second, first, feature] : [batch, first, second, feature];
}

/** The way back: sizes of a result of the given rank and layout. */
export function fromHeads(batch: number, head: number, sequence: number, feature: number, rank: number, layout: Layout): number[] {
  const sizes = layout === 'bshd' && rank > 2 ? [batch, sequence, head, feature] : [batch, head, sequence, feature];
  return rank === 4 ? sizes : sizes.slice(4 - rank);
}
