/**
 * Between tensors of TensorFlow.js and those of fovea, for functions that are no kernels: whatever backend the tensors are on.
 * @module
 */
import { backend as current, engine, type Tensor as TfTensor, tensor } from '@tensorflow/tfjs-core';
import { dtypeError } from '../errors.js';
import type { Tensor } from '../types.js';
import { FoveaBackend, type Numbers } from './backend.js';
import { sizeOf } from './shape.js';

/** The tensor's numbers, where they lie if they lie here: not to be written to. */
export function numbersOf(x: TfTensor): Numbers {
  const backend = current();
  const here = backend instanceof FoveaBackend && backend.data.has(x.dataId) ? backend.numbers(x) : undefined;
  return here ?? (x.dataSync() as Numbers);
}

/** @param op @param name for errors @throws {FoveaError} ERR_DTYPE for what is not float32 */
export function floatsOf(op: string, name: string, x: TfTensor): Tensor {
  const data = x.dtype === 'float32' ? numbersOf(x) : undefined;
  if (!(data instanceof Float32Array)) throw dtypeError(op, name, `dtype ${x.dtype}`, 'float32');
  return { data, shape: x.shape };
}

/** Whole numbers of an option, which its tensor may not outlive. @param op @param name for errors @throws {FoveaError} ERR_DTYPE for what is not int32 */
export function integersOf(op: string, name: string, value: TfTensor | Int32Array | undefined): Int32Array | undefined {
  if (value === undefined || value instanceof Int32Array) return value;
  const data = value.dtype === 'int32' ? numbersOf(value) : undefined;
  if (!(data instanceof Int32Array)) throw dtypeError(op, name, `dtype ${value.dtype}`, 'int32');
  return data.slice();
}

/** Memory for a result of this shape, of any content. */
export function roomFor(shape: readonly number[]): Tensor {
  const backend = current();
  const length = sizeOf(shape);
  return { data: backend instanceof FoveaBackend ? backend.room(length) : new Float32Array(length), shape };
}

/** A tensor of TensorFlow.js with this memory. */
export function tfTensor({ data, shape }: Tensor): TfTensor {
  const backend = current();
  if (!(backend instanceof FoveaBackend)) return tensor(data, [...shape], 'float32');
  return engine().makeTensorFromTensorInfo(backend.tensor(shape, 'float32', data), backend);
}
