/**
 * Kernels of convolutions as `convolve` reads them.
 * @module
 */
import { shapeError } from '../errors.js';
import type { Tensor } from '../types.js';
import { list } from '../validate/describe.js';
import type { Checked } from '../validate/tensor.js';

/**
 * @param kernel `[height, width, maps]`
 * @param said its shape as the caller knows it
 * @returns `[maps, height, width]`, row-major, in memory of its own
 * @throws {FoveaError} ERR_SHAPE for an even height or width
 */
function inOrder(op: string, { data, offset, shape, strides }: Checked, said: readonly number[]): Tensor {
  const [height = 0, width = 0, maps = 0] = shape;
  const [ofRow = 0, ofColumn = 0, ofMap = 0] = strides;
  if (height % 2 === 0 || width % 2 === 0)
    throw shapeError(op, 'kernel', `shape ${list(said)}`, 'odd sizes', 'its middle meets the place whose weight it gives');
  const numbers = new Float32Array(maps * height * width);
  for (let m = 0, at = 0; m < maps; m++) {
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) numbers[at++] = data[offset + i * ofRow + j * ofColumn + m * ofMap] ?? NaN;
    }
  }
  return { data: numbers, shape: [maps, height, width] };
}

/** `[k]` → a kernel of one map and one row. */
export function channelKernel(op: string, kernel: Checked): Tensor {
  const { shape, strides } = kernel;
  if (shape.length !== 1) throw shapeError(op, 'kernel', `rank ${shape.length}`, 'rank 1: [k]', `it is ${list(shape)}`);
  return inOrder(op, { ...kernel, shape: [1, ...shape, 1], strides: [0, ...strides, 0] }, shape);
}

/** `[kh, kw, 2, 1]` → a kernel of two maps, the means and the maxima of the channels. */
export function pixelKernel(op: string, kernel: Checked): Tensor {
  const { shape } = kernel;
  if (shape.length !== 4 || shape[2] !== 2 || shape[3] !== 1)
    throw shapeError(
      op,
      'kernel',
      `shape ${list(shape)}`,
      '[kh, kw, 2, 1]',
      'two maps, the mean and the maximum of the channels, become one',
    );
  return inOrder(op, { ...kernel, shape: shape.slice(0, 3) }, shape);
}
