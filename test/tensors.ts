/**
 * Making and reading tensors for tests: the same numbers in different memory, with garbage in every gap, so that a kernel that
 * strays from its elements shows it; and any tensor read as plain float64 in row-major order.
 */
import type { DType, FloatData, Tensor, TensorData } from '../src/types.js';
import { type Format, fromBits, toBits } from './numbers.js';

/** How a tensor lies in memory. */
export type Memory =
  | 'packed' // row-major, no gaps
  | 'gapped' // row-major, each dimension with a gap after it, an offset before all
  | 'turned' // dimensions in the opposite order in memory, with an offset: the last one is the farthest apart
  | 'spread'; // row-major with two elements between neighbours of the last dimension

/** Numbers in row-major order. */
export interface Dense {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, n) => size * n, 1);

function stridesOf(shape: readonly number[], memory: Memory): number[] {
  const order = shape.map((_, i) => i);
  if (memory !== 'turned') order.reverse();
  const strides = new Array<number>(shape.length).fill(0);
  let step = memory === 'spread' ? 3 : 1;
  for (const dimension of order) {
    strides[dimension] = step;
    step = step * Math.max(shape[dimension] ?? 1, 1) + (memory === 'gapped' ? 3 : 0);
  }
  return strides;
}

/** Calls visit with the place in memory of every element, in row-major order. */
export function eachElement(
  tensor: { shape: readonly number[]; strides?: readonly number[] | undefined; offset?: number | undefined },
  visit: (place: number, count: number) => void,
): void {
  const { shape } = tensor;
  const size = sizeOf(shape);
  const strides = tensor.strides ?? stridesOf(shape, 'packed');
  const [run, step] = [shape.at(-1) ?? 1, strides.at(-1) ?? 0];
  for (let count = 0; count < size; count += run) {
    let place = tensor.offset ?? 0;
    for (let rest = count / run, i = shape.length - 2; i >= 0; i--) {
      const n = shape[i] ?? 1;
      place += (rest % n) * (strides[i] ?? 0);
      rest = Math.floor(rest / n);
    }
    for (let i = 0; i < run; i++) visit(place + i * step, count + i);
  }
}

interface Place {
  readonly shape: readonly number[];
  readonly memory?: Memory | undefined;
}

/** Strides, offset and the length of the array that holds them. */
function placed({ shape, memory = 'packed' }: Place): { strides: number[]; offset: number; length: number } {
  const strides = stridesOf(shape, memory);
  const offset = memory === 'packed' ? 0 : 5;
  const last = shape.reduce((end, n, i) => end + Math.max(n - 1, 0) * (strides[i] ?? 0), offset);
  return { strides, offset, length: sizeOf(shape) === 0 ? offset : last + 1 + (memory === 'packed' ? 0 : 2) };
}

const bare = (memory: Memory | undefined): boolean => memory === undefined || memory === 'packed';

/** What lies between the elements of an input: anything that reads it gets NaN. */
export function floats(shape: readonly number[], dtype: DType, value: (count: number) => number, memory?: Memory): Tensor<FloatData> {
  const { strides, offset, length } = placed({ shape, memory });
  const data = dtype === 'float32' ? new Float32Array(length).fill(Number.NaN) : new Uint16Array(length).fill(0x7fff);
  const encode = dtype === 'float32' ? (x: number) => x : (x: number) => toBits(dtype, x);
  eachElement({ shape, strides, offset }, (place, count) => {
    data[place] = encode(value(count));
  });
  const place = bare(memory) ? {} : { strides, offset };
  return dtype === 'float32' ? { data, shape, ...place } : { data, shape, dtype, ...place };
}

/** A float32 tensor. */
export function float32(shape: readonly number[], value: (count: number) => number, memory?: Memory): Tensor {
  const { data, ...rest } = floats(shape, 'float32', value, memory);
  if (!(data instanceof Float32Array)) throw new TypeError('float32 tensors lie in Float32Arrays');
  return { data, ...rest };
}

/** A boolean mask; the gaps hold "attend", so that reading one shows. */
export function booleans(shape: readonly number[], value: (count: number) => boolean, memory?: Memory): Tensor<Uint8Array> {
  const { strides, offset, length } = placed({ shape, memory });
  const data = new Uint8Array(length).fill(1);
  eachElement({ shape, strides, offset }, (place, count) => {
    data[place] = value(count) ? 1 + (count % 255) : 0; // any non-zero byte means attend
  });
  return bare(memory) ? { data, shape } : { data, shape, strides, offset };
}

export function formatOf(tensor: Tensor<TensorData>): Format {
  return tensor.dtype ?? (tensor.data instanceof Float64Array ? 'float64' : 'float32');
}

/** Every element as float64, in row-major order. */
export function dense(tensor: Tensor<TensorData>): Dense {
  const out = new Float64Array(sizeOf(tensor.shape));
  const { data } = tensor;
  const format = formatOf(tensor);
  const decode =
    data instanceof Uint16Array && (format === 'float16' || format === 'bfloat16') ? (bits: number) => fromBits(format, bits) : Number;
  eachElement(tensor, (place, count) => {
    out[count] = decode(data[place] ?? Number.NaN);
  });
  return { shape: tensor.shape, data: out };
}

/** A copy of a tensor in its own array, so that it may be compared with the original later. */
export function bytesOf(tensor: Tensor<TensorData>): Uint8Array {
  return new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength).slice();
}
