/**
 * overlay and overlayPng: weights over the image that they look at.
 * @module
 */
import { optionError, shapeError } from '../errors.js';
import type { Tensor } from '../types.js';
import { list, received } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { type Checked, checkFloat32 } from '../validate/tensor.js';
import { Workspace } from '../validate/workspace.js';
import { type Grid, gridOf } from './grid.js';
import { checkPixels, checkSize, checkUrl, type ImageFile, type ImagePixels } from './image.js';
import { type Interpolation, valuesOver } from './interpolate.js';
import { type PictureOptions, picture, range } from './picture-options.js';
import { dataUrl, pngOfPixels } from './png.js';
import { type Scale, scaleOf, stepOf } from './scale.js';
import { at, escaped, svg } from './svg.js';
import { rgb } from './viridis.js';
import { counted, figure } from './visible.js';
import { checkWeights, packed } from './weights.js';

/** Options of `overlayPng`. */
export interface OverlayPngOptions {
  /** Rows and columns of the weights when these are `[rows · columns]`, as a vision transformer's are. */
  readonly grid?: readonly [number, number] | undefined;
  /** Of the colours, from 0 to 1. @default 0.6 */
  readonly opacity?: number | undefined;
  /** @default 'bilinear' */
  readonly interpolation?: Interpolation | undefined;
  /** Values of the first and the last colour; what lies outside has theirs. @default 0 (or the lowest below it) to the highest */
  readonly range?: readonly [number, number] | undefined;
}

/** Options of `overlay`. */
export interface OverlayOptions extends PictureOptions, OverlayPngOptions {}

const pngRules = {
  grid: (op: string, name: string, value: unknown) => {
    if (!Array.isArray(value)) throw optionError(op, name, received(value), 'two whole numbers [rows, columns]');
    const [rows, columns] = value as unknown[];
    if (value.length !== 2) throw optionError(op, name, list(value), 'two whole numbers [rows, columns]');
    return [rule.size(op, `${name}[0]`, rows), rule.size(op, `${name}[1]`, columns)] as const;
  },
  opacity: (op: string, name: string, value: unknown) => {
    const share = rule.finite(op, name, value);
    if (share < 0 || share > 1) throw optionError(op, name, received(value), 'a number from 0 to 1');
    return share;
  },
  interpolation: rule.oneOf<Interpolation>('bilinear', 'nearest'),
  range,
} satisfies rule.Rules<OverlayPngOptions>;

const rules = { ...picture, ...pngRules } satisfies rule.Rules<OverlayOptions>;

/** Cells of a side, and pixels of a side of the colours, at most: they are stretched over a larger image. */
const limit = 1024;

/**
 * Weights over an image, as an SVG with a legend: from dark (low) to light (high), half transparent.
 * @param weights float32 `[h, w]`, stretched over the whole image; or `[h · w]` with `grid`
 * @param image pixels, or a file as a `data:` URL with its size
 * @returns the text of an SVG document, which may also stand in HTML; what is NaN has no colour
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION
 */
export function overlay(weights: Tensor, image: ImagePixels | ImageFile, options?: OverlayOptions): string {
  const op = 'overlay';
  const given = rule.checkOptions(op, options, rules);
  const grid = checkGrid(op, weights, given.grid);
  const { width, height } = checkSize(op, image);
  const url = 'url' in image ? checkUrl(op, image.url) : dataUrl(pngOfPixels(width, height, checkPixels(op, image, width, height)));
  const scale = scaleOf(grid, given.range);
  const shrink = Math.min(1, limit / Math.max(width, height));
  const [across, down] = [Math.max(1, Math.round(width * shrink)), Math.max(1, Math.round(height * shrink))];
  const colours = new Uint8Array(4 * across * down);
  paint(across, down, valuesOver(grid, across, down, given.interpolation), scale, (pixel, colour) => {
    colours.set(colour, 4 * pixel);
    colours[4 * pixel + 3] = 255;
  });
  const shown = Math.min(1, 768 / Math.max(width, height));
  const place = `width="${at(width * shown)}" height="${at(height * shown)}" preserveAspectRatio="none"`;
  const above = dataUrl(pngOfPixels(across, down, colours));
  const images = `<image ${place} href="${escaped(url)}"/>\n<image ${place} opacity="${given.opacity ?? 0.6}" href="${above}"/>`;
  const { row, column, value } = peak(grid);
  const about = `Image of ${width} by ${height} pixels under ${counted(grid.rows * grid.columns, 'weight')}, ${grid.rows} rows by ${grid.columns} columns.`;
  return svg({
    title: given.title ?? 'Attention over the image',
    description:
      given.description ?? `${about}${value === undefined ? '' : ` Largest, ${figure(value)}, in row ${row + 1}, column ${column + 1}.`}`,
    theme: given.theme ?? 'auto',
    width: width * shown,
    height: height * shown,
    scale: { ...scale, hasNaN: false },
    notes: [
      ...(grid.rowsPerCell * grid.columnsPerCell > 1
        ? [`A cell is the mean of ${counted(grid.rowsPerCell, 'row')} × ${counted(grid.columnsPerCell, 'column')} of weights.`]
        : []),
      ...(scale.hasNaN ? ['Where there is no colour, the weight is NaN.'] : []),
    ],
    body: () => images,
  });
}

