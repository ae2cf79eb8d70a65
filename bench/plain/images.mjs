// @ts-check
/** squeezeExcite and spatialAttention, image by image. */
import { hiddenOf, kernelSize } from '../inputs.mjs';
import { jobOf } from './job.mjs';

/** @import { ImageCase, Inputs, Job } from '../types.js' */

/** @param {ImageCase} item @param {Inputs} inputs @returns {Job} */
export function imagesJob({ op, shape: [batch, height, width, channels], allocates }, { x, reduce, expand, kernel }) {
  const size = height * width * channels;
  return jobOf(allocates, batch * size, (out) => {
    for (let start = 0; start < batch * size; start += size) {
      const [image, result] = [x.subarray(start, start + size), out.subarray(start, start + size)];
      if (op === 'squeezeExcite') squeezeExcite(result, image, channels, reduce, expand);
      else spatialAttention(result, image, height, width, channels, kernel);
    }
  });
}

/** @param {number} logit */
const sigmoid = (logit) => 1 / (1 + Math.exp(-logit));

/** @param {Float32Array} out @param {Float32Array} x `[pixels, channels]` @param {number} channels @param {Float32Array} reduce @param {Float32Array} expand */
function squeezeExcite(out, x, channels, reduce, expand) {
  const means = new Float32Array(channels);
  for (let i = 0; i < x.length; i += channels) for (let c = 0; c < channels; c++) means[c] += x[i + c];
  for (let c = 0; c < channels; c++) means[c] /= x.length / channels;
  const hidden = product(means, reduce, hiddenOf(channels)).map((value) => Math.max(value, 0));
  const weights = product(hidden, expand, channels).map(sigmoid);
  for (let i = 0; i < x.length; i += channels) for (let c = 0; c < channels; c++) out[i + c] = x[i + c] * weights[c];
}

/** @param {Float32Array} vector @param {Float32Array} matrix @param {number} columns */
function product(vector, matrix, columns) {
  const result = new Float32Array(columns);
  for (let row = 0; row < vector.length; row++) {
    for (let column = 0; column < columns; column++) result[column] += vector[row] * matrix[row * columns + column];
  }
  return result;
}

/** @param {Float32Array} out @param {Float32Array} x `[height, width, channels]` @param {number} height @param {number} width @param {number} channels @param {Float32Array} kernel `[7, 7, 2]` */
function spatialAttention(out, x, height, width, channels, kernel) {
  const [means, largest] = [new Float32Array(height * width), new Float32Array(height * width)];
  for (let pixel = 0; pixel < means.length; pixel++) {
    let sum = 0;
    let most = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < channels; c++) {
      const value = x[pixel * channels + c];
      sum += value;
      if (value > most) most = value;
    }
    means[pixel] = sum / channels;
    largest[pixel] = most;
  }
  const half = (kernelSize - 1) / 2;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      let logit = 0;
      for (let y = Math.max(0, row - half); y <= Math.min(height - 1, row + half); y++) {
        for (let z = Math.max(0, column - half); z <= Math.min(width - 1, column + half); z++) {
          const tap = 2 * ((y - row + half) * kernelSize + z - column + half);
          logit += means[y * width + z] * kernel[tap] + largest[y * width + z] * kernel[tap + 1];
        }
      }
      const weight = sigmoid(logit);
      const start = (row * width + column) * channels;
      for (let i = start; i < start + channels; i++) out[i] = x[i] * weight;
    }
  }
}
