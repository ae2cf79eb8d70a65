/** Softmax and softmin along an axis by their definition, in float64 and straight from the caller's arguments. */
import type { SoftmaxCall } from '../calls.js';
import { type Dense, dense, sizeOf } from '../tensors.js';

export interface SoftmaxSheet {
  readonly shape: readonly number[];
  /** Places of each row's elements in row-major order. */
  readonly rows: readonly (readonly number[])[];
  readonly seen: Uint8Array;
  /** scale·x, −Infinity where masked. */
  readonly scores: Float64Array;
  readonly output: Float64Array;
}

function stretched(mask: Dense, shape: readonly number[]): Uint8Array {
  const rank = shape.length;
  return Uint8Array.from({ length: sizeOf(shape) }, (_, count) => {
    let [rest, at, step] = [count, 0, 1];
    for (let fromRight = 1; fromRight <= rank; fromRight++) {
      const size = shape.at(-fromRight) ?? 1;
      const own = fromRight <= mask.shape.length ? (mask.shape.at(-fromRight) ?? 1) : 1;
      at += own === 1 ? 0 : (rest % size) * step;
      step *= own;
      rest = Math.floor(rest / size);
    }
    return mask.data[at] ? 1 : 0;
  });
}

export function textbookSoftmax({ op, x, options }: SoftmaxCall): SoftmaxSheet {
  const { shape, data } = dense(x);
  const axis = options.axis ?? -1;
  const along = axis < 0 ? axis + shape.length : axis;
  const length = shape[along] ?? 0;
  const inner = sizeOf(shape.slice(along + 1));
  const outer = length === 0 ? 0 : data.length / length / inner;
  const scale = (op === 'softmin' ? -1 : 1) * (options.scale ?? 1);
  const seen = options.mask ? stretched(dense(options.mask), shape) : new Uint8Array(data.length).fill(1);
  const scores = data.map((value, i) => (seen[i] ? scale * value : Number.NEGATIVE_INFINITY));
  const output = new Float64Array(data.length);
  const rows = Array.from({ length: data.length === 0 ? 0 : outer * inner }, (_, row) => {
    const from = Math.floor(row / inner) * length * inner + (row % inner);
    return Array.from({ length }, (__, i) => from + i * inner);
  });
  for (const places of rows) {
    const row = places.map((at) => scores[at] ?? Number.NaN);
    const greatest = Math.max(...row);
    if (greatest === Number.NEGATIVE_INFINITY) continue; // nothing takes part: zeros
    const sum = row.reduce((total, s, i) => total + (seen[places[i] ?? 0] ? Math.exp(s - greatest) : 0), 0);
    places.forEach((at, i) => {
      // −Infinity weighs exactly 0 as if it were masked, even in a row of NaN.
      if (seen[at] && row[i] !== Number.NEGATIVE_INFINITY) output[at] = Math.exp((row[i] ?? 0) - greatest) / sum;
    });
  }
  return { shape, rows, seen, scores, output };
}
