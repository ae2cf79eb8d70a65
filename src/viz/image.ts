/**
 * The image below an overlay.
 * @module
 */
import { dtypeError, optionError, shapeError } from '../errors.js';
import { kindOf, received } from '../validate/describe.js';

/** Pixels, row after row from the upper left corner: 4 bytes each (RGBA, not premultiplied), or 3 (RGB). */
export interface ImagePixels {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** A file, as `data:image/png;base64,…` (or jpeg, gif, webp, avif), and its size in pixels. */
export interface ImageFile {
  readonly url: string;
  readonly width: number;
  readonly height: number;
}

/** Sides of an image, at most. */
const largest = 2 ** 14;

export function checkSize(op: string, image: unknown): { width: number; height: number } {
  if (typeof image !== 'object' || image === null) {
    throw optionError(
      op,
      'image',
      image === undefined ? 'missing' : received(image),
      'pixels { data, width, height }, or { url, width, height }',
    );
  }
  const { width, height } = image as Partial<ImagePixels>;
  for (const [name, side] of [['width', width] as const, ['height', height] as const]) {
    if (!Number.isInteger(side) || Number(side) < 1 || Number(side) > largest)
      throw optionError(op, `image.${name}`, received(side), `a whole number from 1 to ${largest}`);
  }
  return { width: Number(width), height: Number(height) };
}

/** As RGBA. */
export function checkPixels(op: string, { data }: Partial<ImagePixels>, width: number, height: number): Uint8Array {
  const kind = kindOf(data);
  if (data === undefined || (kind !== 'Uint8Array' && kind !== 'Uint8ClampedArray'))
    throw dtypeError(op, 'image', `data that is ${received(data)}`, 'a Uint8Array or a Uint8ClampedArray of pixels');
  const count = width * height;
  if (data.length === 4 * count) return new Uint8Array(data.buffer, data.byteOffset, data.length);
  if (data.length !== 3 * count)
    throw shapeError(
      op,
      'image',
      `data of ${data.length} bytes`,
      `${4 * count} (RGBA) or ${3 * count} (RGB)`,
      `it is ${width} × ${height} pixels`,
    );
  const pixels = new Uint8Array(4 * count).fill(255);
  for (let i = 0; i < count; i++) pixels.set(data.subarray(3 * i, 3 * i + 3), 4 * i);
  return pixels;
}

/** A file that is nothing but pixels: no SVG, and nothing that would be fetched. */
export function checkUrl(op: string, url: unknown): string {
  if (typeof url === 'string' && /^data:image\/(png|jpeg|gif|webp|avif);base64,[A-Za-z0-9+/]+={0,2}$/.test(url)) return url;
  const came = typeof url === 'string' ? received(url.slice(0, 40)) : received(url);
  throw optionError(op, 'image.url', came, "'data:image/png;base64,…' (or jpeg, gif, webp, avif)");
}
