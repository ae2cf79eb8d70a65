/**
 * Steps of the colours, and pixels, as PNG.
 * @module
 */
import { encode } from 'fast-png';
import { lastStep, rgb } from './viridis.js';

/** Pixels, row after row: what is NaN is transparent, all else has a step of the colours. */
export function pngOfSteps(width: number, height: number, step: (x: number, y: number) => number | undefined): Uint8Array {
  const indexes = new Uint8Array(width * height);
  // 0 is the transparent one, so the two darkest steps share a place in the palette of 256.
  for (let at = 0; at < indexes.length; at++) {
    const shown = step(at % width, Math.floor(at / width));
    indexes[at] = shown === undefined ? 0 : Math.max(1, shown);
  }
  const palette = Array.from({ length: lastStep + 1 }, (_, i) => [...rgb(i), i === 0 ? 0 : 255]);
  return encode({ width, height, data: indexes, channels: 1, depth: 8, palette }, { zlib: { level: 9 } });
}

/** RGBA pixels. */
export function pngOfPixels(width: number, height: number, data: Uint8Array): Uint8Array {
  return encode({ width, height, data, channels: 4, depth: 8 }, { zlib: { level: 9 } });
}

export function dataUrl(png: Uint8Array): string {
  return `data:image/png;base64,${base64(png)}`;
}

export function base64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += 0x8000) pieces.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
  return btoa(pieces.join(''));
}
