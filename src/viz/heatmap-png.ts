/**
 * heatmapPng: weights as cells, in PNG.
 * @module
 */
import { optionError, shapeError } from '../errors.js';
import type { Tensor } from '../types.js';
import { list, received } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { stepAt } from './cells.js';
import { gridOf } from './grid.js';
import { type Aggregate, aggregate, range } from './picture-options.js';
import { pngOfSteps } from './png.js';
import { scaleOf } from './scale.js';
import { counted } from './visible.js';
import { checkWeights } from './weights.js';

/** Options of `heatmapPng`. */
export interface HeatmapPngOptions {
  /** Pixels of a cell's side, 1 to 256, and no side of the picture above 8192. @default as many as fit into 512, at least 1 */
  readonly cellSize?: number | undefined;
  /** Values of the first and the last colour; what lies outside has theirs. @default 0 (or the lowest below it) to the highest */
  readonly range?: readonly [number, number] | undefined;
  /** What a cell shows where there are more than 2048 rows or columns. @default 'max' */
  readonly aggregate?: Aggregate | undefined;
}

const rules = {
  cellSize: (op: string, name: string, value: unknown) => {
    const size = rule.size(op, name, value);
    if (size > 256) throw optionError(op, name, received(value), 'a whole number from 1 to 256');
    return size;
  },
  range,
  aggregate,
} satisfies rule.Rules<HeatmapPngOptions>;

/** Rows and columns of cells, and pixels of a side, at most. */
const [limit, largest] = [2048, 2 ** 13];

/**
 * Weights as a PNG: cells and nothing else, in the colours of `heatmap`; what is NaN is transparent.
 * @param weights float32 `[sq, skv]`, at least one of each; more than 2048 rows or columns become cells of several weights
 * @returns the bytes of a PNG
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION
 */
export function heatmapPng(weights: Tensor, options?: HeatmapPngOptions): Uint8Array {
  const op = 'heatmapPng';
  const matrix = checkWeights(op, 'weights', weights, ['sq', 'skv']);
  const { cellSize: size, range: wanted, aggregate: how = 'max' } = rule.checkOptions(op, options, rules);
  if (matrix.shape.includes(0)) throw shapeError(op, 'weights', `shape ${list(matrix.shape)}`, 'at least one query and one key');
  const grid = gridOf(matrix, limit, how);
  const cells = Math.max(grid.rows, grid.columns);
  const side = size ?? Math.max(1, Math.floor(512 / cells));
  if (side * cells > largest) {
    const most = Math.floor(largest / cells);
    throw optionError(
      op,
      'cellSize',
      String(side),
      `at most ${most} for ${counted(cells, 'cell')}`,
      `a PNG has at most ${largest} pixels a side`,
    );
  }
  const scale = scaleOf(grid, wanted);
  return pngOfSteps(grid.columns * side, grid.rows * side, (x, y) => stepAt(grid, scale, Math.floor(x / side), Math.floor(y / side)));
}
