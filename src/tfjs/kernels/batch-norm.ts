/**
 * FusedBatchNorm of float32: (x − mean) · scale/√(variance + ε) + offset.
 * @module
 * @see Ioffe & Szegedy 2015, algorithm 2
 */
import type { FusedBatchNormAttrs, TensorInfo } from '@tensorflow/tfjs-core';
import type { Tensor } from '../../types.js';
import { kernel } from '../kernel.js';
import { isForProducts, multiplyInto } from './products.js';

/** Of TensorFlow.js, where none is given. */
const defaultEpsilon = 0.001;

/** One number for each channel. */
interface Channels {
  readonly mean: Float64Array;
  readonly factor: Float64Array;
  readonly offset: Float64Array;
}

const fusedBatchNorm = kernel<'x' | 'mean' | 'variance', FusedBatchNormAttrs, 'scale' | 'offset'>(({ inputs, attrs, backend }) => {
  const { x, mean, variance, scale, offset } = inputs;
  // The error for other ranks is that of cpu.
  if ([variance, scale, offset].some((one) => one && one.shape.length !== mean.shape.length)) return undefined;
  const floats = (one: TensorInfo | undefined, missing: number) => (one ? backend.floats(one) : Float32Array.of(missing));
  const [values, means, variances] = [backend.floats(x), backend.floats(mean), backend.floats(variance)];
  const [scales, offsets] = [floats(scale, 1), floats(offset, 0)];
  if (!values || !means || !variances || !scales || !offsets) return undefined;
  // One number of each for all, or one for each channel, or for each number: after so many all begin anew.
  const all = [means, variances, scales, offsets];
  const period = Math.max(...all.map(({ length }) => length));
  if (values.length % period !== 0 || all.some(({ length }) => length !== 1 && length !== period)) return undefined;
  const epsilon = attrs.varianceEpsilon ?? defaultEpsilon;
  const at = (numbers: Float32Array, channel: number) => numbers[numbers.length === 1 ? 0 : channel] ?? 0;
  const each = (of: (channel: number) => number) => Float64Array.from({ length: period }, (_, channel) => of(channel));
  const channels: Channels = {
    mean: each((c) => at(means, c)),
    factor: each((c) => at(scales, c) / Math.sqrt(at(variances, c) + epsilon)),
    offset: each((c) => at(offsets, c)),
  };
  const out = backend.room(values.length);
  (isForProducts(values.length, period) ? onKernel : inLoops)(values, channels, out);
  return backend.tensor(x.shape, 'float32', out);
});

/** Twice: a product of the whole with a mean in its offset would lose digits where the mean is large. */
function onKernel(x: Float32Array, { mean, factor, offset }: Channels, out: Float32Array): void {
  const shape = [1, x.length / mean.length, mean.length];
  const row = (numbers: Float64Array): Tensor => ({ data: Float32Array.from(numbers), shape, strides: [0, 0, 1] });
  const to = { data: out, shape };
  multiplyInto('FusedBatchNorm', { x: { data: x, shape }, plus: row(mean.map((value) => -value)) }, to);
  multiplyInto('FusedBatchNorm', { x: to, y: row(factor), plus: row(offset) }, to);
}

function inLoops(x: Float32Array, { mean, factor, offset }: Channels, out: Float32Array): void {
  for (let row = 0; row < x.length; row += mean.length)
    for (let c = 0; c < mean.length; c++) out[row + c] = (offset[c] ?? 0) + ((x[row + c] ?? 0) - (mean[c] ?? 0)) * (factor[c] ?? 0);
}

export const normKernels = { FusedBatchNorm: fusedBatchNorm };
