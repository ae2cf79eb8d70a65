/** A matrix product by its definition, in float64 and straight from the caller's arguments. */

import type { Activation } from '../../src/types.js';
import type { MatmulCall } from '../calls.js';
import { packedWeights } from '../packed-weights.js';
import { dense, sizeOf } from '../tensors.js';
import { activated } from './activation.js';

export interface MatmulSheet {
  readonly shape: readonly number[];
  /** Products summed for one element. */
  readonly k: number;
  /** Roundings of a weight before it is multiplied, or of its products after: one where it is a step times a whole number. */
  readonly weightRoundings: number;
  readonly output: Float64Array;
  readonly activation: Activation | undefined;
  /** a·b + bias of each element, before the activation. */
  readonly sums: Float64Array;
  /** Σ|a||b| + |bias| of each element. */
  readonly magnitude: Float64Array;
  /** Whether a and b are both bfloat16. */
  readonly bfloat16: boolean;
  /** Σ|a||b| of those products that have a number below 2^-126. */
  readonly ofSubnormals: Float64Array;
}

/** Shapes of the batch broadcast as in NumPy: aligned at the right, 1 stretches. */
function broadcastShapes(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [x, y] = [a.at(i - rank) ?? 1, b.at(i - rank) ?? 1];
    return a.length < rank - i ? y : b.length < rank - i ? x : x === 1 ? y : x;
  });
}

/** Which matrix of a stack stands at an index of the broadcast batch. */
function matrixAt(index: readonly number[], batch: readonly number[]): number {
  return batch.reduce((at, size, i) => at * size + (size === 1 ? 0 : (index[index.length - batch.length + i] ?? 0)), 0);
}

export function textbookMatmul({ a, b, pack, options }: MatmulCall): MatmulSheet {
  const [left, right] = [dense(a), pack ? packedWeights(b, pack) : dense(b)];
  const [rows, inner] = options.transposeA
    ? [left.shape.at(-1) ?? 0, left.shape.at(-2) ?? 0]
    : [left.shape.at(-2) ?? 0, left.shape.at(-1) ?? 0];
  const columns = (options.transposeB ? right.shape.at(-2) : right.shape.at(-1)) ?? 0;
  const bias = options.bias && dense(options.bias).data;
  const batch = broadcastShapes(left.shape.slice(0, -2), right.shape.slice(0, -2));
  const shape = [...batch, rows, columns];
  const sums = new Float64Array(sizeOf(shape));
  const magnitude = new Float64Array(sums.length);
  const ofSubnormals = new Float64Array(sums.length);
  for (let at = 0; at < sums.length; at++) {
    const [i, j] = [Math.floor(at / columns) % rows, at % columns];
    let rest = Math.floor(at / columns / rows);
    const index = batch
      .toReversed()
      .map((size) => {
        const here = rest % size;
        rest = Math.floor(rest / size);
        return here;
      })
      .toReversed();
    const fromLeft = matrixAt(index, left.shape.slice(0, -2)) * rows * inner;
    const fromRight = matrixAt(index, right.shape.slice(0, -2)) * inner * columns;
    const added = bias ? (bias[j] ?? Number.NaN) : 0;
    let [sum, size, lost] = [0, Math.abs(added), 0];
    for (let p = 0; p < inner; p++) {
      const x = left.data[fromLeft + (options.transposeA ? p * rows + i : i * inner + p)] ?? Number.NaN;
      const y = right.data[fromRight + (options.transposeB ? j * inner + p : p * columns + j)] ?? Number.NaN;
      sum += x * y;
      size += Math.abs(x * y);
      if (Math.min(Math.abs(x), Math.abs(y)) < 2 ** -126) lost += Math.abs(x * y);
    }
    sums[at] = sum + added;
    magnitude[at] = size;
    ofSubnormals[at] = lost;
  }
  const { activation } = options;
  return {
    shape,
    k: inner,
    weightRoundings: pack?.dtype === 'int8' ? 1 : 0,
    output: sums.map((sum) => activated(sum, activation)),
    activation,
    sums,
    magnitude,
    bfloat16: a.dtype === 'bfloat16' && (pack ? pack.dtype === 'bfloat16' : b.dtype === 'bfloat16'),
    ofSubnormals,
  };
}
