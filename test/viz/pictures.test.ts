/** What all SVG pictures have in common: well-formed whatever the tokens, described in words, readable in light and dark. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/types.js';
import { alignment, heatmap, overlay, type Theme } from '../../src/viz/node.js';
import { rgb } from '../../src/viz/viridis.js';
import { float32 } from '../tensors.js';
import { contrast } from './contrast.js';
import { hostile } from './hostile.js';
import { named, parsed, written } from './parsed.js';

type Options = { title?: string; description?: string; theme?: Theme };

const count = hostile.length;
const square = (n: number): Tensor => float32([n, n], (i) => ((i * 7) % 11) / 11);
const image = { data: new Uint8Array(4 * 6).fill(200), width: 3, height: 2 };

const pictures: [string, (options?: Options) => string][] = [
  ['heatmap', (options) => heatmap(square(count), { queryTokens: hostile, ...options })],
  ['heatmap as an image', (options) => heatmap(square(3 * count), { queryTokens: [...hostile, ...hostile, ...hostile], ...options })],
  ['alignment', (options) => alignment(square(count), { source: hostile, target: hostile, ...options })],
  ['overlay', (options) => overlay(square(2), image, options)],
];

describe.each(pictures)('%s', (_, draw) => {
  it('is well-formed, and runs and fetches nothing', () => {
    for (const text of ['A title', ...hostile]) {
      const elements = parsed(draw({ title: text, description: text }));
      expect(named(elements, 'script')).toEqual([]);
      expect(named(elements, 'foreignObject')).toEqual([]);
      const attributes = elements.flatMap((element) => Object.entries(element.attributes));
      expect(attributes.filter(([name]) => name.startsWith('on'))).toEqual([]);
      for (const [name, value] of attributes) if (name === 'href') expect(value).toMatch(/^data:image\/png;base64,/);
    }
  });

  it('has a title and a description, by which it is called', () => {
    const [svg, ...elements] = parsed(draw({ title: 'Head 3 < 4', description: 'What & where' }));
    expect(svg?.attributes.role).toBe('img');
    const [title, about] = (svg?.attributes['aria-labelledby'] ?? '')
      .split(' ')
      .map((id) => elements.find((it) => it.attributes.id === id));
    expect([title?.name, title?.text]).toEqual(['title', 'Head 3 < 4']);
    expect([about?.name, about?.text]).toEqual(['desc', 'What & where']);
    expect(written(elements)).toContain('Head 3 < 4');
  });

  it('has ids and rules that another picture in the same page does not share', () => {
    const idsOf = (svg: string) => parsed(svg).flatMap(({ attributes }) => attributes.id ?? []);
    const [one, other] = [idsOf(draw({ title: 'one' })), idsOf(draw({ title: 'other' }))];
    expect(new Set([...one, ...other]).size).toBe(one.length + other.length);
    const style = named(parsed(draw()), 'style')[0]?.text ?? '';
    for (const rule of style.replaceAll(/@media \([^)]*\)\{/g, '').split('}')) if (rule !== '') expect(rule).toMatch(/^\.fovea-\w+ /);
  });

  it('is light, dark, or as the system has it, and its texts are read in each', () => {
    const styleOf = (theme?: Theme) => named(parsed(draw(theme === undefined ? {} : { theme })), 'style')[0]?.text ?? '';
    expect(styleOf()).toContain('@media (prefers-color-scheme:dark)');
    expect(styleOf('auto')).toBe(styleOf());
    for (const theme of ['light', 'dark'] as const) {
      const style = styleOf(theme);
      expect(style).not.toContain('@media');
      const fill = (name: string) => new RegExp(`\\.${name}\\{fill:(#\\w{6})\\}`).exec(style)?.[1] ?? '';
      expect(contrast(fill('paper'), fill('ink'))).toBeGreaterThan(7);
      expect(contrast(fill('paper'), fill('note'))).toBeGreaterThan(4.5);
    }
    expect(styleOf('light')).not.toBe(styleOf('dark'));
  });
});

describe('any text', () => {
  const any = fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { minLength: 1, maxLength: 6 });

  it('makes a well-formed picture without a control or a bidi override in it', () => {
    fc.assert(
      fc.property(any, fc.string({ unit: 'binary' }), (tokens, title) => {
        const weights = square(tokens.length);
        for (const svg of [
          heatmap(weights, { queryTokens: tokens, title }),
          alignment(weights, { source: tokens, target: tokens, description: title }),
        ]) {
          for (const { text } of parsed(svg)) expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
        }
      }),
    );
  });
});

describe('tokens', () => {
  const texts = written(parsed(heatmap(square(count), { queryTokens: hostile })));

  it.each([
    ['markup stays text', '<!--␣<script>'],
    ['entities stay text', '&lt;␣&#0;␣&nope;'],
    ['nothing', '(empty)'],
    ['spaces', '␣␣␣'],
    ['line break, tab, carriage return', '↵⇥␍'],
    ['what would reorder', '‹U+202E›gnp.exe'],
    ['lone surrogate', '‹U+D800›'],
    ['emoji of several characters', '👩‍👩‍👧‍👦'],
    ['right to left', 'שלום'],
  ])('%s', (_, shown) => expect(texts).toContain(shown));

  it('are cut where they are long, with more in a tooltip', () => {
    expect(texts).toContain(`${'W'.repeat(19)}…`);
    for (const text of texts) expect(text.length).toBeLessThan(80);
    expect(named(parsed(heatmap(square(count), { queryTokens: hostile })), 'title').map(({ text }) => text)).toContain(
      `${'W'.repeat(119)}…`,
    );
  });
});

describe('the colours', () => {
  it('grow lighter with each step, so that they are read in grey and by colour-blind eyes', () => {
    const lightness = Array.from({ length: 256 }, (_, step) => {
      const [r, g, b] = rgb(step).map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
      return 116 * Math.cbrt(0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0)) - 16;
    });
    expect((lightness[255] ?? 0) - (lightness[0] ?? 0)).toBeGreaterThan(70);
    // Colours of 8 bits are off by half a unit, which in the dark is a third of L*, as much as a step: four of them show through it.
    for (const [step, it] of lightness.entries()) expect(it).toBeGreaterThan((lightness[step - 4] ?? -1) + 0.3);
  });
});
