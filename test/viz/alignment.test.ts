/** alignment: its lines, and what it leaves out. */
import { describe, expect, it } from 'vitest';
import { alignment } from '../../src/viz/node.js';
import { float32 } from '../tensors.js';
import { named, parsed, written } from './parsed.js';

const linesOf = (svg: string) => named(parsed(svg), 'line').filter(({ attributes }) => attributes.class === 'line');
const titles = (svg: string) => named(parsed(svg), 'title').map(({ text }) => text);

describe('alignment', () => {
  const weights = float32([2, 3], (i) => [0.9, 0.06, 0.04, 0.2, 0.8, 0][i] ?? 0);
  const svg = alignment(weights, { target: ['le', 'chat'], source: ['the', 'cat', '.'] });

  it('has a line for each weight from the threshold on, the strongest last', () => {
    expect(titles(svg).filter((text) => text.includes('→'))).toEqual([
      'le → cat: 0.06',
      'chat → the: 0.2',
      'chat → cat: 0.8',
      'le → the: 0.9',
    ]);
    const widths = linesOf(svg).map(({ attributes }) => Number(attributes['stroke-width']));
    expect(widths).toEqual([...widths].sort((a, b) => a - b));
    expect(written(parsed(svg))).toEqual(expect.arrayContaining(['source', 'target', 'Weights below 0.05 have no line.']));
    expect(linesOf(alignment(weights, { threshold: 0 })).length).toBe(5);
    expect(linesOf(alignment(weights, { threshold: 1 })).length).toBe(0);
  });

  it('ends each line at its tokens', () => {
    const heights = Object.fromEntries(named(parsed(svg), 'text').map(({ text, attributes }) => [text, Number(attributes.y) - 4]));
    const last = linesOf(svg).at(-1)?.attributes;
    expect([Number(last?.y1), Number(last?.y2)]).toEqual([heights.the, heights.le]);
    expect(Number(last?.x1)).toBeLessThan(Number(last?.x2));
  });

  it('says in words what it shows', () => {
    expect(named(parsed(svg), 'desc')[0]?.text).toBe(
      'Lines from 2 target tokens to 3 source tokens. Strongest source of each target: le → the 0.9; chat → cat 0.8.',
    );
  });

  it('of nothing says so', () => {
    expect(written(parsed(alignment(float32([0, 0], () => 0)))).join(' ')).toContain(
      'There is nothing to show: 0 target tokens and 0 source tokens.',
    );
  });

  it('of 10,000 tokens shows the first 512, and 16 lines of each', () => {
    const svg = alignment({ data: Float32Array.of(0.5), shape: [10_000, 10_000], strides: [0, 0] });
    expect(linesOf(svg).length).toBe(512 * 16);
    expect(svg.length).toBeLessThan(2_000_000);
    const said = written(parsed(svg)).join(' ');
    for (const words of ['first 512 of 10,000 target', 'first 512 of 10,000 source', 'its 16 strongest lines'])
      expect(said).toContain(words);
  });

  it('draws no line for NaN', () => {
    expect(linesOf(alignment(float32([1, 3], (i) => [Number.NaN, 0.5, 0.5][i] ?? 0))).length).toBe(2);
  });
});
