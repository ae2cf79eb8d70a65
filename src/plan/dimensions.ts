/**
 * The dimensions in which tensors of one shape are walked together: as few as their strides allow.
 * @module
 */
import { sized, type TensorSlot, type Workspace } from '../validate/workspace.js';
import type { Floats, View } from './plan.js';

/** What of a plan says how its tensors are walked. */
export interface Walk {
  /** Sizes of all dimensions but the axis. */
  outer: readonly number[];
  /** Size of the axis. */
  length: number;
  /** Strides of `[...outer, axis]`. */
  x: View<Floats>;
  out: View<Floats>;
}

/**
 * Fills in a walk: dimensions longest stride first, so that the last one is the one that kernels can run their lanes along; those of size 1
 * left out, and those that step on evenly in every tensor made one.
 * @param axis a dimension that stays apart, behind all others; −1: the last of them is the axis
 * @param beside what is read along with x, such as a mask
 * @returns its strides of `[...outer, axis]`
 */
export function planWalk(
  walk: Walk,
  shape: readonly number[],
  axis: number,
  x: View<Floats>,
  out: View<Floats>,
  beside: View<ArrayBufferView> | undefined,
  workspace: Workspace,
): View<ArrayBufferView> | undefined {
  const xWalk = workspace.view(x);
  const outWalk = workspace.view(out);
  const besideWalk = beside && workspace.view(beside);
  const dimensions = longestFirst(shape, axis, x, out, workspace);
  const sizes = workspace.list(dimensions.length);
  let count = 0;
  for (let i = 0; i < dimensions.length; i++) {
    const dimension = dimensions[i] ?? 0;
    const size = shape[dimension] ?? 1;
    const before = count - 1;
    const isEven =
      count > 0 &&
      goesOn(xWalk, before, x, dimension, size) &&
      goesOn(outWalk, before, out, dimension, size) &&
      goesOn(besideWalk, before, beside, dimension, size);
    if (!isEven) count += 1;
    sizes[count - 1] = isEven ? (sizes[before] ?? 1) * size : size;
    place(xWalk, count - 1, x, dimension);
    place(outWalk, count - 1, out, dimension);
    place(besideWalk, count - 1, beside, dimension);
  }
  if (axis < 0) {
    count = Math.max(0, count - 1);
    walk.length = sizes[count] ?? 1;
  } else {
    walk.length = shape[axis] ?? 0;
    place(xWalk, count, x, axis);
    place(outWalk, count, out, axis);
    place(besideWalk, count, beside, axis);
  }
  walk.outer = count > 0 ? sized(sizes, count) : workspace.list(0);
  walk.x = xWalk as View<ArrayBufferView> as View<Floats>;
  walk.out = outWalk as View<ArrayBufferView> as View<Floats>;
  return besideWalk;
}

/** Whether a dimension of such a size ends where the one that was placed before it takes its next step. */
function goesOn(
  walk: TensorSlot | undefined,
  before: number,
  tensor: View<ArrayBufferView> | undefined,
  dimension: number,
  size: number,
): boolean {
  return walk === undefined || walk.strides[before] === (tensor?.strides[dimension] ?? 0) * size;
}

/** Puts a dimension of a tensor there, and nothing behind it. */
function place(walk: TensorSlot | undefined, at: number, tensor: View<ArrayBufferView> | undefined, dimension: number): void {
  if (walk === undefined) return;
  sized(walk.strides, at + 1);
  walk.strides[at] = tensor?.strides[dimension] ?? 0;
}

/** Sorted by insertion: there are eight at most, and it needs no memory. */
function longestFirst(shape: readonly number[], axis: number, x: View<Floats>, out: View<Floats>, workspace: Workspace): readonly number[] {
  const order = workspace.list(shape.length);
  let count = 0;
  for (let dimension = 0; dimension < shape.length; dimension++) {
    if (dimension === axis || shape[dimension] === 1) continue;
    let at = count;
    for (; at > 0 && reach(x, out, order[at - 1] ?? 0) < reach(x, out, dimension); at--) order[at] = order[at - 1] ?? 0;
    order[at] = dimension;
    count += 1;
  }
  return sized(order, count);
}

/** What a step along a dimension moves in both. */
function reach(x: View<Floats>, out: View<Floats>, dimension: number): number {
  return (x.strides[dimension] ?? 0) + (out.strides[dimension] ?? 0);
}
