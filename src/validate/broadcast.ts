/**
 * NumPy's broadcasting: shapes are aligned at the right, a size of 1 (or a missing one) stretches, and what stretches gets
 * stride 0. Phrases no message: the caller knows the names.
 * @module
 */
import type { Workspace } from './workspace.js';

/** The shape that both stretch to, or undefined where a pair of sizes differs and neither is 1. */
export function broadcastShape(a: readonly number[], b: readonly number[], workspace: Workspace): readonly number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const shape = workspace.list(rank);
  for (let i = 0; i < rank; i++) {
    const sizeA = a[a.length - rank + i] ?? 1;
    const sizeB = b[b.length - rank + i] ?? 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) return undefined;
    shape[i] = sizeA === 1 ? sizeB : sizeA;
  }
  return shape;
}

/**
 * Strides with which `shape` is read as `target`.
 * @param stretched where they are written, from its first entry on
 * @returns whether it stretches to it
 */
export function broadcastStrides(
  shape: readonly number[],
  strides: readonly number[],
  target: readonly number[],
  stretched: number[],
): boolean {
  const missing = target.length - shape.length;
  if (missing < 0) return false;
  for (let i = 0; i < target.length; i++) {
    const size = i < missing ? 1 : shape[i - missing];
    if (size !== 1 && size !== target[i]) return false;
    stretched[i] = size === 1 ? 0 : (strides[i - missing] ?? 0);
  }
  return true;
}
