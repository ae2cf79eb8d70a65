/**
 * Shapes as TensorFlow.js types them.
 * @module
 */

/** Of images `[b, h, w, c]`, and of filters. */
export type Shape4 = [number, number, number, number];

export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}
