/**
 * Coverage (See, Liu & Manning 2017; Tu et al. 2016): the sum of the weights that a position was given by the steps before.
 * @module
 */
import { optionError, shapeError } from '../errors.js';
import type { Tensor } from '../types.js';
import { list } from '../validate/describe.js';
import type { Checked } from '../validate/tensor.js';
import { denseCopy } from '../validate/weights.js';
import type { ProjectedMemory } from './memory.js';

/** `[b, t]`, row-major, of its own: the one that was given, or zeros; undefined where the attention knows no coverage. */
export function coverageOf(
  op: string,
  given: Checked | undefined,
  { projections, shape: [batch, length] }: ProjectedMemory,
  shape: readonly number[],
): Float32Array | undefined {
  if (projections.coverageWeight === undefined) {
    if (given === undefined) return undefined;
    throw optionError(op, 'coverage', 'given', 'none', 'the attention was made without coverageWeight');
  }
  if (given === undefined) return new Float32Array(batch * length);
  if (given.shape.length !== shape.length || given.shape.some((size, i) => size !== shape[i]))
    throw shapeError(op, 'coverage', `shape ${list(given.shape)}`, `${list(shape)}, that of the weights`);
  return denseCopy(op, 'coverage', given);
}

/** Writes key + coverage · wc for each position, those past the lengths aside. */
export function cover({ projected, projections, shape, lengths }: ProjectedMemory, coverage: Float32Array, covered: Tensor): Tensor {
  const { keyDim, coverageWeight } = projections;
  const [batch, length] = shape;
  const weight = coverageWeight?.data ?? new Float32Array(keyDim);
  for (let row = 0; row < batch; row++)
    addTo(projected, coverage, weight, row * length, row * length + (lengths?.[row] ?? length), covered.data);
  return covered;
}

function addTo(keys: Float32Array, coverage: Float32Array, weight: Float32Array, begin: number, end: number, covered: Float32Array): void {
  const units = weight.length;
  for (let position = begin; position < end; position++) {
    const factor = coverage[position] ?? 0;
    const at = position * units;
    for (let i = 0; i < units; i++) covered[at + i] = (keys[at + i] ?? 0) + factor * (weight[i] ?? 0);
  }
}

/** coverage += weights */
export function addWeights(coverage: Float32Array, weights: Float32Array): void {
  for (let i = 0; i < coverage.length; i++) coverage[i] = (coverage[i] ?? 0) + (weights[i] ?? 0);
}
