/** What is made of a report of `npm run compare`: chart, page, Markdown, bars. All of it from JSON, none of it measured here. */
import { describe, expect, it } from 'vitest';
import { bars } from '../bench/bars.mjs';
import { cases } from '../bench/cases.mjs';
import { htmlOf } from '../bench/html.mjs';
import { judged } from '../bench/judged.mjs';
import { markdownOf, place } from '../bench/markdown.mjs';
import { withFigures } from '../bench/place.mjs';
import { summaryOf } from '../bench/summary.mjs';
import { svgOf } from '../bench/svg.mjs';
import { textOf } from '../bench/table.mjs';
import type { Report, Result } from '../bench/types.js';

const translation = 'training step, translation 64x24 to 10, hidden 128';
const hostile = '<script>&"\'|\u0000';

const row = (contender: string, variant: string, medianMs: number | null, others: Partial<Result> = {}): Result => ({
  ...{ case: 'matmul 64x64x64', contender, variant, threads: 1, medianMs, p10Ms: medianMs, runs: 9, gflops: null, gbs: null },
  ...{ shareOfPeak: null, maxError: 0 },
  ...others,
});

const report: Report = {
  environment: {
    ...{ date: '2026-01-01T00:00:00.000Z', cpu: hostile, cores: 2, isa: ['avx2'], node: 'v20', os: 'Linux', commit: null },
    ...{ versions: { 'fovea-native': '1' }, probes: hostile, notRun: [hostile] },
  },
  peak: { 'avx2, 1 thread': { unit: 'GFLOP/s', best: 100, median: 100 }, 'avx2, 2 threads': { unit: 'GFLOP/s', best: 200, median: 180 } },
  ours: ['fovea-native', 'fovea-tfjs'],
  results: [
    row('fovea-native', 'avx2', 2, { gflops: 50, shareOfPeak: 0.5 }),
    row('onnxruntime-node', 'MatMul', 3, { gflops: 33 }),
    row('onnxruntime-node', 'MatMul constant B', 1, { gflops: 100 }),
    row(hostile, hostile, null, { failed: hostile }),
    row('fovea-native', 'avx2', 9, { case: 'matmul 1024x1024x1024', shareOfPeak: 0.8 }),
    row('fovea-native', 'avx2', 5, { case: 'matmul 1024x1024x1024', threads: 2, shareOfPeak: 0.76 }),
    row('fovea-native', 'avx2', 8, { case: 'attention 8x12x128x64' }),
    row('fovea-native', 'avx2', 8, { case: 'attention 16x12x128x64, 8 to 128 tokens' }),
    row('fovea-wasm', 'simd', 8, { case: 'attention 1x1x1024x64 on 32768 keys', wasmBytes: 48 * 2 ** 20 }),
    row('fovea-native', 'avx2', 0.0015, { case: 'call 1x1x1x8' }),
    row('fovea-native', 'avx2', 0.025, { case: 'step over 64 states of 256, additive' }),
    row('fovea-native', 'avx2', 1, { case: 'attention 1x8x1024x64', shareOfPeak: 0.8 }),
    row('fovea-native', 'avx2', 2, { case: 'attentionBackward 1x8x1024x64', shareOfPeak: 0.4 }),
    row('fovea-native', 'avx2', 4, { case: 'attention 1x1x64x256 on 512 keys, additive' }),
    row('plain-loop', 'js', 120, { case: 'attention 1x1x64x256 on 512 keys, additive' }),
    row('fovea-tfjs', 'avx2', 10, { case: 'matmul 8 of 512x512x512', direct: 0.9 }),
    row('fovea-tfjs', 'avx2', 50, { case: translation, outside: 0.25 }),
    row('tfjs-wasm', 'layers', 100, { case: translation }),
    row('tfjs-cpu', 'layers', 1000, { case: translation }),
  ],
};

/** The names of elements that are open, in order; every one must be closed by its own end. */
function unclosed(markup: string): string[] {
  const open: string[] = [];
  for (const [, end, name = '', own] of markup.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)) {
    if (own || ['meta', 'br'].includes(name)) continue;
    if (!end) open.push(name);
    else if (open.at(-1) === name) open.pop();
    else return [...open, `/${name}`];
  }
  return open;
}

