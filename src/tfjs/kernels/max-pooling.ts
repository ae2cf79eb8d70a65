/**
 * MaxPool of `[b, h, w, c]` and its gradient.
 * @module
 */
import type { MaxPoolAttrs, MaxPoolGradAttrs } from '@tensorflow/tfjs-core';
import type { FoveaBackend } from '../backend.js';
import { kernel } from '../kernel.js';
import { sizeOf } from '../shape.js';
import { infoOf, isIdentity } from './pooling.js';
import { forTaps } from './taps.js';

const maxPool = kernel<'x', MaxPoolAttrs>(({ inputs: { x }, attrs, backend }) => {
  const values = backend.floats(x);
  if (values === undefined) return undefined;
  const info = infoOf('maxPool', x.shape, attrs);
  if (isIdentity(info)) return backend.reshaped(x, info.outShape);
  const out = backend.room(sizeOf(info.outShape)).fill(-Infinity);
  const { inChannels } = info;
  const [bits, largest] = [bitsOf(values), bitsOf(out)];
  forTaps(info, (at, from) => takeLarger(values, bits, from, out, largest, at, inChannels));
  return backend.tensor(info.outShape, 'float32', out);
});

/** The same memory. */
function bitsOf({ buffer, byteOffset, length }: Float32Array): Int32Array {
  return new Int32Array(buffer, byteOffset, length);
}

/**
 * Of n numbers of x and of `out` the larger ones, in `out`. Which is larger is as good as random: a branch would be guessed wrong, so all bits of
 * a number are chosen or none.
 */
function takeLarger(x: Float32Array, bits: Int32Array, from: number, out: Float32Array, outBits: Int32Array, at: number, n: number): void {
  for (let c = 0; c < n; c++) {
    const isLarger = -Number((x[from + c] ?? 0) > (out[at + c] ?? 0));
    const own = outBits[at + c] ?? 0;
    outBits[at + c] = own ^ ((own ^ (bits[from + c] ?? 0)) & isLarger);
  }
}

/** The same, and in `places` where in x they are. */
function takeLargerPlaces(
  x: Float32Array,
  bits: Int32Array,
  from: number,
  out: Float32Array,
  outBits: Int32Array,
  places: Int32Array,
  at: number,
  n: number,
): void {
  for (let c = 0; c < n; c++) {
    const isLarger = -Number((x[from + c] ?? 0) > (out[at + c] ?? 0));
    const own = outBits[at + c] ?? 0;
    const place = places[at + c] ?? 0;
    outBits[at + c] = own ^ ((own ^ (bits[from + c] ?? 0)) & isLarger);
    places[at + c] = place ^ ((place ^ (from + c)) & isLarger);
  }
}

/** To the first of the largest, row by row. */
const maxPoolGrad = kernel<'dy' | 'input', MaxPoolGradAttrs>(({ inputs: { dy, input }, attrs, backend }) => {
  const [gradient, values] = [backend.floats(dy), backend.floats(input)];
  if (gradient === undefined || values === undefined) return undefined;
  const info = infoOf('maxPool', input.shape, attrs);
  const { inChannels } = info;
  const largest = new Float32Array(sizeOf(info.outShape)).fill(-Infinity);
  const places = new Int32Array(largest.length).fill(-1);
  const [bits, largestBits] = [bitsOf(values), bitsOf(largest)];
  forTaps(info, (at, from) => takeLargerPlaces(values, bits, from, largest, largestBits, places, at, inChannels));
  return backend.tensor(input.shape, 'float32', broughtBack(backend, gradient, places, values.length, areApart(info)));
});

/** Whether no two places of the filter have a pixel in common. */
function areApart({ filterHeight, filterWidth, strideHeight, strideWidth }: ReturnType<typeof infoOf>): boolean {
  return filterHeight <= strideHeight && filterWidth <= strideWidth;
}

/** Numbers at their places, but those whose place is below 0; where several come to one, their sum. */
function broughtBack(backend: FoveaBackend, gradient: Float32Array, places: Int32Array, length: number, isOneEach: boolean): Float32Array {
  if (isOneEach) {
    const out = backend.room(length).fill(0);
    for (let i = 0; i < places.length; i++) {
      const place = places[i] ?? -1;
      if (place >= 0) out[place] = (gradient[i] ?? 0) + 0; // never −0, as no sum is
    }
    return out;
  }
  const sums = new Float64Array(length);
  for (let i = 0; i < places.length; i++) {
    const place = places[i] ?? -1;
    if (place >= 0) sums[place] = (sums[place] ?? 0) + (gradient[i] ?? 0);
  }
  return backend.rounded(sums);
}

export const maxPoolingKernels = { MaxPool: maxPool, MaxPoolGrad: maxPoolGrad };
