// @ts-check
/** Pixels of a convolution that keeps the images' size. */
import { filterSize } from '../training.mjs';
import { sampled, sumError } from './rounding.mjs';

/** @import { ConvolutionCase, Inputs } from '../types.js' */
/** @import { Row } from './rounding.mjs' */

/** @param {ConvolutionCase} item @param {Inputs} inputs @param {number} work @returns {{ length: number, rows: Row[] }} */
export function convolutionRows({ shape, channels: n }, { x, filter }, work) {
  const [batch, height, width, channels] = shape;
  const places = batch * height * width;
  const products = filterSize ** 2 * channels;
  const rows = sampled(places, products * n, work).map((place) => {
    const [image, top, left] = [Math.floor(place / (height * width)), Math.floor(place / width) % height, place % width];
    const [exact, sizes] = [new Float64Array(n), new Float64Array(n)];
    for (let tap = 0; tap < filterSize ** 2; tap++) {
      const [row, column] = [top + Math.floor(tap / filterSize) - 1, left + (tap % filterSize) - 1];
      if (row < 0 || row >= height || column < 0 || column >= width) continue;
      for (let c = 0; c < channels; c++) {
        const pixel = x[((image * height + row) * width + column) * channels + c];
        for (let j = 0; j < n; j++) {
          const product = pixel * filter[(tap * channels + c) * n + j];
          exact[j] += product;
          sizes[j] += Math.abs(product);
        }
      }
    }
    return { start: place * n, step: 1, exact, bound: sizes.map((size) => sumError(products) * size) };
  });
  return { length: places * n, rows };
}