describe('the chart and the page', () => {
  const files = { svg: svgOf(report), html: htmlOf(report) };

  it.each(Object.entries(files))('%s closes what it opens, and lets no text be markup', (_, text) => {
    expect(unclosed(text)).toEqual([]);
    expect(text).not.toContain('<script');
    expect(text).not.toContain('\u0000');
    expect(text).toContain('&#60;script&#62;&#38;&#34;&#39;');
  });

  it.each(Object.entries(files))('%s asks for nothing from elsewhere, and knows dark', (_, text) => {
    expect(text.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|src=|href=|@import|url\(/);
    expect(text).toContain('prefers-color-scheme: dark');
  });

  it('the page has every row, the losing ones and the failed one too', () => {
    for (const words of ['MatMul constant B', 'onnxruntime-node/MatMul<', 'class="failed"']) expect(files.html).toContain(words);
  });
});

describe('the Markdown', () => {
  it('goes between the two comments, again and again', () => {
    const file = `before\n${place.join('\n')}\nafter\n`;
    const once = withFigures(file, place, markdownOf(report));
    expect(once).toMatch(/^before\n/);
    expect(once).toMatch(/\nafter\n$/);
    expect(once).toContain('**100 GFLOP/s**');
    expect(withFigures(once, place, markdownOf(report))).toBe(once);
  });

  it('says where a time is that of one call', () => {
    const once = { ...report, results: report.results.map((row) => ({ ...row, runs: 1 })) };
    expect(markdownOf(once)).toMatch(/onnxruntime-node\/[^|]* ms, one call|onnxruntime-node\/[^|]* µs, one call/);
    expect(markdownOf(report)).not.toContain('one call');
  });
});

describe('the share outside of kernels', () => {
  const line = `25 %, about 12.5 ms: ${translation}, fovea-tfjs/avx2`;

  it('stands in the text, on the page and in the Markdown', () => {
    expect(textOf(report)).toContain(`  ${line}\n`);
    expect(htmlOf(report)).toContain(`<li>${line}</li>`);
    expect(withFigures(place.join('\n'), place, markdownOf(report))).toContain(`- ${line}\n`);
  });
});

describe('ours beside the others', () => {
  it('is the fastest of each, and says when it is behind', () => {
    expect(summaryOf(report)).toMatchObject([
      { case: 'matmul 64x64x64', kind: 'native', peer: { variant: 'MatMul constant B' }, ratio: 0.5 },
      { case: translation, kind: 'tfjs', ours: { contender: 'fovea-tfjs' }, peer: { contender: 'tfjs-wasm' }, ratio: 2 },
    ]);
  });

  it('is judged by bars about cases that exist', () => {
    const names = cases.map(({ name }) => name);
    expect(bars.filter((bar) => !names.includes(bar.case) || (bar.other && !names.includes(bar.other)))).toEqual([]);
  });

  it.each([
    { case: 'matmul 64x64x64', measure: 'peer', measured: 0.5, reached: false },
    { case: 'matmul 1024x1024x1024', measure: 'scaling', measured: 0.95, reached: true },
    // 1024 tokens in as much time as the 755 that are none of the padding.
    { case: 'attention 16x12x128x64, 8 to 128 tokens', measure: 'tokens', measured: 1024 / 755, reached: false },
    // Keys and values take 16 MB together, queries and output half of one.
    { case: 'attention 1x1x1024x64 on 32768 keys', who: 'fovea-wasm/simd', measure: 'memory', measured: 48 - 16.5, reached: true },
    { case: 'call 1x1x1x8', measure: 'micros', measured: 1.5, reached: true },
    // 30 µs are enough for AVX2, of which another bar than AVX-512's speaks.
    { case: 'step over 64 states of 256, additive', measure: 'micros', measured: 25, reached: true },
    { case: 'attentionBackward 1x8x1024x64', measure: 'shares', measured: 0.5, reached: false },
    { case: 'attention 1x1x64x256 on 512 keys, additive', measure: 'peer', measured: 30, reached: true },
    { case: 'matmul 8 of 512x512x512', who: 'fovea-tfjs/avx2', measure: 'direct', measured: 0.9, reached: true },
    { case: translation, who: 'fovea-tfjs/avx2', measure: 'peer', peer: 'tfjs-cpu', measured: 20, reached: true },
    { case: translation, who: 'fovea-tfjs/avx2', measure: 'peer', peer: 'tfjs-wasm', measured: 2, reached: false },
  ])('$measure of $case', ({ case: name, measure, measured, reached, peer, who = 'fovea-native/avx2' }) => {
    const found = judged(report).find(
      (each) => each.bar.case === name && each.bar.measure === measure && each.name === who && (!peer || each.bar.peer === peer),
    );
    expect(found).toMatchObject({ reached });
    expect(found?.measured).toBeCloseTo(measured, 9);
  });
});
