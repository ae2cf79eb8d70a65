/** Inputs of kernels of TensorFlow.js. */
import type { NamedAttrMap } from '@tensorflow/tfjs-core';
import { random } from '../random.js';

type Values = Float32Array | Int32Array | Uint8Array;

export interface Given {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly values: Values;
}

export interface Row {
  readonly inputs: Readonly<Record<string, Given>>;
  readonly attrs?: NamedAttrMap;
  /** Left to the kernel of cpu. */
  readonly isCpus?: true;
}

const { uniform: next } = random('kernels of TensorFlow.js');

const size = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

/** Numbers from −2 to 2, some of them equal. */
export function floats(...shape: number[]): Given {
  return { shape, dtype: 'float32', values: Float32Array.from({ length: size(shape) }, () => Math.round((4 * next() - 2) * 64) / 64) };
}
/** As `floats`, around another number. */
export function near(center: number, ...shape: number[]): Given {
  const given = floats(...shape);
  for (const [i, value] of given.values.entries()) given.values[i] = center + value;
  return given;
}
export function positive(...shape: number[]): Given {
  return { shape, dtype: 'float32', values: Float32Array.from({ length: size(shape) }, () => 0.1 + 2 * next()) };
}
export function integers(most: number, ...shape: number[]): Given {
  return { shape, dtype: 'int32', values: Int32Array.from({ length: size(shape) }, () => Math.floor(next() * most)) };
}
export function truths(...shape: number[]): Given {
  return { shape, dtype: 'bool', values: Uint8Array.from({ length: size(shape) }, () => Number(next() < 0.5)) };
}
export function special(): Given {
  return { shape: [6], dtype: 'float32', values: Float32Array.of(Number.NaN, Infinity, -Infinity, -0, 0, 1) };
}
/** Every third number of it NaN, −∞ or a zero of either sign. */
export function strange(given: Given): Given {
  const odd = [Number.NaN, -0, 0, -Infinity];
  for (let i = 0; i < given.values.length; i += 3) given.values[i] = odd[(i / 3) % odd.length] ?? 0;
  return given;
}
