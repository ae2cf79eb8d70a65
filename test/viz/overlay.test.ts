/** overlay and overlayPng: pixels against the formulas of interpolation and of one colour over another. */
import { decode, encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { overlay, overlayPng } from '../../src/viz/node.js';
import { rgb } from '../../src/viz/viridis.js';
import { float32 } from '../tensors.js';
import { named, parsed, written } from './parsed.js';

const white = { data: new Uint8Array(4 * 8).fill(255), width: 4, height: 2 };
const pixel = (png: { data: ArrayLike<number> }, at: number) => Array.from({ length: 4 }, (_, i) => png.data[4 * at + i]);

describe('overlayPng', () => {
  it('lays each patch over its part of the image', () => {
    const png = decode(
      overlayPng(
        float32([1, 2], (i) => i),
        white,
        { interpolation: 'nearest', opacity: 0.5 },
      ),
    );
    expect([png.width, png.height]).toEqual([4, 2]);
    for (let at = 0; at < 8; at++) {
      const colour = rgb(at % 4 < 2 ? 0 : 255);
      expect(pixel(png, at)).toEqual([...colour.map((part) => Math.round((part + 255) / 2)), 255]);
    }
  });

  it('goes evenly from centre to centre, and stays even beyond the outermost', () => {
    const png = decode(
      overlayPng(
        float32([1, 2], (i) => i),
        { data: new Uint8Array(4 * 8), width: 8, height: 1 },
        { opacity: 1 },
      ),
    );
    // The centres lie at 2 and 6 of 8 pixels, whose own centres lie at halves.
    const shares = [0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1];
    for (const [at, share] of shares.entries()) expect(pixel(png, at)).toEqual([...rgb(Math.round(255 * share)), 255]);
  });

  it('takes RGB, pixels that are transparent, and leaves NaN without a colour', () => {
    const weights = float32([1, 2], (i) => (i === 0 ? Number.NaN : 1));
    const rgbImage = { data: Uint8Array.of(10, 20, 30, 10, 20, 30), width: 2, height: 1 };
    const png = decode(overlayPng(weights, rgbImage, { interpolation: 'nearest', opacity: 0.5 }));
    expect(pixel(png, 0)).toEqual([10, 20, 30, 255]);
    expect(pixel(png, 1)).toEqual([...rgb(255).map((part, i) => Math.round((part + 10 * (i + 1)) / 2)), 255]);
    const clear = decode(
      overlayPng(weights, { data: new Uint8ClampedArray(8), width: 2, height: 1 }, { interpolation: 'nearest', opacity: 0.5 }),
    );
    expect(pixel(clear, 0)).toEqual([0, 0, 0, 0]);
    expect(pixel(clear, 1)).toEqual([...rgb(255), 128]);
  });

  it('reads a vision transformer’s row of patches with grid, and changes no input', () => {
    const before = white.data.slice();
    const flat = overlayPng(
      float32([1, 6], (i) => i),
      white,
      { grid: [2, 3] },
    );
    expect(flat).toEqual(
      overlayPng(
        float32([2, 3], (i) => i),
        white,
      ),
    );
    expect(white.data).toEqual(before);
  });
});

describe('overlay', () => {
  it('holds the image and the colours, and says where the largest weight is', () => {
    const svg = parsed(
      overlay(
        float32([2, 2], (i) => Number(i === 3)),
        white,
        { opacity: 0.25 },
      ),
    );
    const [image, colours] = named(svg, 'image');
    expect(decode(Buffer.from(image?.attributes.href?.split(',')[1] ?? '', 'base64')).data).toEqual(white.data);
    expect(colours?.attributes.opacity).toBe('0.25');
    expect(named(svg, 'desc')[0]?.text).toBe(
      'Image of 4 by 2 pixels under 4 weights, 2 rows by 2 columns. Largest, 1, in row 2, column 2.',
    );
  });

  it('takes a file, and scales a large one down to what fits a screen', () => {
    const url = `data:image/png;base64,${Buffer.from(encode({ width: 1, height: 1, data: new Uint8Array(4) })).toString('base64')}`;
    const svg = parsed(
      overlay(
        float32([2, 2], () => 1),
        { url, width: 4000, height: 2000 },
      ),
    );
    const [image, colours] = named(svg, 'image');
    expect(image?.attributes).toMatchObject({ href: url, width: '768', height: '384' });
    expect(decode(Buffer.from(colours?.attributes.href?.split(',')[1] ?? '', 'base64'))).toMatchObject({ width: 1024, height: 512 });
  });

  it('tells of NaN', () => {
    expect(
      written(
        parsed(
          overlay(
            float32([1, 2], (i) => (i === 0 ? Number.NaN : 1)),
            white,
          ),
        ),
      ),
    ).toContain('Where there is no colour, the weight is NaN.');
  });

  it('of 10,000 columns tells how many are one', () => {
    const wide = { data: Float32Array.of(1), shape: [1, 10_000], strides: [0, 0] };
    expect(written(parsed(overlay(wide, white))).join(' ')).toContain('A cell is the mean of 1 row × 10 columns of weights.');
  });
});
