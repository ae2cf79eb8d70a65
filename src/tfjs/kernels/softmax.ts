/**
 * Softmax on the softmax kernel, and its logarithm: x − max − log Σ exp(x − max).
 * @module
 */
import type { LogSoftmaxAttrs, SoftmaxAttrs } from '@tensorflow/tfjs-core';
import { softmax as softmaxOp } from '../../ops/softmax.js';
import { kernel } from '../kernel.js';
import { sizeOf } from '../shape.js';

const softmax = kernel<'logits', SoftmaxAttrs>(({ inputs: { logits }, attrs: { dim }, backend }) => {
  const values = backend.floats(logits);
  if (values === undefined || logits.shape.length === 0 || logits.shape.length > mostDimensions) return undefined;
  const { shape } = logits;
  const out = { data: backend.room(sizeOf(shape)), shape };
  softmaxOp({ data: values, shape }, { axis: dim, out });
  return backend.tensor(shape, 'float32', out.data);
});

/** Of our softmax. */
const mostDimensions = 8;

const logSoftmax = kernel<'logits', LogSoftmaxAttrs>(({ inputs: { logits }, attrs: { axis }, backend }) => {
  const values = backend.floats(logits);
  const rank = logits.shape.length;
  if (values === undefined || rank === 0 || (axis !== rank - 1 && axis !== -1)) return undefined;
  const length = logits.shape[rank - 1] ?? 1;
  const out = backend.room(sizeOf(logits.shape));
  for (let at = 0; at < out.length; at += length) {
    let largest = -Infinity;
    for (let c = 0; c < length; c++) largest = Math.max(largest, values[at + c] ?? 0);
    let sum = 0;
    for (let c = 0; c < length; c++) sum += Math.exp((values[at + c] ?? 0) - largest);
    const shift = largest + Math.log(sum);
    for (let c = 0; c < length; c++) out[at + c] = (values[at + c] ?? 0) - shift;
  }
  return backend.tensor(logits.shape, 'float32', out);
});

export const softmaxKernels = { Softmax: softmax, LogSoftmax: logSoftmax };
