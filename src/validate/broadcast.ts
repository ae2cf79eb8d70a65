/**
 * NumPy's broadcasting: shapes are aligned at the right, a size of 1 (or a missing one) stretches, and what stretches gets
 * stride 0. Phrases no message: the caller knows the names.
 * @module
 */

/** The shape that both stretch to, or undefined where a pair of sizes differs and neither is 1. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let i = 0; i < rank; i++) {
    const sizeA = a[a.length - rank + i] ?? 1;
    const sizeB = b[b.length - rank + i] ?? 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) return undefined;
    shape[i] = sizeA === 1 ? sizeB : sizeA;
  }
  return shape;
}

/** Strides with which `shape` is read as `target`, or undefined where it does not stretch to it. */
export function broadcastStrides(shape: readonly number[], strides: readonly number[], target: readonly number[]): number[] | undefined {
  if (shape.length > target.length) return undefined;
  const missing = target.length - shape.length;
  const stretched = new Array<number>(target.length).fill(0);
  for (let i = 0; i < shape.length; i++) {
    const size = shape[i];
    if (size === target[missing + i]) stretched[missing + i] = size === 1 ? 0 : (strides[i] ?? 0);
    else if (size !== 1) return undefined;
  }
  return stretched;
}
