/** heatmap and heatmapPng: that each weight has its colour, and that the picture says what it leaves out. */
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { softmax } from '../../src/node.js';
import { heatmap, heatmapPng } from '../../src/viz/node.js';
import { hex, rgb } from '../../src/viz/viridis.js';
import { float32 } from '../tensors.js';
import { named, parsed, written } from './parsed.js';

const cellsOf = (svg: string) => named(parsed(svg), 'rect').filter(({ attributes }) => attributes.fill !== undefined);

/** The image in an SVG. */
function imageOf(svg: string) {
  const [image] = named(parsed(svg), 'image');
  return decode(Buffer.from((image?.attributes.href ?? '').split(',')[1] ?? '', 'base64'));
}

describe('heatmap', () => {
  it('has a cell for each weight, from 0 to the largest, with its numbers in a tooltip', () => {
    const svg = heatmap(
      float32([2, 3], (i) => [0, 0.25, 0.5, 0.125, 0, 0.1][i] ?? 0),
      { queryTokens: ['a', 'b'], keyTokens: ['x', 'y', 'z'] },
    );
    expect(cellsOf(svg).map(({ attributes }) => attributes.fill)).toEqual(
      [0, 127.5, 255, 63.75, 0, 51].map((step) => hex(Math.round(step))),
    );
    const titles = named(parsed(svg), 'title').map(({ text }) => text);
    expect(titles).toContain('a → z: 0.5');
    expect(titles).toContain('b → x: 0.125');
    expect(written(parsed(svg))).toEqual(
      expect.arrayContaining(['a', 'b', 'x', 'y', 'z', '0', '0.25', '0.5', 'Rows are queries, columns are keys.']),
    );
    expect(named(parsed(svg), 'desc')[0]?.text).toBe(
      'Heatmap of 2 queries by 3 keys. Strongest key of each query: a → z 0.5; b → x 0.125.',
    );
  });

  it('begins below 0 where weights do, and takes the range it is told', () => {
    const scores = float32([1, 3], (i) => [-2, 0, 2][i] ?? 0);
    expect(cellsOf(heatmap(scores)).map(({ attributes }) => attributes.fill)).toEqual([hex(0), hex(128), hex(255)]);
    const told = heatmap(scores, { range: [-1, 1] });
    expect(cellsOf(told).map(({ attributes }) => attributes.fill)).toEqual([hex(0), hex(128), hex(255)]);
    expect(written(parsed(told))).toEqual(expect.arrayContaining(['≤ -1', '0', '≥ 1']));
  });

  it('shows infinite scores with the colours at the ends', () => {
    const fills = cellsOf(heatmap(float32([1, 4], (i) => [-Infinity, 0, 2, Infinity][i] ?? 0))).map(({ attributes }) => attributes.fill);
    expect(fills).toEqual([hex(0), hex(0), hex(255), hex(255)]);
  });

  it('gives NaN a pattern, and says so in the legend', () => {
    const odd = heatmap(float32([2, 2], (i) => (i === 2 ? Number.NaN : 0.5)));
    expect(cellsOf(odd)[2]?.attributes.fill).toMatch(/^url\(#fovea-\w+-nan\)$/);
    expect(written(parsed(odd))).toContain('NaN');
    expect(written(parsed(heatmap(float32([2, 2], () => 0.5))))).not.toContain('NaN');
    expect(() => parsed(heatmap(float32([2, 2], () => Number.NaN)))).not.toThrow();
  });

  it.each([
    [0, 5, '0 queries and 5 keys'],
    [3, 0, '3 queries and 0 keys'],
    [0, 0, '0 queries and 0 keys'],
  ])('of [%d, %d] says that there is nothing', (queries, keys, words) => {
    expect(written(parsed(heatmap(float32([queries, keys], () => 0)))).join(' ')).toContain(`There is nothing to show: ${words}.`);
  });

  it('of 512 tokens is one image with a pixel a weight, and names one token in nine', () => {
    const weights = softmax(float32([512, 512], (i) => Math.sin(i)));
    const svg = heatmap(weights, { queryTokens: Array.from({ length: 512 }, (_, i) => `token${i}`) });
    const { width, height, data, palette } = imageOf(svg);
    expect([width, height]).toEqual([512, 512]);
    const largest = weights.data.reduce((a, b) => Math.max(a, b));
    for (const at of [0, 1, 777, 262143]) {
      const step = Math.max(1, Math.round((255 * (weights.data[at] ?? 0)) / largest));
      expect(palette?.[data[at] ?? 0]).toEqual([...rgb(step), 255]);
    }
    const texts = written(parsed(svg));
    expect(texts.filter((text) => text.startsWith('token')).length).toBe(2 * 57);
    expect(texts).toContain('One query in 9 is named.');
  });

  it('leaves NaN out of an image, over the pattern', () => {
    const svg = heatmap(float32([40, 40], (i) => (i === 41 ? Number.NaN : 1)));
    const { data, palette } = imageOf(svg);
    expect(palette?.[data[41] ?? 0]?.[3]).toBe(0);
    expect(palette?.[data[40] ?? 0]).toEqual([...rgb(255), 255]);
    expect(cellsOf(svg)[0]?.attributes.fill).toMatch(/-nan\)$/);
  });

  it('of 10,000 × 10,000 weights stays small, and says what a cell is', () => {
    const row = float32([10_000], (i) => (i % 20) / 19).data;
    const weights = { data: row, shape: [10_000, 10_000], strides: [0, 1] };
    for (const [aggregate, words, step] of [
      ['max', 'the largest', 255],
      ['mean', 'the mean', 255],
    ] as const) {
      const svg = heatmap(weights, { aggregate });
      expect(svg.length).toBeLessThan(200_000);
      expect(parsed(svg).length).toBeLessThan(500);
      expect(written(parsed(svg)).join(' ')).toContain(`10,000 × 10,000 weights: a cell is ${words} of 20 queries × 20 keys.`);
      const { width, data } = imageOf(svg);
      expect([width, new Set(data), data[0]]).toEqual([500, new Set([step]), step]);
      expect(written(parsed(svg))).toContain(aggregate === 'max' ? '1' : '0.5');
    }
  });

  it('takes weights with a batch and heads of 1, and strides', () => {
    const transposed = { data: Float32Array.of(9, 1, 0, 0.5, 1), shape: [1, 1, 2, 2], strides: [0, 0, 1, 2], offset: 1 };
    expect(cellsOf(heatmap(transposed)).map(({ attributes }) => attributes.fill)).toEqual([hex(255), hex(128), hex(0), hex(255)]);
  });
});

describe('heatmapPng', () => {
  it('is cells of one colour', () => {
    const png = decode(
      heatmapPng(
        float32([2, 3], (i) => i),
        { cellSize: 4 },
      ),
    );
    expect([png.width, png.height]).toEqual([12, 8]);
    for (let pixel = 0; pixel < 96; pixel++) {
      const [row, column] = [Math.floor(pixel / 48), Math.floor((pixel % 12) / 4)];
      const step = Math.max(1, Math.round((255 * (3 * row + column)) / 5));
      expect(png.palette?.[png.data[pixel] ?? 0]).toEqual([...rgb(step), 255]);
    }
  });

  it('is about 512 pixels wide, and has a pixel a weight up to 2048', () => {
    expect(decode(heatmapPng(float32([3, 100], () => 1))).width).toBe(500);
    expect(decode(heatmapPng({ data: Float32Array.of(1), shape: [1, 2048], strides: [0, 0] })).width).toBe(2048);
    expect(decode(heatmapPng({ data: Float32Array.of(1), shape: [1, 10_000], strides: [0, 0] })).width).toBe(2000);
  });
});
