/**
 * Windows of an image: its pixels window by window and back, perhaps shifted; which of them see each other; and where the bias of two pixels
 * stands, which depends on nothing but where the one lies from the other (Liu et al. 2021, "Swin Transformer", §3.2).
 * @module
 */
import { optionError, shapeError } from '../errors.js';
import { fresh } from '../ops/steps.js';
import type { Tensor } from '../types.js';
import { list } from '../validate/describe.js';
import type { Checked } from '../validate/tensor.js';
import type { Image } from './image.js';

/** How an image falls into windows. */
export interface Windows {
  /** Sizes of a window. */
  readonly height: number;
  readonly width: number;
  /** Windows below and beside each other. */
  readonly down: number;
  readonly across: number;
  /** Rows and columns by which the image is moved up and left first; what leaves it comes in on the other side. */
  readonly shift: readonly [number, number];
}

/** @throws {FoveaError} ERR_SHAPE where they do not divide the image, ERR_OPTION for a shift of a whole window or more */
export function windowsOf(
  op: string,
  { height: h, width: w }: Image,
  window: readonly [number, number] | undefined,
  shift: readonly [number, number],
): Windows {
  if (window === undefined) {
    if (shift[0] > 0 || shift[1] > 0) throw optionError(op, 'shift', list(shift), '0', 'there is no window to shift');
    return { height: h, width: w, down: 1, across: 1, shift };
  }
  const [height, width] = window;
  if (h % height !== 0 || w % width !== 0)
    throw shapeError(op, 'x', `images of ${h} × ${w}`, `multiples of the window, ${height} × ${width}`);
  if (shift[0] >= height || shift[1] >= width)
    throw optionError(op, 'shift', list(shift), 'less than the window along each side', `window is ${list(window)}`);
  return { height, width, down: h / height, across: w / width, shift };
}

/** A stretch of pixels that are neighbours in the image and in their window alike. */
interface Run {
  /** Pixel of the image, and place in the order of windows. */
  readonly pixel: number;
  readonly place: number;
  readonly count: number;
}

/** Every pixel of an image once, by runs, in the order of windows. */
function* runsOf(image: Image, { height, width, down, across, shift }: Windows): Generator<Run> {
  let place = 0;
  for (let window = 0; window < down * across; window++) {
    const [top, left] = [Math.floor(window / across) * height, (window % across) * width];
    for (let i = 0; i < height; i++) {
      const row = (top + i + shift[0]) % image.height;
      for (let j = 0; j < width; ) {
        const column = (left + j + shift[1]) % image.width;
        const count = Math.min(width - j, image.width - column);
        yield { pixel: row * image.width + column, place, count };
        place += count;
        j += count;
      }
    }
  }
}

/** The pixels window by window, in memory of their own: `[b · windows, n, c]`, n a window's pixels. */
export function partitioned(op: string, image: Image, windows: Windows): Tensor {
  const { pixels, batch, channels } = image;
  const count = windows.height * windows.width;
  const parts = fresh(op, [batch * windows.down * windows.across, count, channels]);
  const { data, offset = 0, strides: [ofBatch = 0, ofPixel = 0, ofChannel = 0] = [] } = pixels;
  const all = image.height * image.width;
  for (let b = 0; b < batch; b++) {
    for (const run of runsOf(image, windows)) {
      const from = offset + b * ofBatch + run.pixel * ofPixel;
      const to = (b * all + run.place) * channels;
      copyRun(data, from, ofPixel, ofChannel, parts.data, to, channels, 1, run.count, channels);
    }
  }
  return parts;
}

/** The opposite: `[b · windows, n, c]` into the pixels of an image. */
export function joined(image: Image, windows: Windows, parts: Tensor, { data, strides = [] }: Tensor, channels: number): void {
  const [ofBatch = 0, ofPixel = 0, ofChannel = 0] = strides;
  const all = image.height * image.width;
  for (let b = 0; b < image.batch; b++) {
    for (const run of runsOf(image, windows)) {
      const from = (b * all + run.place) * channels;
      copyRun(parts.data, from, channels, 1, data, b * ofBatch + run.pixel * ofPixel, ofPixel, ofChannel, run.count, channels);
    }
  }
}

/** Whether each image is one window as it lies. */
export function isWhole({ down, across, shift }: Windows): boolean {
  return down * across === 1 && shift[0] === 0 && shift[1] === 0;
}

function copyRun(
  source: Float32Array,
  from: number,
  fromPixel: number,
  fromChannel: number,
  target: Float32Array,
  to: number,
  toPixel: number,
  toChannel: number,
  count: number,
  channels: number,
): void {
  if (fromPixel === channels && toPixel === channels && fromChannel === 1 && toChannel === 1) {
    target.set(source.subarray(from, from + count * channels), to);
    return;
  }
  for (let p = 0; p < count; p++) {
    for (let c = 0; c < channels; c++) target[to + p * toPixel + c * toChannel] = source[from + p * fromPixel + c * fromChannel] ?? NaN;
  }
}

/**
 * Pixels that a shift has brought together from opposite sides of the image do not see each other: `[b · windows, 1, n, n]`, or none where
 * nothing is shifted.
 */
export function shiftMask(op: string, image: Image, windows: Windows): Tensor<Uint8Array> | undefined {
  const { height, width, down, across, shift } = windows;
  if (shift[0] === 0 && shift[1] === 0) return undefined;
  const n = height * width;
  const count = down * across;
  const size = image.batch * count * n * n;
  const data = new Uint8Array(fresh(op, [Math.ceil(size / 4)]).data.buffer, 0, size);
  const side = new Uint8Array(n);
  for (let window = 0, at = 0; window < count; window++) {
    for (let p = 0; p < n; p++) {
      const row = Math.floor(window / across) * height + Math.floor(p / width);
      const column = (window % across) * width + (p % width);
      side[p] = 2 * Number(row >= image.height - shift[0]) + Number(column >= image.width - shift[1]);
    }
    for (let q = 0; q < n; q++) for (let k = 0; k < n; k++) data[at++] = Number(side[q] === side[k]);
  }
  const one = count * n * n;
  for (let b = 1; b < image.batch; b++) data.copyWithin(b * one, 0, one);
  return { data, shape: [image.batch * count, 1, n, n] };
}

/**
 * The bias of every two pixels of a window: `[heads, n, n]` out of `[(2h − 1)(2w − 1), heads]`, whose entry is that of query − key, rows first,
 * each from −(size − 1) on.
 */
export function expandedBias(op: string, { height, width }: Windows, table: Checked): Tensor {
  const [, heads = 0] = table.shape;
  const [ofEntry = 0, ofHead = 0] = table.strides;
  const n = height * width;
  const bias = fresh(op, [heads, n, n]);
  const across = 2 * width - 1;
  const entries = new Float32Array(across * (2 * height - 1));
  for (let head = 0, at = 0; head < heads; head++) {
    for (let i = 0; i < entries.length; i++) entries[i] = table.data[table.offset + i * ofEntry + head * ofHead] ?? NaN;
    for (let q = 0; q < n; q++) {
      const column = q % width;
      const row = (q - column) / width;
      for (let keyRow = 0; keyRow < height; keyRow++) {
        const last = (row - keyRow + height - 1) * across + column + width - 1;
        for (let keyColumn = 0; keyColumn < width; keyColumn++) bias.data[at++] = entries[last - keyColumn] ?? NaN;
      }
    }
  }
  return bias;
}
