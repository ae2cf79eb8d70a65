/**
 * Unknown value → checked tensor: the kind of its data, its dtype, and the promise that every element which its shape and
 * strides reach lies inside its data. What several tensors have to do with each other is the plan's matter.
 * @module
 */
import { dtypeError, type FoveaError, shapeError } from '../errors.js';
import type { DType } from '../types.js';
import { bytesOf, kindOf, list, received } from './describe.js';
import { sized, type TensorSlot, Workspace } from './workspace.js';

/** A tensor whose every element lies inside its data; strides and offset filled in, arrays of our own. */
export interface Checked<D extends ArrayBufferView = Float32Array> {
  readonly data: D;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** A checked tensor of numbers; a `Float16Array` is seen as its bits. */
export interface CheckedFloats extends Checked<Float32Array | Uint16Array> {
  readonly dtype: DType;
  /** Whether the caller's data is a `Float16Array`, so that the result can be one too. */
  readonly float16Array: boolean;
  /** The caller's own object, which an op hands back when it is `out`. */
  readonly source: object;
}

type Indexed = ArrayBufferView & { readonly length: number; readonly buffer: ArrayBufferLike };

interface Fields {
  readonly data?: unknown;
  readonly shape?: unknown;
  readonly strides?: unknown;
  readonly offset?: unknown;
  readonly dtype?: unknown;
}

/** float32, float16 or bfloat16 numbers. @param workspace where the tensor lies */
export function checkFloats(op: string, name: string, value: unknown, workspace: Workspace): CheckedFloats {
  const fields = fieldsOf(op, name, value);
  const { data, dtype } = fields;
  if (isKind<Float32Array>(data, 'Float32Array')) {
    if (dtype !== undefined && dtype !== 'float32')
      throw dtypeError(op, name, `a Float32Array with dtype ${received(dtype)}`, "dtype 'float32' or none");
    return numbers(place(op, name, fields, data, 4, workspace), 'float32', false, fields);
  }
  if (isKind<Uint16Array>(data, 'Uint16Array')) {
    if (dtype !== 'float16' && dtype !== 'bfloat16') {
      throw dtypeError(
        op,
        name,
        `a Uint16Array ${dtype === undefined ? 'without dtype' : `with dtype ${received(dtype)}`}`,
        "dtype 'float16' or 'bfloat16'",
      );
    }
    return numbers(place(op, name, fields, data, 2, workspace), dtype, false, fields);
  }
  if (isKind<Indexed>(data, 'Float16Array')) {
    if (dtype !== undefined && dtype !== 'float16')
      throw dtypeError(op, name, `a Float16Array with dtype ${received(dtype)}`, "dtype 'float16' or none");
    const tensor = place(op, name, fields, data, 2, workspace);
    tensor.data = bitsOf(data);
    return numbers(tensor, 'float16', true, fields);
  }
  throw dtypeError(op, name, `data that is ${received(data)}`, 'a Float32Array, a Uint16Array with its dtype, or a Float16Array');
}

/** float32 numbers only. */
export function checkFloat32(op: string, name: string, value: unknown, workspace: Workspace): Checked {
  const fields = fieldsOf(op, name, value);
  const { data, dtype } = fields;
  if (!isKind<Float32Array>(data, 'Float32Array')) throw dtypeError(op, name, `data that is ${received(data)}`, 'a Float32Array');
  if (dtype !== undefined && dtype !== 'float32')
    throw dtypeError(op, name, `a Float32Array with dtype ${received(dtype)}`, "dtype 'float32' or none");
  return place(op, name, fields, data, 4, workspace) as Checked<ArrayBufferView> as Checked;
}

/** A boolean mask. */
export function checkMask(op: string, name: string, value: unknown, workspace: Workspace): Checked<Uint8Array> {
  const fields = fieldsOf(op, name, value);
  const { data, dtype } = fields;
  if (isKind<Uint8Array>(data, 'Uint8Array')) {
    if (dtype !== undefined) throw dtypeError(op, name, `dtype ${received(dtype)}`, 'none: dtypes are of numbers, and a mask is boolean');
    return place(op, name, fields, data, 1, workspace) as Checked<ArrayBufferView> as Checked<Uint8Array>;
  }
  const isNumbers = ['Float32Array', 'Float16Array', 'Float64Array', 'Uint16Array'].includes(kindOf(data) ?? '');
  throw dtypeError(
    op,
    name,
    `data that is ${received(data)}`,
    `a Uint8Array, non-zero where ${op === 'attention' ? 'it attends' : 'x counts'}`,
    isNumbers ? numbersElsewhere(op) : undefined,
  );
}

/** Where numbers go that somebody hands as a mask. */
function numbersElsewhere(op: string): string {
  return op === 'attention'
    ? 'numbers that are added to the scores go into the option bias'
    : 'numbers cannot be added here; add them to x before the call';
}

/** ids. */
export function checkInt32(op: string, name: string, value: unknown, workspace: Workspace): Checked<Int32Array> {
  const fields = fieldsOf(op, name, value);
  const { data, dtype } = fields;
  if (!isKind<Int32Array>(data, 'Int32Array')) throw dtypeError(op, name, `data that is ${received(data)}`, 'an Int32Array');
  if (dtype !== undefined)
    throw dtypeError(op, name, `an Int32Array with dtype ${received(dtype)}`, 'none: dtypes are of floating-point numbers');
  return place(op, name, fields, data, 4, workspace) as Checked<ArrayBufferView> as Checked<Int32Array>;
}

/** ids, lengths or any other of the arrays that a tensor may lie in. */
export function checkAny(op: string, name: string, value: unknown): Checked<ArrayBufferView> {
  const workspace = new Workspace();
  const fields = fieldsOf(op, name, value);
  const { data } = fields;
  if (isKind<Uint8Array>(data, 'Uint8Array')) return checkMask(op, name, value, workspace);
  return isKind<Int32Array>(data, 'Int32Array') ? checkInt32(op, name, value, workspace) : checkFloats(op, name, value, workspace);
}

/** How far beyond the offset the last element lies, plus one; 0 for a tensor without elements. */
export function extentOf(shape: readonly number[], strides: readonly number[]): number {
  let last = 0;
  for (let i = 0; i < shape.length; i++) {
    const size = shape[i] ?? 0;
    if (size === 0) return 0;
    last += (size - 1) * (strides[i] ?? 0);
  }
  return last + 1;
}

/** Row-major strides. @param strides where they are written */
export function rowMajor(shape: readonly number[], strides: number[] = []): number[] {
  sized(strides, shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i] || 1; // a size of 0 must not hide what the others multiply to
  }
  return strides;
}

