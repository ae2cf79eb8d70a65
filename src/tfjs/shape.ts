/**
 * Shapes as TensorFlow.js types them.
 * @module
 */

/** Of images `[b, h, w, c]`, and of filters. */
export type Shape4 = [number, number, number, number];

/** How far from the first number of a tensor that of this index lies. @param steps by which numbers of each dimension lie apart */
export function offsetOf(index: readonly number[], steps: readonly number[]): number {
  let offset = 0;
  for (const [i, at] of index.entries()) offset += at * (steps[i] ?? 1);
  return offset;
}

export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}
