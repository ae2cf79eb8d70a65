/**
 * A plan's tensors as float64 numbers: whatever the dtype and strides, loops read dense rows and write through one function.
 * @module
 */
import type { Floats, View } from '../../plan/plan.js';
import type { DType } from '../../types.js';
import { bfloat16, decodeHalf, encodeHalf, float16 } from './half.js';

/** Element of a float tensor at an index of its data. */
export function read(data: Floats, dtype: DType, at: number): number {
  const stored = data[at] ?? NaN;
  if (dtype === 'float32') return stored;
  return decodeHalf(stored, dtype === 'float16' ? float16 : bfloat16);
}

/** Rounds a float64 number to the dtype, once, and stores it. */
export function write(data: Floats, dtype: DType, at: number, value: number): void {
  data[at] = dtype === 'float32' ? value : encodeHalf(value, dtype === 'float16' ? float16 : bfloat16);
}

/** Where an index lies in a view's data; dimensions that the index leaves out count as 0. */
export function position(view: View<ArrayBufferView>, ...index: readonly number[]): number {
  let at = view.offset;
  for (let i = 0; i < index.length; i++) at += (index[i] ?? 0) * (view.strides[i] ?? 0);
  return at;
}

/** Element of a float32 view at an index. */
export function at(view: View, ...index: readonly number[]): number {
  return view.data[position(view, ...index)] ?? NaN;
}

export function put(view: View, value: number, ...index: readonly number[]): void {
  view.data[position(view, ...index)] = value;
}

/** The matrix that the last two dimensions of a view hold at a leading index, dense and row-major. */
export function readMatrix(view: View<Floats>, dtype: DType, leading: readonly number[], rows: number, columns: number): Float64Array {
  const begin = position(view, ...leading);
  const rowStride = view.strides.at(-2) ?? 0;
  const columnStride = view.strides.at(-1) ?? 0;
  const matrix = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) matrix[i * columns + j] = read(view.data, dtype, begin + i * rowStride + j * columnStride);
  }
  return matrix;
}

/** Every index of dimensions of these sizes, the last one fastest. */
export function* indices(sizes: readonly number[]): Generator<readonly number[]> {
  const [size, ...inner] = sizes;
  if (size === undefined) {
    yield [];
    return;
  }
  for (let i = 0; i < size; i++) {
    for (const rest of indices(inner)) yield [i, ...rest];
  }
}
