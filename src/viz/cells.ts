/**
 * The cells of a heatmap, as elements or as one image; each is given the id of its picture.
 * @module
 */
import type { Grid } from './grid.js';
import { dataUrl, pngOfSteps } from './png.js';
import { type Scale, stepOf } from './scale.js';
import { at, escaped } from './svg.js';
import { hex } from './viridis.js';
import { figure } from './visible.js';

/** Of a cell; undefined for NaN. */
export function stepAt({ cells, columns }: Grid, scale: Scale, column: number, row: number): number | undefined {
  return stepOf(scale, cells[row * columns + column] ?? 0);
}

/** In pixels. */
export interface CellSize {
  readonly width: number;
  readonly height: number;
}

/** An element for each cell, with its names and its weight in a tooltip. */
export function rects(
  grid: Grid,
  scale: Scale,
  { width, height }: CellSize,
  queryName: (index: number) => string,
  keyName: (index: number) => string,
): (id: string) => string {
  const rect = (value: number, i: number, id: string) => {
    const [row, column] = [Math.floor(i / grid.columns), i % grid.columns];
    const step = stepOf(scale, value);
    const fill = step === undefined ? `url(#${id}-nan)` : hex(step);
    const place = `x="${at(column * width)}" y="${at(row * height)}" width="${at(width - 1)}" height="${at(height - 1)}"`;
    return `<rect ${place} fill="${fill}"><title>${escaped(`${queryName(row)} → ${keyName(column)}: ${figure(value)}`)}</title></rect>`;
  };
  return (id) => Array.from(grid.cells, (value, i) => rect(value, i, id)).join('\n');
}

/** All cells as one image. */
export function image(grid: Grid, scale: Scale, cell: CellSize): (id: string) => string {
  if (grid.cells.length === 0) return () => '';
  const size = `width="${at(grid.columns * cell.width)}" height="${at(grid.rows * cell.height)}"`;
  const png = dataUrl(pngOfSteps(grid.columns, grid.rows, (x, y) => stepAt(grid, scale, x, y)));
  const shown = `<image ${size} preserveAspectRatio="none" style="image-rendering:pixelated" href="${png}"/>`;
  return (id) => `${grid.hasNaN ? `<rect ${size} fill="url(#${id}-nan)"/>` : ''}${shown}`;
}
