/**
 * The two layouts and the shorter ranks, brought to the one order that plans speak: `[batch, head, sequence, feature]`.
 * @module
 */
import type { Layout } from '../types.js';
import { sized, type Workspace } from '../validate/workspace.js';
import type { View } from './plan.js';

export type Heads = readonly [batch: number, head: number, sequence: number, feature: number];

/**
 * Sizes or strides of rank 2 to 4 in the plans' order; `missing` stands for the dimensions that are not there.
 * @param heads where they are written, unless `values` are in that order already
 */
export function toHeads(values: readonly number[], layout: Layout, missing: number, heads: number[]): Heads {
  const absent = 4 - values.length;
  if (absent === 0 && layout === 'bhsd') return values as unknown as Heads;
  const batch = (absent > 0 ? missing : values[0]) ?? missing;
  const first = (absent > 1 ? missing : values[1 - absent]) ?? missing;
  const second = values[2 - absent] ?? missing;
  const isSwapped = layout === 'bshd' && values.length > 2;
  sized(heads, 4);
  heads[0] = batch;
  heads[1] = isSwapped ? second : first;
  heads[2] = isSwapped ? first : second;
  heads[3] = values[3 - absent] ?? missing;
  return heads as unknown as Heads;
}

/** The way back: sizes of a result of the given rank and layout. */
export function fromHeads(
  batch: number,
  head: number,
  sequence: number,
  feature: number,
  rank: number,
  layout: Layout,
  workspace: Workspace,
): number[] {
  const isSwapped = layout === 'bshd' && rank > 2;
  const sizes = workspace.list(rank);
  if (rank > 3) sizes[rank - 4] = batch;
  if (rank > 2) sizes[rank - 3] = isSwapped ? sequence : head;
  sizes[rank - 2] = isSwapped ? head : sequence;
  sizes[rank - 1] = feature;
  return sizes;
}

/** A tensor of any rank and layout as plans read it. */
export function headsOf<D extends ArrayBufferView>(tensor: View<D>, layout: Layout, workspace: Workspace): View<D> {
  const { strides } = tensor;
  if (strides.length === 4 && layout === 'bhsd') return tensor;
  const view = workspace.view(tensor);
  toHeads(strides, layout, 0, view.strides);
  return view as View<ArrayBufferView> as View<D>;
}
