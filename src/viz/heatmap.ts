/**
 * heatmap: weights as cells, in SVG.
 * @module
 */
import type { Tensor } from '../types.js';
import * as rule from '../validate/options.js';
import { image, rects } from './cells.js';
import { type Grid, gridOf } from './grid.js';
import { type Aggregate, aggregate, checkCount, type PictureOptions, picture, range, tokens } from './picture-options.js';
import { scaleOf } from './scale.js';
import { strongest } from './strongest.js';
import { at, label, longest, svg, tokenColumn } from './svg.js';
import { counted, grouped, namesOf } from './visible.js';
import { checkWeights } from './weights.js';

/** Options of `heatmap`. */
export interface HeatmapOptions extends PictureOptions {
  /** What stands at the rows. @default their numbers, from 0 */
  readonly queryTokens?: readonly string[] | undefined;
  /** What stands at the columns. @default queryTokens where there are as many keys as queries, else numbers */
  readonly keyTokens?: readonly string[] | undefined;
  /** Values of the first and the last colour; what lies outside has theirs. @default 0 (or the lowest below it) to the highest */
  readonly range?: readonly [number, number] | undefined;
  /** What a cell shows where there are more than 512 rows or columns. @default 'max' */
  readonly aggregate?: Aggregate | undefined;
}

const rules = {
  ...picture,
  queryTokens: tokens,
  keyTokens: tokens,
  range,
  aggregate,
} satisfies rule.Rules<HeatmapOptions>;

/** Rows and columns of cells, at most. */
const limit = 512;
/** Cells, each an element with a tooltip; more of them are one image. */
const elements = 1024;
/** Pixels that cells fill, a cell no larger than the second. */
const [extent, largestCell] = [768, 32];
/** Pixels between two names. */
const pitch = 13;
/** Columns of the longest name. */
const nameColumns = 20;

/**
 * Weights as an SVG: a row for each query, a column for each key, from dark (low) to light (high), with names, tooltips and a legend.
 * @param weights float32 `[sq, skv]`; more than 512 rows or columns are drawn as cells of several weights, as the picture then says
 * @returns the text of an SVG document, which may also stand in HTML
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION
 */
export function heatmap(weights: Tensor, options?: HeatmapOptions): string {
  const op = 'heatmap';
  const matrix = checkWeights(op, 'weights', weights, ['sq', 'skv']);
  const given = rule.checkOptions(op, options, rules);
  const [queries = 0, keys = 0] = matrix.shape;
  checkCount(op, 'queryTokens', given.queryTokens, queries, 'query', matrix.shape);
  checkCount(op, 'keyTokens', given.keyTokens, keys, 'key', matrix.shape);
  const ofKeys = given.keyTokens ?? (queries === keys ? given.queryTokens : undefined);
  const how = given.aggregate ?? 'max';
  const grid = gridOf(matrix, limit, how);
  const scale = scaleOf(grid, given.range);
  const [queryName, keyName] = [namesOf(given.queryTokens), namesOf(ofKeys)];
  const cells = { width: cellSize(grid.columns), height: cellSize(grid.rows) };
  const rowNames = chosen(grid.rows, grid.rowsPerCell, cells.height);
  const columnNames = chosen(grid.columns, grid.columnsPerCell, cells.width);
  const left = longest(rowNames.of(queryName), nameColumns) * tokenColumn + 8;
  const top = longest(columnNames.of(keyName), nameColumns) * tokenColumn + 8;
  const isSmall = grid.cells.length <= elements && grid.rowsPerCell * grid.columnsPerCell === 1;
  const drawn = isSmall ? rects(grid, scale, cells, queryName, keyName) : image(grid, scale, cells);
  return svg({
    title: given.title ?? 'Attention weights',
    description:
      given.description ??
      `Heatmap of ${counted(queries, 'query', 'queries')} by ${counted(keys, 'key')}. ${strongest(matrix, queryName, keyName)}`,
    theme: given.theme ?? 'auto',
    width: left + grid.columns * cells.width,
    height: top + grid.rows * cells.height,
    scale,
    notes: [
      'Rows are queries, columns are keys.',
      ...(queries * keys === 0 ? [`There is nothing to show: ${counted(queries, 'query', 'queries')} and ${counted(keys, 'key')}.`] : []),
      ...aggregated(grid, matrix.shape, how),
      ...thinned('query', rowNames.every),
      ...thinned('key', columnNames.every),
    ],
    body: (id) =>
      [
        ...rowNames.cells.map((row) =>
          label(
            queryName(row * grid.rowsPerCell),
            nameColumns,
            `x="${at(left - 6)}" y="${at(top + (row + 0.5) * cells.height + 4)}" text-anchor="end"`,
          ),
        ),
        ...columnNames.cells.map((column) => {
          const x = at(left + (column + 0.5) * cells.width + 4);
          return label(keyName(column * grid.columnsPerCell), nameColumns, `transform="translate(${x} ${at(top - 6)}) rotate(-90)"`);
        }),
        `<g transform="translate(${at(left)} ${at(top)})">${drawn(id)}</g>`,
      ].join('\n'),
  });
}

function cellSize(count: number): number {
  return Math.min(largestCell, count === 0 ? largestCell : extent / count);
}

/** The cells that have a name: as many as there is room for. */
function chosen(cells: number, perCell: number, size: number) {
  const step = Math.max(1, Math.ceil(pitch / size));
  const named = Array.from({ length: Math.ceil(cells / step) }, (_, i) => i * step);
  return { cells: named, every: step * perCell, of: (name: (index: number) => string) => named.map((cell) => name(cell * perCell)) };
}

function thinned(noun: string, every: number): readonly string[] {
  return every > 1 ? [`One ${noun} in ${grouped(every)} is named.`] : [];
}

function aggregated({ rowsPerCell, columnsPerCell }: Grid, [queries = 0, keys = 0]: readonly number[], how: Aggregate): readonly string[] {
  if (rowsPerCell * columnsPerCell === 1) return [];
  const what = how === 'max' ? 'largest' : 'mean';
  return [
    `${grouped(queries)} × ${grouped(keys)} weights: a cell is the ${what} of ${counted(rowsPerCell, 'query', 'queries')} × ${counted(columnsPerCell, 'key')}.`,
  ];
}
