/**
 * relu, gelu, tanh, sigmoid and their promise twins.
 * @module
 */
import { planActivate } from '../plan/activate.js';
import type { ActivationOptions, AsyncOptions, FloatData, OutData, Tensor } from '../types.js';
import { run, runAsync } from './run.js';

/**
 * max(x, 0), element by element. NaN stays NaN.
 * @param x any shape and strides
 * @returns the shape and dtype of x, or `out`
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY, all before anything is written; ERR_NOT_READY in a
 * browser before `init`
 */
export function relu<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  options?: ActivationOptions<O>,
): Tensor<OutData<D, O>> {
  return run('relu', planActivate('relu', x, options)) as Tensor<OutData<D, O>>;
}

/** {@link relu} off the event loop. Waits for `init`; x is copied before the promise is returned unless `copy: false`. */
export async function reluAsync<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  options?: ActivationOptions<O> & AsyncOptions,
): Promise<Tensor<OutData<D, O>>> {
  return (await runAsync('relu', options, (own) => planActivate('relu', x, own))) as Tensor<OutData<D, O>>;
}

/**
 * x·Φ(x), element by element: with the error function, and not one of its approximations. NaN stays NaN, −Infinity becomes 0; the error is at most 4.5 · 2^-24 · |x| before it is rounded to the dtype.
 * @param x any shape and strides
 * @returns the shape and dtype of x, or `out`
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY, all before anything is written; ERR_NOT_READY in a
 * browser before `init`
 * @see Hendrycks & Gimpel 2016
 */
export function gelu<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  options?: ActivationOptions<O>,
): Tensor<OutData<D, O>> {
  return run('gelu', planActivate('gelu', x, options)) as Tensor<OutData<D, O>>;
}

/** {@link gelu} off the event loop. Waits for `init`; x is copied before the promise is returned unless `copy: false`. */
export async function geluAsync<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  options?: ActivationOptions<O> & AsyncOptions,
): Promise<Tensor<OutData<D, O>>> {
  return (await runAsync('gelu', options, (own) => planActivate('gelu', x, own))) as Tensor<OutData<D, O>>;
}

/**
 * tanh x, element by element. NaN stays NaN; the error is at most 4 units of the last place before it is rounded to the dtype.
 * @param x any shape and strides
 * @returns the shape and dtype of x, or `out`
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY, all before anything is written; ERR_NOT_READY in a
 * browser before `init`
 */
export function tanh<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  options?: ActivationOptions<O>,
): Tensor<OutData<D, O>> {
  return run('tanh', planActivate('tanh', x, options)) as Tensor<OutData<D, O>>;
}

/** {@link tanh} off the event loop. Waits for `init`; x is copied before the promise is returned unless `copy: false`. */
export async function tanhAsync<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  options?: ActivationOptions<O> & AsyncOptions,
): Promise<Tensor<OutData<D, O>>> {
  return (await runAsync('tanh', options, (own) => planActivate('tanh', x, own))) as Tensor<OutData<D, O>>;
}

/**
 * 1 / (1 + e^−x), element by element. NaN stays NaN; the error is at most 4 units of the last place before it is rounded to the dtype, and 0 may stand for what is below 2^-125.
 * @param x any shape and strides
 * @returns the shape and dtype of x, or `out`
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY, all before anything is written; ERR_NOT_READY in a
 * browser before `init`
 */
export function sigmoid<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  options?: ActivationOptions<O>,
): Tensor<OutData<D, O>> {
  return run('sigmoid', planActivate('sigmoid', x, options)) as Tensor<OutData<D, O>>;
}

/** {@link sigmoid} off the event loop. Waits for `init`; x is copied before the promise is returned unless `copy: false`. */
export async function sigmoidAsync<D extends FloatData, O extends FloatData = never>(
  x: Tensor<D>,
  options?: ActivationOptions<O> & AsyncOptions,
): Promise<Tensor<OutData<D, O>>> {
  return (await runAsync('sigmoid', options, (own) => planActivate('sigmoid', x, own))) as Tensor<OutData<D, O>>;
}
