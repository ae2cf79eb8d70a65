/**
 * A matrix of weights as no more cells than a picture can show.
 * @module
 */
import type { Checked } from '../validate/tensor.js';
import type { Aggregate } from './picture-options.js';
import type { Extremes } from './scale.js';

export interface Grid extends Extremes {
  /** Row-major, `rows` × `columns`. */
  readonly cells: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** Rows and columns of the matrix that a cell stands for; the last ones may stand for fewer. */
  readonly rowsPerCell: number;
  readonly columnsPerCell: number;
}

/**
 * @param matrix rank 2
 * @param limit rows and columns, at most
 * @param how what becomes of several weights; one that is NaN makes its cell NaN
 */
export function gridOf(matrix: Checked, limit: number, how: Aggregate): Grid {
  const [height = 0, width = 0] = matrix.shape;
  const rowsPerCell = Math.max(1, Math.ceil(height / limit));
  const columnsPerCell = Math.max(1, Math.ceil(width / limit));
  const rows = Math.ceil(height / rowsPerCell);
  const columns = Math.ceil(width / columnsPerCell);
  const cells = new Float32Array(rows * columns);
  let [low, high, hasNaN] = [Infinity, -Infinity, false];
  for (let at = 0; at < cells.length; at++) {
    const [row, column] = [Math.floor(at / columns) * rowsPerCell, (at % columns) * columnsPerCell];
    const value = cellOf(matrix, how, row, Math.min(height, row + rowsPerCell), column, Math.min(width, column + columnsPerCell));
    cells[at] = value;
    if (Number.isNaN(value)) hasNaN = true;
    if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  return { cells, rows, columns, rowsPerCell, columnsPerCell, low, high, hasNaN };
}

function cellOf(
  { data, strides, offset }: Checked,
  how: Aggregate,
  firstRow: number,
  endRow: number,
  firstColumn: number,
  endColumn: number,
): number {
  const [rowStride = 0, columnStride = 0] = strides;
  let largest = -Infinity;
  let sum = 0;
  for (let row = firstRow; row < endRow; row++) {
    for (let column = firstColumn; column < endColumn; column++) {
      const value = data[offset + row * rowStride + column * columnStride] ?? 0;
      largest = Math.max(largest, value);
      sum += value;
    }
  }
  return how === 'max' ? largest : sum / ((endRow - firstRow) * (endColumn - firstColumn));
}
