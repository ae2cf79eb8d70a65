/**
 * Where a call writes: fresh memory, or the caller's `out` when it has the exact shape, a fitting dtype, strides that reach
 * no element twice, and lies apart from every input.
 * @module
 */
import { dtypeError, FoveaError, optionError, shapeError } from '../errors.js';
import type { Float16Data, Tensor } from '../types.js';
import { list } from '../validate/describe.js';
import { type Checked, type CheckedFloats, extentOf, rowMajor } from '../validate/tensor.js';
import { sized, type Workspace } from '../validate/workspace.js';

/** What a result is like: the dtype of the inputs, and their kind of array. */
type Like = Pick<CheckedFloats, 'dtype' | 'float16Array'>;

/**
 * The caller's `out`, checked (`checkApart` sees to the inputs), or new memory. Its `source` is the tensor that the caller gets.
 * @param name for messages
 */
export function resultIn(
  op: string,
  out: CheckedFloats | undefined,
  shape: readonly number[],
  like: Like,
  workspace: Workspace,
  name = 'out',
): CheckedFloats {
  return out ? givenResult(op, name, shape, like, out) : freshResult(op, shape, like, workspace);
}

/** Row-major, in the dtype of `like` and the kind of array that its caller uses. */
function freshResult(op: string, shape: readonly number[], like: Like, workspace: Workspace): CheckedFloats {
  const { dtype } = like;
  const sizes = shape.slice();
  const result = workspace.tensor();
  sized(result.shape, sizes.length);
  for (let i = 0; i < sizes.length; i++) result.shape[i] = sizes[i] ?? 1;
  rowMajor(sizes, result.strides);
  result.offset = 0;
  result.dtype = dtype;
  if (dtype === 'float32') {
    const data = allocate(op, Float32Array, sizes);
    result.data = data;
    result.source = { data, shape: sizes };
  } else {
    const data = allocate(op, Uint16Array, sizes);
    result.data = data;
    result.source = like.float16Array ? { data: asFloat16Array(data), shape: sizes } : { data, shape: sizes, dtype };
  }
  return result as Checked<ArrayBufferView> as CheckedFloats;
}

/** New row-major float32 memory: weights, logSumExp. */
export function freshFloat32(op: string, shape: readonly number[]): Tensor {
  return { data: allocate(op, Float32Array, shape), shape };
}

/** `out`, checked against the call's shape and the dtype of `like`. */
function givenResult(op: string, name: string, shape: readonly number[], like: Like, out: CheckedFloats): CheckedFloats {
  const { strides, dtype } = out;
  if (!isSame(shape, out.shape)) {
    throw shapeError(op, name, `shape ${list(out.shape)}`, list(shape));
  }
  if (dtype !== 'float32' && dtype !== like.dtype) {
    const expected = like.dtype === 'float32' ? 'float32' : `float32 or ${like.dtype}`;
    throw dtypeError(op, name, `dtype ${dtype}`, expected, `the inputs are ${like.dtype}`);
  }
  if (!reachesEachOnce(shape, strides)) {
    throw optionError(
      op,
      name,
      'overlapping itself',
      'strides that reach no element twice',
      `shape is ${list(shape)}, strides are ${list(strides)}`,
    );
  }
  return out;
}

/** @param name of the input @throws {FoveaError} ERR_OPTION where the caller's `out` lies over it, if the call has both */
export function checkApart(op: string, out: CheckedFloats | undefined, name: string, input: Input | undefined, outName = 'out'): void {
  if (out === undefined || input === undefined || bufferOf(input) !== out.data.buffer) return;
  const isApart = beginOf(input) >= beginOf(out) + bytesOf(out) || beginOf(out) >= beginOf(input) + bytesOf(input);
  if (!isApart && bytesOf(out) > 0 && bytesOf(input) > 0)
    throw optionError(op, outName, `overlapping ${name}`, 'memory that no input lies in');
}

/** The same of an `out` of several results, which may not lie over each other either. */
export function checkAllApart<Name extends string>(
  op: string,
  out: Readonly<Partial<Record<Name, CheckedFloats>>> | undefined,
  inputs: Readonly<Record<string, Input | undefined>>,
): void {
  const given = Object.entries<CheckedFloats | undefined>(out ?? {});
  given.forEach(([name, result], at) => {
    for (const [input, tensor] of Object.entries(inputs)) checkApart(op, result, input, tensor, `out.${name}`);
    for (const [other, tensor] of given.slice(0, at)) checkApart(op, result, `out.${other}`, tensor, `out.${name}`);
  });
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
  if (isNested(shape, strides) || shape.includes(0)) return true;
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

/** Of the first element that an input reaches, within its buffer. */
function beginOf(input: Input): number {
  return 'shape' in input ? input.data.byteOffset + input.offset * elementBytes(input) : input.byteOffset;
}

/** From its first element to its last. */
function bytesOf(input: Input): number {
  return 'shape' in input ? extentOf(input.shape, input.strides) * elementBytes(input) : input.byteLength;
}

function elementBytes({ data }: Checked<ArrayBufferView>): number {
  return (data as ArrayBufferView & { readonly BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;
}
