// @ts-check
/** Loss and gradients of the network of convolutions, without padding, and of pools of 2 × 2. */
import { filterSize, weightsOf } from '../training.mjs';
import { Arithmetic } from './arithmetic.mjs';

/** @import { ConvnetCase, Inputs } from '../types.js' */
/** @import { Learned } from './training.mjs' */
/** @import { Matrix } from './tape.mjs' */

/** Images as a matrix: a row is a pixel. @typedef {{ readonly height: number, readonly width: number, readonly pixels: Matrix }} Images */

/** @param {ConvnetCase} item @param {Inputs} inputs @returns {Learned} */
export function convnet(item, inputs) {
  const [batch, height, width] = item.shape;
  const tape = new Arithmetic();
  const weights = Object.fromEntries(weightsOf(item).map(([name, shape]) => [name, tape.given(inputs[name], shape[shape.length - 1])]));
  const convolve = (/** @type {Images} */ images, /** @type {number} */ layer) => {
    const made = convolved(tape, batch, images, weights[`filter${layer}`]);
    return { ...made, pixels: tape.relu(tape.sum(made.pixels, weights[`bias${layer}`])) };
  };
  const images = { height, width, pixels: tape.given(inputs.images, 1) };
  const third = convolve(pooled(tape, batch, convolve(convolve(images, 0), 1)), 2);
  const { pixels } = convolve(pooled(tape, batch, third), 3);
  const flat = { ...pixels, rows: batch, columns: pixels.value.length / batch };
  const logits = tape.sum(tape.product(flat, weights.output), weights.outputBias);
  const loss = tape.crossEntropy(logits, Array.from(inputs.classes), 1 / batch);
  tape.rewind();
  return { loss, gradients: Object.fromEntries(Object.entries(weights).map(([name, { slope }]) => [name, slope])) };
}

/** @param {Arithmetic} tape @param {number} batch @param {Images} images @param {Matrix} filter `[taps · channels, columns]` @returns {Images} */
function convolved(tape, batch, { height, width, pixels }, filter) {
  const [high, wide] = [height - filterSize + 1, width - filterSize + 1];
  const channels = pixels.columns;
  const n = filter.columns;
  /** Each pixel under the filter with its row there. @param {(from: number, row: number, to: number) => void} visit */
  const forAll = (visit) => {
    for (let place = 0; place < batch * high * wide; place++) {
      const [image, y, x] = [Math.floor(place / (high * wide)), Math.floor(place / wide) % high, place % wide];
      for (let tap = 0; tap < filterSize ** 2; tap++) {
        const from = ((image * height + y + Math.floor(tap / filterSize)) * width + x + (tap % filterSize)) * channels;
        for (let c = 0; c < channels; c++) visit(from + c, (tap * channels + c) * n, place * n);
      }
    }
  };
  const [x, f] = [pixels, filter];
  const made = tape.made(
    batch * high * wide,
    n,
    (value) =>
      forAll((from, row, to) => {
        const factor = x.value[from];
        for (let j = 0; j < n; j++) value[to + j] += factor * f.value[row + j];
      }),
    (slope) =>
      forAll((from, row, to) => {
        const factor = x.value[from];
        let sum = 0;
        for (let j = 0; j < n; j++) {
          sum += slope[to + j] * f.value[row + j];
          f.slope[row + j] += slope[to + j] * factor;
        }
        x.slope[from] += sum;
      }),
  );
  return { height: high, width: wide, pixels: made };
}

/** The largest of 2 × 2 pixels; what is left over at an edge is dropped. @param {Arithmetic} tape @param {number} batch @param {Images} images @returns {Images} */
function pooled(tape, batch, { height, width, pixels: { value: x, slope: xSlope, columns } }) {
  const [high, wide] = [Math.floor(height / 2), Math.floor(width / 2)];
  const chosen = new Int32Array(batch * high * wide * columns);
  for (let i = 0; i < chosen.length; i++) {
    const place = Math.floor(i / columns);
    const [image, top, left] = [Math.floor(place / (high * wide)), 2 * (Math.floor(place / wide) % high), 2 * (place % wide)];
    const first = ((image * height + top) * width + left) * columns + (i % columns);
    chosen[i] = [columns, width * columns, (width + 1) * columns]
      .map((step) => first + step)
      .reduce((a, b) => (x[b] > x[a] ? b : a), first);
  }
  const made = tape.made(
    batch * high * wide,
    columns,
    (value) => {
      for (let i = 0; i < value.length; i++) value[i] = x[chosen[i]];
    },
    (slope) => {
      for (let i = 0; i < slope.length; i++) xSlope[chosen[i]] += slope[i];
    },
  );
  return { height: high, width: wide, pixels: made };
}
