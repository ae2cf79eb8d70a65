/**
 * The colours of weights in the page.
 * @module
 */
import { codeOfLargest, codeOfNaN } from './data.js';

export type Rgb = readonly [number, number, number];

/** Colours of bytes; NaN is grey. */
export function palette(colours: string): readonly Rgb[] {
  return Array.from({ length: 256 }, (_, code) => {
    if (code === codeOfNaN) return [138, 138, 146];
    const at = 6 * Math.round((code * 255) / codeOfLargest);
    const hex = Number.parseInt(colours.slice(at, at + 6), 16);
    return [hex >> 16, (hex >> 8) & 255, hex & 255];
  });
}

/** Black or white, whichever is read better (relative luminance of WCAG 2). */
export function inkOn(colour: Rgb): string {
  const [r, g, b] = colour.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  const luminance = 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
  return luminance > 0.179 ? '#000' : '#fff';
}
