/**
 * Unknown value → the weights of a layer, which are looked through once: finite numbers, row-major, in memory of the layer's own.
 * @module
 */
import { FoveaError, optionError, shapeError } from '../errors.js';
import { list } from './describe.js';
import type { Rule } from './options.js';
import { type Checked, checkFloat32, extentOf, rowMajor } from './tensor.js';
import type { Workspace } from './workspace.js';

/** A constant of a layer. */
export interface Weight {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** A rule: `[in, out]`, finite. */
export const matrix: Rule<Weight> = (op, name, value, workspace) => weightOf(op, name, value, 2, 'a matrix [in, out]', workspace);

/** A rule: `[n]`, finite. */
export const vector: Rule<Weight> = (op, name, value, workspace) => weightOf(op, name, value, 1, 'a vector [n]', workspace);

/** A row-major copy. @throws {FoveaError} ERR_OUT_OF_MEMORY */
export function denseCopy(op: string, name: string, { data, shape, strides, offset }: Checked): Float32Array {
  const elements = shape.reduce((product, size) => product * size, 1);
  const copy = room(op, name, elements);
  if (elements === 0) return copy;
  const dense = rowMajor(shape);
  if (shape.every((size, i) => size === 1 || strides[i] === dense[i])) {
    copy.set(data.subarray(offset, offset + extentOf(shape, strides)));
    return copy;
  }
  const [run, step] = [shape.at(-1) ?? 1, strides.at(-1) ?? 0];
  for (let at = 0; at < elements; at += run) {
    let from = offset;
    for (let i = 0, rest = at; i < shape.length - 1; i++) {
      const size = dense[i] ?? 1;
      from += Math.floor(rest / size) * (strides[i] ?? 0);
      rest %= size;
    }
    for (let i = 0; i < run; i++) copy[at + i] = data[from + i * step] ?? 0;
  }
  return copy;
}

function weightOf(op: string, name: string, value: unknown, rank: number, expected: string, workspace: Workspace): Weight {
  const checked = checkFloat32(op, name, value, workspace);
  const shape = checked.shape.slice();
  if (shape.length !== rank) throw shapeError(op, name, `shape ${list(shape)}`, expected);
  const data = denseCopy(op, name, checked);
  const odd = data.findIndex((number) => !Number.isFinite(number));
  if (odd >= 0) throw optionError(op, name, `${data[odd]} at ${list(placeOf(odd, shape))}`, 'finite numbers');
  return { data, shape };
}

/** Indices of an element of a row-major tensor. */
function placeOf(at: number, shape: readonly number[]): number[] {
  return rowMajor(shape).map((stride, i) => Math.floor(at / stride) % (shape[i] ?? 1));
}

function room(op: string, name: string, elements: number): Float32Array {
  try {
    return new Float32Array(elements);
  } catch (cause) {
    throw new FoveaError('ERR_OUT_OF_MEMORY', `${op}: no memory for a copy of ${name}, ${elements} numbers`, { cause });
  }
}