/**
 * Weights over an image, as a PNG of the image's size.
 * @param weights float32 `[h, w]`, stretched over the whole image; or `[h · w]` with `grid`
 * @param image pixels
 * @returns the bytes of a PNG; what is NaN has no colour
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION
 */
export function overlayPng(weights: Tensor, image: ImagePixels, options?: OverlayPngOptions): Uint8Array {
  const op = 'overlayPng';
  const { opacity = 0.6, ...given } = rule.checkOptions(op, options, pngRules);
  const grid = checkGrid(op, weights, given.grid);
  const { width, height } = checkSize(op, image);
  const pixels = checkPixels(op, image, width, height).slice();
  const values = valuesOver(grid, width, height, given.interpolation);
  paint(width, height, values, scaleOf(grid, given.range), (pixel, colour) => {
    // Porter & Duff 1984: the colour over what is there
    const below = (pixels[4 * pixel + 3] ?? 0) / 255;
    const alpha = opacity + below * (1 - opacity);
    for (const [i, part] of colour.entries()) {
      const under = pixels[4 * pixel + i] ?? 0;
      pixels[4 * pixel + i] = alpha === 0 ? 0 : Math.round((part * opacity + under * below * (1 - opacity)) / alpha);
    }
    pixels[4 * pixel + 3] = Math.round(255 * alpha);
  });
  return pngOfPixels(width, height, pixels);
}

function checkGrid(op: string, weights: unknown, sides: readonly [number, number] | undefined): Grid {
  const matrix = sides === undefined ? checkWeights(op, 'weights', weights, ['h', 'w']) : gridded(op, weights, sides);
  if (matrix.shape.includes(0)) throw shapeError(op, 'weights', `shape ${list(matrix.shape)}`, 'at least one row and one column');
  return gridOf(matrix, limit, 'mean');
}

/** `[…, rows · columns]` as `[rows, columns]`. */
function gridded(op: string, weights: unknown, [rows, columns]: readonly [number, number]): Checked {
  const checked = checkFloat32(op, 'weights', weights, new Workspace());
  const { shape } = checked;
  const data = packed(checked);
  if (data.length !== rows * columns)
    throw shapeError(op, 'weights', `shape ${list(shape)}`, `${rows * columns} weights`, `grid is [${rows}, ${columns}]`);
  return { data, shape: [rows, columns], strides: [columns, 1], offset: 0 };
}

/** Calls `put` with the colour of each pixel that has one. */
function paint(
  width: number,
  height: number,
  value: (x: number, y: number) => number,
  scale: Scale,
  put: (pixel: number, colour: readonly [number, number, number]) => void,
): void {
  for (let pixel = 0; pixel < width * height; pixel++) {
    const step = stepOf(scale, value(pixel % width, Math.floor(pixel / width)));
    if (step !== undefined) put(pixel, rgb(step));
  }
}

function peak({ cells, columns }: Grid): { row: number; column: number; value: number | undefined } {
  let best = -1;
  for (const [i, value] of cells.entries()) if (best < 0 ? !Number.isNaN(value) : value > (cells[best] ?? 0)) best = i;
  return { row: Math.floor(best / columns), column: best % columns, value: cells[best] };
}
