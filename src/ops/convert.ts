/**
 * Between float32 and the half types: toFloat16, toBfloat16, fromFloat16, fromBfloat16 and their promise twins.
 * @module
 */
import { planConvert } from '../plan/convert.js';
import type { AsyncOptions, ConvertOptions, Float16Data, FloatData, Tensor } from '../types.js';
import { run, runAsync } from './run.js';

/** Where the result lies: in the arrays of `out` (O), or in a new D. */
type Converted<D extends FloatData, O extends FloatData> = [O] extends [never] ? D : O;

/**
 * float32 numbers rounded to float16: to nearest, ties to even; past 65504 by half a step is Infinity, NaN stays NaN.
 * @param x float32, of any shape and strides; a bare Float32Array is a tensor of one dimension
 * @returns the shape of x: bits in a Uint16Array with `dtype: 'float16'`, on every engine, or `out`
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY, all before anything is written; ERR_NOT_READY in a
 * browser before `init`
 */
export function toFloat16<O extends Uint16Array | Float16Data = never>(
  x: Tensor | Float32Array,
  options?: ConvertOptions<O>,
): Tensor<Converted<Uint16Array, O>> {
  return run('toFloat16', planConvert('toFloat16', x, options)) as Tensor<Converted<Uint16Array, O>>;
}

/** {@link toFloat16} off the event loop. Waits for `init`; x is copied before the promise is returned unless `copy: false`. */
export async function toFloat16Async<O extends Uint16Array | Float16Data = never>(
  x: Tensor | Float32Array,
  options?: ConvertOptions<O> & AsyncOptions,
): Promise<Tensor<Converted<Uint16Array, O>>> {
  return (await runAsync('toFloat16', options, (own) => planConvert('toFloat16', x, own))) as Tensor<Converted<Uint16Array, O>>;
}

/**
 * float32 numbers rounded to bfloat16: to nearest, ties to even, subnormals included; NaN stays NaN.
 * @param x float32, of any shape and strides; a bare Float32Array is a tensor of one dimension
 * @returns the shape of x: bits in a Uint16Array with `dtype: 'bfloat16'`, or `out`
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY, all before anything is written; ERR_NOT_READY in a
 * browser before `init`
 */
export function toBfloat16<O extends Uint16Array = never>(
  x: Tensor | Float32Array,
  options?: ConvertOptions<O>,
): Tensor<Converted<Uint16Array, O>> {
  return run('toBfloat16', planConvert('toBfloat16', x, options)) as Tensor<Converted<Uint16Array, O>>;
}

/** {@link toBfloat16} off the event loop. Waits for `init`; x is copied before the promise is returned unless `copy: false`. */
export async function toBfloat16Async<O extends Uint16Array = never>(
  x: Tensor | Float32Array,
  options?: ConvertOptions<O> & AsyncOptions,
): Promise<Tensor<Converted<Uint16Array, O>>> {
  return (await runAsync('toBfloat16', options, (own) => planConvert('toBfloat16', x, own))) as Tensor<Converted<Uint16Array, O>>;
}

/**
 * float16 numbers as float32, exactly.
 * @param x float16, of any shape and strides (a Uint16Array needs no dtype here); a bare array is a tensor of one dimension
 * @returns the shape of x: a Float32Array, or `out`
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY, all before anything is written; ERR_NOT_READY in a
 * browser before `init`
 */
export function fromFloat16<O extends Float32Array = never>(
  x: Tensor<Uint16Array | Float16Data> | Uint16Array | Float16Data,
  options?: ConvertOptions<O>,
): Tensor<Converted<Float32Array, O>> {
  return run('fromFloat16', planConvert('fromFloat16', x, options)) as Tensor<Converted<Float32Array, O>>;
}

/** {@link fromFloat16} off the event loop. Waits for `init`; x is copied before the promise is returned unless `copy: false`. */
export async function fromFloat16Async<O extends Float32Array = never>(
  x: Tensor<Uint16Array | Float16Data> | Uint16Array | Float16Data,
  options?: ConvertOptions<O> & AsyncOptions,
): Promise<Tensor<Converted<Float32Array, O>>> {
  return (await runAsync('fromFloat16', options, (own) => planConvert('fromFloat16', x, own))) as Tensor<Converted<Float32Array, O>>;
}

/**
 * bfloat16 numbers as float32, exactly.
 * @param x bfloat16, of any shape and strides (a Uint16Array needs no dtype here); a bare array is a tensor of one dimension
 * @returns the shape of x: a Float32Array, or `out`
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY, all before anything is written; ERR_NOT_READY in a
 * browser before `init`
 */
export function fromBfloat16<O extends Float32Array = never>(
  x: Tensor<Uint16Array> | Uint16Array,
  options?: ConvertOptions<O>,
): Tensor<Converted<Float32Array, O>> {
  return run('fromBfloat16', planConvert('fromBfloat16', x, options)) as Tensor<Converted<Float32Array, O>>;
}

/** {@link fromBfloat16} off the event loop. Waits for `init`; x is copied before the promise is returned unless `copy: false`. */
export async function fromBfloat16Async<O extends Float32Array = never>(
  x: Tensor<Uint16Array> | Uint16Array,
  options?: ConvertOptions<O> & AsyncOptions,
): Promise<Tensor<Converted<Float32Array, O>>> {
  return (await runAsync('fromBfloat16', options, (own) => planConvert('fromBfloat16', x, own))) as Tensor<Converted<Float32Array, O>>;
}