function numbers(tensor: TensorSlot, dtype: DType, float16Array: boolean, source: object): CheckedFloats {
  tensor.dtype = dtype;
  tensor.float16Array = float16Array;
  tensor.source = source;
  return tensor as Checked<ArrayBufferView> as CheckedFloats;
}

/** No view can be made of a detached buffer, and none is needed of an empty one. */
function bitsOf(data: Indexed): Uint16Array {
  return data.length === 0 ? new Uint16Array(0) : new Uint16Array(data.buffer, data.byteOffset, data.length);
}

function isKind<D>(data: unknown, kind: string): data is D {
  return kindOf(data) === kind;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && 'data' in value;
}

function fieldsOf(op: string, name: string, value: unknown): Fields {
  if (isFields(value)) return value;
  throw dtypeError(op, name, value === undefined ? 'no value' : received(value), 'a tensor { data, shape }');
}

/**
 * Shape, strides and offset, and whether the data holds all that they reach.
 * @param bytes of an element: known here, slower to ask of the data
 */
function place(op: string, name: string, fields: Fields, data: Indexed, bytes: number, workspace: Workspace): TensorSlot {
  const tensor = workspace.tensor();
  const shape = checkShape(op, name, fields.shape, tensor.shape);
  const { strides: steps } = fields;
  const strides = steps === undefined ? rowMajor(shape, tensor.strides) : checkStrides(op, name, steps, shape, tensor.strides);
  const offset = fields.offset ?? 0;
  if (!isCount(offset)) throw shapeError(op, name, `offset ${received(offset)}`, 'a whole number of elements, 0 or more');
  const reach = offset + extentOf(shape, strides);
  // Not `length`: once it has seen a resizable buffer, optimised code of V8 11 takes that of a detached array for what it was.
  if (reach * bytes > bytesOf(data)) throw shortData(op, name, data, reach, fields, shape);
  tensor.data = data;
  tensor.offset = offset;
  return tensor;
}

/** What sizes, strides and offsets are: whole numbers that a double holds exactly. */
function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function checkShape(op: string, name: string, shape: unknown, sizes: number[]): number[] {
  if (!Array.isArray(shape))
    throw shapeError(op, name, shape === undefined ? 'no shape' : `a shape that is ${received(shape)}`, 'an array of sizes');
  const rank = shape.length;
  sized(sizes, rank);
  let product = 1;
  for (let i = 0; i < rank; i++) {
    const size: unknown = shape[i];
    if (!isCount(size))
      throw shapeError(op, name, `size ${received(size)} in its shape ${list(shape)}`, 'whole numbers from 0 to 2^53 - 1');
    sizes[i] = size;
    if (size > 0) product *= size;
  }
  if (product > Number.MAX_SAFE_INTEGER) throw shapeError(op, name, `shape ${list(shape)}, which overflows`, 'at most 2^53 - 1 elements');
  return sizes;
}

function checkStrides(op: string, name: string, strides: unknown, shape: readonly number[], checked: number[]): number[] {
  if (!Array.isArray(strides)) throw shapeError(op, name, `strides that are ${received(strides)}`, 'an array of distances in elements');
  if (strides.length !== shape.length) {
    throw shapeError(
      op,
      name,
      `${strides.length} strides`,
      `${shape.length}, one a dimension`,
      `shape is ${list(shape)}, strides are ${list(strides)}`,
    );
  }
  sized(checked, shape.length);
  for (let i = 0; i < shape.length; i++) {
    const stride: unknown = strides[i];
    if (!isCount(stride)) throw shapeError(op, name, `stride ${received(stride)} in ${list(strides)}`, 'whole numbers from 0 to 2^53 - 1');
    checked[i] = stride;
  }
  return checked;
}

function shortData(op: string, name: string, data: Indexed, reach: number, fields: Fields, shape: readonly number[]): FoveaError {
  const strides = Array.isArray(fields.strides) ? `, strides are ${list(fields.strides)}` : '';
  const offset = fields.offset === undefined ? '' : `, offset is ${fields.offset}`;
  const why = data.length > 0 ? '' : lostMemory(data.buffer);
  return shapeError(op, name, `data of ${data.length} elements${why}`, `at least ${reach}`, `shape is ${list(shape)}${strides}${offset}`);
}

/** Why an array is empty though its maker may remember it otherwise. */
function lostMemory(buffer: ArrayBufferLike): string {
  try {
    new Uint8Array(buffer); // the one question about detachment that Node 20 answers: it throws
  } catch {
    return ' in a detached ArrayBuffer';
  }
  return (buffer as { readonly resizable?: boolean }).resizable ? ' in a resizable ArrayBuffer that may have shrunk' : '';
}
