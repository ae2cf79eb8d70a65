// @ts-check
/**
 * Matrices in float64 that know how they were made, so that the gradient of a loss can be followed back through them (Wengert 1964): what
 * training steps are held against. Plain loops, written apart from TensorFlow.js.
 */

/** @typedef {{ readonly rows: number, readonly columns: number, readonly value: Float64Array, readonly slope: Float64Array }} Matrix its numbers, and the loss' slope along each */

export class Tape {
  /** @type {(() => void)[]} */
  #backs = [];

  /**
   * A new matrix.
   * @param {number} rows
   * @param {number} columns
   * @param {(value: Float64Array) => void} fill
   * @param {(slope: Float64Array, value: Float64Array) => void} [back] hands its slope on to what it is made of
   * @returns {Matrix}
   */
  made(rows, columns, fill, back) {
    const [value, slope] = [new Float64Array(rows * columns), new Float64Array(rows * columns)];
    fill(value);
    if (back) this.#backs.push(() => back(slope, value));
    return { rows, columns, value, slope };
  }

  /** Follows the sum of all slopes that were set back to the beginning. */
  rewind() {
    for (const back of this.#backs.reverse()) back();
  }

  /** @param {Float32Array} data @param {number} columns */
  given = (data, columns) => this.made(data.length / columns, columns, (value) => value.set(data));

  /** Rows of a table. @param {Matrix} table @param {readonly number[]} indices */
  picked(table, indices) {
    const { columns } = table;
    return this.made(
      indices.length,
      columns,
      (value) => {
        for (const [row, index] of indices.entries())
          value.set(table.value.subarray(index * columns, (index + 1) * columns), row * columns);
      },
      (slope) => {
        for (const [row, index] of indices.entries())
          for (let c = 0; c < columns; c++) table.slope[index * columns + c] += slope[row * columns + c];
      },
    );
  }

  /** @param {Matrix} x @param {number} begin @param {number} end */
  columns(x, begin, end) {
    const count = end - begin;
    const from = (/** @type {number} */ i) => Math.floor(i / count) * x.columns + begin + (i % count);
    return this.made(
      x.rows,
      count,
      (value) => {
        for (let i = 0; i < value.length; i++) value[i] = x.value[from(i)];
      },
      (slope) => {
        for (let i = 0; i < slope.length; i++) x.slope[from(i)] += slope[i];
      },
    );
  }

  /** Side by side. @param {readonly Matrix[]} parts */
  beside(parts) {
    const columns = parts.reduce((sum, part) => sum + part.columns, 0);
    /** @param {(part: Matrix, own: number, at: number) => void} visit */
    const forAll = (visit) => {
      let begin = 0;
      for (const part of parts) {
        for (let i = 0; i < part.value.length; i++) visit(part, i, Math.floor(i / part.columns) * columns + begin + (i % part.columns));
        begin += part.columns;
      }
    };
    return this.made(
      parts[0].rows,
      columns,
      (value) =>
        forAll((part, own, at) => {
          value[at] = part.value[own];
        }),
      (slope) =>
        forAll((part, own, at) => {
          part.slope[own] += slope[at];
        }),
    );
  }
}
