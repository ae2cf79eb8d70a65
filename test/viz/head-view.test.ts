/** headView as a document: its policy, its data, and what it says of what it leaves out. What it does is seen in browser.test.ts. */
import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { softmax } from '../../src/node.js';
import { inkOn, palette } from '../../src/viz/head-view/colours.js';
import { HeadWeights, type PageData } from '../../src/viz/head-view/data.js';
import { headView } from '../../src/viz/node.js';
import { viridis } from '../../src/viz/viridis.js';
import { float32 } from '../tensors.js';
import { contrast } from './contrast.js';
import { hostile } from './hostile.js';

const between = (text: string, start: string, end: string) => text.split(start)[1]?.split(end)[0] ?? '';
const dataOf = (html: string): PageData => JSON.parse(between(html, '<script type="application/json" id="data">', '</script>'));
const weightsOf = (data: PageData) => new HeadWeights(data, new Uint8Array(inflateSync(Buffer.from(data.weights, 'base64'))));

describe('headView', () => {
  const weights = softmax(float32([2, 3, 5, 7], (i) => 3 * Math.sin(i)));
  const html = headView(weights, { title: 'Heads' });

  it('lets its own script and style through by their hashes, and nothing else', () => {
    const policy = between(html, 'http-equiv="Content-Security-Policy" content="', '"');
    const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src ${hash(between(html, '<script>', '</script>'))};`);
    expect(policy).toContain(`style-src ${hash(between(html, '<style>', '</style>'))};`);
    expect(policy).not.toContain('unsafe');
    expect(html.match(/<script/g)?.length).toBe(2);
    expect(html).not.toMatch(/(src|href)\s*=/);
  });

  it('carries each weight to half a step of the largest in its row', () => {
    const data = dataOf(html);
    expect([data.heads, data.queries.length, data.keys.length]).toEqual([[3, 3], 5, 7]);
    const carried = weightsOf(data);
    for (let row = 0; row < 30; row++) {
      const [layer, head, query] = [Math.floor(row / 15), Math.floor(row / 5) % 3, row % 5];
      const { codes, largest } = carried.row(layer, head, query);
      const exact = weights.data.subarray(7 * row, 7 * row + 7);
      expect(largest).toBe(Math.max(...exact));
      for (const [key, code] of codes.entries()) {
        expect(Math.abs((code * largest) / 254 - (exact[key] ?? 0))).toBeLessThanOrEqual(largest / 508 + 2 ** -50);
      }
    }
  });

  it('carries NaN as itself, and what is below 0 as 0', () => {
    const odd = dataOf(headView(float32([1, 1, 1, 5], (i) => [Number.NaN, -1, 0.5, 0.25, Infinity][i] ?? 0)));
    expect(weightsOf(odd).row(0, 0, 0)).toEqual({ codes: Uint8Array.of(255, 0, 254, 127, 254), largest: 0.5 });
  });

  it('takes a list of layers of different heads', () => {
    const data = dataOf(headView([float32([2, 3, 3], (i) => i), float32([1, 3, 3], (i) => 100 + i)]));
    expect(data.heads).toEqual([2, 1]);
    expect(weightsOf(data).row(1, 0, 2).largest).toBe(108);
  });

  it('keeps tokens, titles and descriptions as text', () => {
    const n = hostile.length;
    for (const text of hostile) {
      const html = headView(
        float32([1, 1, n, n], () => 1),
        { queryTokens: hostile, title: text, description: text },
      );
      expect(html.match(/<script/g)?.length).toBe(2);
      expect(html).not.toContain('<img');
      expect(dataOf(html).queries).toContain('‹U+202E›gnp.exe');
    }
  });

  it('of 10,000 tokens shows the first 512, and says so', () => {
    const tokens = Array.from({ length: 10_000 }, (_, i) => `t${i}`);
    const html = headView({ data: Float32Array.of(1), shape: [1, 1, 1, 10_000], strides: [0, 0, 0, 0] }, { keyTokens: tokens });
    expect(html).toContain('<p>The first 512 of 10,000 keys are shown.</p>');
    expect(dataOf(html).keys.at(-1)).toBe('t511');
    const long = headView({ data: Float32Array.of(1), shape: [1, 1, 10_000, 2], strides: [0, 0, 0, 0] });
    expect(long).toContain('<p>The first 512 of 10,000 queries are shown.</p>');
  });

  it('of no tokens is a page', () => {
    expect(dataOf(headView(float32([1, 2, 0, 0], () => 0)))).toMatchObject({ queries: [], keys: [], heads: [2] });
  });
});

describe('the colours of keys', () => {
  it('have ink that is read on each of them', () => {
    for (const colour of palette(viridis)) {
      const hex = (parts: readonly number[]) => `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
      const ink = inkOn(colour) === '#fff' ? '#ffffff' : '#000000';
      expect(contrast(hex(colour), ink)).toBeGreaterThan(4.5);
    }
  });
});
