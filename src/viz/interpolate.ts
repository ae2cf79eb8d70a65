/**
 * Weights between the cells of a grid.
 * @module
 */
import type { Grid } from './grid.js';

/** How weights become pixels of the image: in smooth transitions, or as the patches that they are. */
export type Interpolation = 'bilinear' | 'nearest';

/** The weight at each pixel of an image over which a grid is stretched. */
export function valuesOver({ cells, rows, columns }: Grid, width: number, height: number, interpolation: Interpolation = 'bilinear') {
  const cell = (row: number, column: number) => cells[row * columns + column] ?? 0;
  if (interpolation === 'nearest')
    return (x: number, y: number) => cell(Math.floor((y / height) * rows), Math.floor((x / width) * columns));
  // Between the centres of cells; beyond the outermost centres as they are.
  const between = (place: number, count: number) => {
    const inside = Math.min(count - 1, Math.max(0, place));
    const first = Math.min(count - 1, Math.floor(inside));
    return { first, next: Math.min(count - 1, first + 1), share: inside - first };
  };
  return (x: number, y: number) => {
    const across = between(((x + 0.5) / width) * columns - 0.5, columns);
    const down = between(((y + 0.5) / height) * rows - 0.5, rows);
    const mixed = (row: number) => mix(cell(row, across.first), cell(row, across.next), across.share);
    return mix(mixed(down.first), mixed(down.next), down.share);
  };
}

function mix(a: number, b: number, share: number): number {
  return share === 0 ? a : a * (1 - share) + b * share; // b may be NaN, and count for nothing
}
