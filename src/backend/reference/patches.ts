/**
 * A product with the patches of images by its definition. float64 throughout.
 * @module
 */
import type { PatchesPlan, PatchSide } from '../../plan/plan.js';
import { activations } from './activation.js';
import { at, indices, put } from './numbers.js';

export function patches(plan: PatchesPlan): void {
  const { rows, columns, n, transposed, b, out, bias } = plan;
  const activate = activations[plan.activation];
  const matrix = matrixOf(plan);
  const [m, k] = transposed ? [columns, rows] : [rows, columns];
  for (const [row = 0, column = 0] of indices([m, n])) {
    let sum = bias === undefined ? 0 : at(bias, column);
    for (let i = 0; i < k; i++) sum += (matrix[transposed ? i * columns + row : row * columns + i] ?? NaN) * at(b, i, column);
    put(out, activate(sum), row, column);
  }
}

/** `[rows, columns]` */
function matrixOf({ images, channels, height, width, x }: PatchesPlan): Float64Array {
  const sizes = [images, height.places, width.places, height.taps, width.taps, channels];
  const matrix = new Float64Array(sizes.reduce((size, length) => size * length, 1));
  let next = 0;
  for (const [image = 0, i = 0, j = 0, tapY = 0, tapX = 0, channel = 0] of indices(sizes)) {
    const [pixelY, pixelX] = [pixelAt(height, i, tapY), pixelAt(width, j, tapX)];
    matrix[next++] = pixelY === undefined || pixelX === undefined ? 0 : at(x, image, pixelY, pixelX, channel);
  }
  return matrix;
}

function pixelAt({ pixels, step, dilation, offset, gap }: PatchSide, place: number, tap: number): number | undefined {
  const pixel = (place * step + tap * dilation + offset) / gap;
  return Number.isInteger(pixel) && pixel >= 0 && pixel < pixels ? pixel : undefined;
}
