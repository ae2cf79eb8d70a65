// @ts-check
/** Arithmetic of the matrices on a tape. */
import { Tape } from './tape.mjs';

/** @import { Matrix } from './tape.mjs' */

export class Arithmetic extends Tape {
  /** @param {Matrix} a @param {Matrix} b */
  product(a, b) {
    const [m, k, n] = [a.rows, a.columns, b.columns];
    return this.made(
      m,
      n,
      (value) => {
        for (let i = 0; i < m; i++)
          for (let p = 0; p < k; p++) {
            const factor = a.value[i * k + p];
            for (let j = 0; j < n; j++) value[i * n + j] += factor * b.value[p * n + j];
          }
      },
      (slope) => {
        for (let i = 0; i < m; i++)
          for (let p = 0; p < k; p++) {
            const factor = a.value[i * k + p];
            let sum = 0;
            for (let j = 0; j < n; j++) {
              sum += slope[i * n + j] * b.value[p * n + j];
              b.slope[p * n + j] += slope[i * n + j] * factor;
            }
            a.slope[i * k + p] += sum;
          }
      },
    );
  }

  /** b may be one row, which is added to all. @param {Matrix} a @param {Matrix} b @param {1 | -1} [sign] of b */
  sum(a, b, sign = 1) {
    const period = b.value.length;
    return this.made(
      a.rows,
      a.columns,
      (value) => {
        for (let i = 0; i < value.length; i++) value[i] = a.value[i] + sign * b.value[i % period];
      },
      (slope) => {
        for (let i = 0; i < slope.length; i++) {
          a.slope[i] += slope[i];
          b.slope[i % period] += sign * slope[i];
        }
      },
    );
  }

  /** Number by number; b may be one column. @param {Matrix} a @param {Matrix} b */
  times(a, b) {
    const each = a.columns / b.columns;
    return this.made(
      a.rows,
      a.columns,
      (value) => {
        for (let i = 0; i < value.length; i++) value[i] = a.value[i] * b.value[Math.floor(i / each)];
      },
      (slope) => {
        for (let i = 0; i < slope.length; i++) {
          const j = Math.floor(i / each);
          a.slope[i] += slope[i] * b.value[j];
          b.slope[j] += slope[i] * a.value[i];
        }
      },
    );
  }

  /** A function of each number. @param {Matrix} x @param {(x: number) => number} f @param {(y: number) => number} slopeAt of f, where it is y */
  each(x, f, slopeAt) {
    return this.made(
      x.rows,
      x.columns,
      (value) => {
        for (let i = 0; i < value.length; i++) value[i] = f(x.value[i]);
      },
      (slope, value) => {
        for (let i = 0; i < slope.length; i++) x.slope[i] += slope[i] * slopeAt(value[i]);
      },
    );
  }

  sigmoid = (/** @type {Matrix} */ x) =>
    this.each(
      x,
      (value) => 1 / (1 + Math.exp(-value)),
      (y) => y * (1 - y),
    );

  tanh = (/** @type {Matrix} */ x) => this.each(x, Math.tanh, (y) => 1 - y * y);

  relu = (/** @type {Matrix} */ x) =>
    this.each(
      x,
      (value) => Math.max(0, value),
      (y) => (y > 0 ? 1 : 0),
    );

  /** Of each row. @param {Matrix} x */
  softmax(x) {
    const { rows, columns } = x;
    return this.made(
      rows,
      columns,
      (value) => {
        for (let row = 0; row < rows; row++) value.set(weightsOf(x.value.subarray(row * columns, (row + 1) * columns)), row * columns);
      },
      (slope, value) => {
        for (let row = 0; row < rows; row++) {
          let mean = 0;
          for (let i = row * columns; i < (row + 1) * columns; i++) mean += slope[i] * value[i];
          for (let i = row * columns; i < (row + 1) * columns; i++) x.slope[i] += value[i] * (slope[i] - mean);
        }
      },
    );
  }

  /** −log of the softmax at the right class of each row, times `share`: summed, and its slopes set. @param {Matrix} logits @param {readonly number[]} classes @param {number} share */
  crossEntropy({ value, slope, columns }, classes, share) {
    let loss = 0;
    for (const [row, right] of classes.entries()) {
      const weights = weightsOf(value.subarray(row * columns, (row + 1) * columns));
      loss -= share * Math.log(weights[right]);
      for (let c = 0; c < columns; c++) slope[row * columns + c] += share * (weights[c] - (c === right ? 1 : 0));
    }
    return loss;
  }
}

/** @param {Float64Array} row */
function weightsOf(row) {
  const largest = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const exponentials = row.map((value) => Math.exp(value - largest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}
