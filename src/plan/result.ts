/**
 * Where a call writes: fresh memory, or the caller's `out` when it has the exact shape, a fitting dtype, strides that reach
 * no element twice, and lies apart from every input.
 * @module
 */
import { dtypeError, FoveaError, optionError, shapeError } from '../errors.js';
import type { DType, Float16Data, FloatData, Tensor } from '../types.js';
import { list } from '../validate/describe.js';
import { type Checked, type CheckedFloats, extentOf, rowMajor } from '../validate/tensor.js';
import type { Floats } from './plan.js';

/** What a call writes, and the tensor that its caller gets for it. */
export interface Result {
  readonly data: Floats;
  readonly strides: readonly number[];
  readonly offset: number;
  readonly dtype: DType;
  readonly tensor: Tensor<FloatData>;
}

/** Inputs by the names that a message uses. */
export type Inputs = Readonly<Record<string, Input | undefined>>;

/** New row-major memory in the dtype of `like`, in the kind of array that its caller uses. */
export function freshResult(op: string, shape: readonly number[], like: CheckedFloats): Result {
  const { dtype } = like;
  const strides = rowMajor(shape);
  if (dtype === 'float32') {
    const data = allocate(op, Float32Array, shape);
    return { data, strides, offset: 0, dtype, tensor: { data, shape } };
  }
  const data = allocate(op, Uint16Array, shape);
  const tensor = like.float16Array ? { data: asFloat16Array(data), shape } : { data, shape, dtype };
  return { data, strides, offset: 0, dtype, tensor };
}

/** New row-major float32 memory: weights, logSumExp. */
export function freshFloat32(op: string, shape: readonly number[]): { readonly data: Float32Array; readonly tensor: Tensor } {
  const data = allocate(op, Float32Array, shape);
  return { data, tensor: { data, shape } };
}

/** The caller's `out`, checked against the call's shape, the dtype of `like` and all inputs. */
export function givenResult(op: string, shape: readonly number[], like: CheckedFloats, out: CheckedFloats, inputs: Inputs): Result {
  const { data, strides, offset, dtype } = out;
  if (!isSame(shape, out.shape)) {
    throw shapeError(op, 'out', `shape ${list(out.shape)}`, list(shape));
  }
  if (dtype !== 'float32' && dtype !== like.dtype) {
    const expected = like.dtype === 'float32' ? 'float32' : `float32 or ${like.dtype}`;
    throw dtypeError(op, 'out', `dtype ${dtype}`, expected, `the inputs are ${like.dtype}`);
  }
  if (!reachesEachOnce(shape, strides)) {
    throw optionError(
      op,
      'out',
      'overlapping itself',
      'strides that reach no element twice',
      `shape is ${list(shape)}, strides are ${list(strides)}`,
    );
  }
  const { buffer } = data;
  for (const name in inputs) {
    const input = inputs[name];
    if (input !== undefined && bufferOf(input) === buffer && overlaps(bytesOf(out), bytesOf(input)))
      throw optionError(op, 'out', `overlapping ${name}`, 'memory that no input lies in');
  }
  return { data, strides, offset, dtype, tensor: out.source as Tensor<FloatData> };
}

function allocate<A>(op: string, array: new (length: number) => A, shape: readonly number[]): A {
  let elements = 1;
  for (const size of shape) elements *= size;
  try {
    return new array(elements);
  } catch (cause) {
    throw new FoveaError('ERR_OUT_OF_MEMORY', `${op}: no memory for a result of ${elements} elements, ${list(shape)}`, { cause });
  }
}

function asFloat16Array(bits: Uint16Array<ArrayBuffer>): Float16Data | Uint16Array {
  const { Float16Array } = globalThis as { readonly Float16Array?: new (buffer: ArrayBuffer) => Float16Data };
  return Float16Array === undefined ? bits : new Float16Array(bits.buffer);
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * Whether no two indices meet in one element: by growing stride, each step must be longer than all shorter ones together reach.
 * Stricter than need be for strides that interleave like teeth ([3, 2] for shape [2, 3]), which nobody writes.
 */
function reachesEachOnce(shape: readonly number[], strides: readonly number[]): boolean {
  if (shape.includes(0) || isNested(shape, strides)) return true;
  const longestFirst = [...shape.keys()].sort((a, b) => (strides[b] ?? 0) - (strides[a] ?? 0));
  const ordered = (values: readonly number[]) => longestFirst.map((i) => values[i] ?? 0);
  return isNested(ordered(shape), ordered(strides));
}

/** Whether each step is longer than all dimensions after it together reach. */
function isNested(shape: readonly number[], strides: readonly number[]): boolean {
  let reach = 0;
  for (let i = shape.length - 1; i >= 0; i--) {
    const steps = (shape[i] ?? 1) - 1;
    const stride = strides[i] ?? 0;
    if (steps > 0 && stride <= reach) return false;
    reach += steps * stride;
  }
  return true;
}

type Input = Checked<ArrayBufferView> | ArrayBufferView;

function bufferOf(input: Input): ArrayBufferLike {
  return 'shape' in input ? input.data.buffer : input.buffer;
}

/** Within their buffer. */
interface Bytes {
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** The bytes from the first element that an input reaches to its last. */
function bytesOf(input: Input): Bytes {
  if (!('shape' in input)) return input;
  const { data, shape, strides, offset } = input;
  const elementBytes = (data as ArrayBufferView & { readonly BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;
  return { byteOffset: data.byteOffset + offset * elementBytes, byteLength: extentOf(shape, strides) * elementBytes };
}

function overlaps(a: Bytes, b: Bytes): boolean {
  if (a.byteLength === 0 || b.byteLength === 0) return false;
  return a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;
}
