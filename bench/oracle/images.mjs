// @ts-check
/** Pixels of images whose channels or pixels are weighted. */
import { hiddenOf, kernelSize } from '../inputs.mjs';
import { expError, sampled, sumError, unitRoundoff } from './rounding.mjs';

/** @import { ImageCase, Inputs } from '../types.js' */
/** @import { Row } from './rounding.mjs' */

/** @param {ImageCase} item @param {Inputs} inputs @param {number} work @returns {Row[]} */
export function imageRows(item, inputs, work) {
  return item.op === 'squeezeExcite' ? squeezed(item, inputs, work) : spatial(item, inputs, work);
}

/** A number and how far off it may be. @typedef {{ readonly value: number, readonly error: number }} Inexact */

/** @param {Inexact} logit @returns {Inexact} its slope is at most 1/4, and it is made of an exponential */
function sigmoid({ value, error }) {
  const result = 1 / (1 + Math.exp(-value));
  return { value: result, error: error / 4 + (expError + 2 * unitRoundoff) * result };
}

/** A vector through a matrix. @param {readonly Inexact[]} vector @param {Float32Array} weight @param {number} columns @returns {Inexact[]} */
function through(vector, weight, columns) {
  return Array.from({ length: columns }, (_, column) => {
    let value = 0;
    let error = 0;
    for (const [row, each] of vector.entries()) {
      const factor = weight[row * columns + column];
      value += each.value * factor;
      error += Math.abs(factor) * (each.error + sumError(vector.length) * Math.abs(each.value));
    }
    return { value, error };
  });
}

/** A pixel, its channels times a weight each. @param {Float32Array} x @param {number} pixel @param {number} channels @param {(channel: number) => Inexact} weightOf @returns {Row} */
function weightedPixel(x, pixel, channels, weightOf) {
  const [exact, bound] = [new Float64Array(channels), new Float64Array(channels)];
  for (let channel = 0; channel < channels; channel++) {
    const value = x[pixel * channels + channel];
    const weight = weightOf(channel);
    exact[channel] = value * weight.value;
    bound[channel] = Math.abs(value) * weight.error;
  }
  return { start: pixel * channels, step: 1, exact, bound };
}

/** Pixels of some images, whose means are those of all their pixels. @param {ImageCase} item @param {Inputs} inputs @param {number} work @returns {Row[]} */
function squeezed({ shape: [batch, height, width, channels] }, { x, reduce, expand }, work) {
  const pixels = height * width;
  return sampled(batch, 2 * pixels * channels, work).flatMap((image) => {
    const means = Array.from({ length: channels }, (_, channel) => {
      let sum = 0;
      let size = 0;
      for (let pixel = image * pixels; pixel < (image + 1) * pixels; pixel++) {
        sum += x[pixel * channels + channel];
        size += Math.abs(x[pixel * channels + channel]);
      }
      return { value: sum / pixels, error: ((sumError(pixels) + unitRoundoff) * size) / pixels };
    });
    const hidden = through(means, reduce, hiddenOf(channels)).map(({ value, error }) => ({ value: Math.max(value, 0), error }));
    const weights = through(hidden, expand, channels).map(sigmoid);
    return sampled(pixels, channels, work / batch / 8).map((pixel) =>
      weightedPixel(x, image * pixels + pixel, channels, (channel) => weights[channel]),
    );
  });
}

/** @param {ImageCase} item @param {Inputs} inputs @param {number} work @returns {Row[]} */
function spatial({ shape: [batch, height, width, channels] }, { x, kernel }, work) {
  const half = (kernelSize - 1) / 2;
  const taps = kernelSize ** 2;
  return sampled(batch * height * width, taps * channels, work).map((pixel) => {
    const [image, row, column] = [Math.floor(pixel / height / width), Math.floor(pixel / width) % height, pixel % width];
    let value = 0;
    let error = 0;
    for (let tap = 0; tap < taps; tap++) {
      const [y, other] = [row + Math.floor(tap / kernelSize) - half, column + (tap % kernelSize) - half];
      if (y < 0 || y >= height || other < 0 || other >= width) continue;
      const neighbour = x.subarray(((image * height + y) * width + other) * channels).subarray(0, channels);
      const mean = neighbour.reduce((sum, each) => sum + each, 0) / channels; // float64: `reduce` carries plain numbers
      const size = neighbour.reduce((sum, each) => sum + Math.abs(each), 0) / channels;
      const largest = neighbour.reduce((most, each) => Math.max(most, each), Number.NEGATIVE_INFINITY);
      const [ofMean, ofLargest] = [kernel[2 * tap], kernel[2 * tap + 1]];
      value += ofMean * mean + ofLargest * largest;
      error += Math.abs(ofMean) * (sumError(channels) + unitRoundoff) * size;
      error += sumError(2 * taps) * (Math.abs(ofMean * mean) + Math.abs(ofLargest * largest));
    }
    const weight = sigmoid({ value, error });
    return weightedPixel(x, pixel, channels, () => weight);
  });
}
