/** The pictures and the page of fovea/viz in headless Chromium: small and large, light and dark, by pointer and by keyboard, with hostile tokens. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, type Page, chromium as playwright } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromium } from '../../scripts/toolchain/chromium.mjs';
import { softmax } from '../../src/node.js';
import type { Tensor } from '../../src/types.js';
import { alignment, headView, heatmap, overlay } from '../../src/viz/node.js';
import { random } from '../random.js';
import { float32 } from '../tensors.js';
import { hostile } from './hostile.js';

let browser: Browser;
let folder: string;
/** What went wrong in any page, and what any wanted to have from elsewhere. */
const complaints: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-viz-'));
  browser = await playwright.launch({ ...(await chromium()), headless: true });
});

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A document as its reader opens it: as a file, offline. */
async function opened(name: string, text: string, options: BrowserContextOptions = {}): Promise<Page> {
  const url = pathToFileURL(join(folder, name)).href;
  await writeFile(join(folder, name), text);
  const page = await browser.newPage({ offline: true, ...options });
  page.on('pageerror', (error) => complaints.push(`${name}: ${error}`));
  page.on('console', (message) => complaints.push(`${name}: ${message.text()}`));
  page.on(
    'request',
    (request) => request.url() === url || request.url().startsWith('data:') || complaints.push(`${name}: wants ${request.url()}`),
  );
  await page.goto(url);
  if (name.endsWith('.html')) await page.waitForSelector('html[data-ready]');
  return page;
}

const { normal } = random('viz in a browser');
const square = (n: number): Tensor => softmax(float32([n, n], () => 2 * normal()));
const words = (n: number) => Array.from({ length: n }, (_, i) => ['the', 'cat', 'sat', 'on', 'a', 'mat'][i % 6] + (i < 6 ? '' : String(i)));
const image = { data: new Uint8Array(4 * 60 * 40).fill(120), width: 60, height: 40 };

const pictures: [string, () => string][] = [
  ['heatmap of 3', () => heatmap(square(3), { queryTokens: words(3) })],
  ['heatmap of 512', () => heatmap(square(512), { queryTokens: words(512), title: 'A title that is longer than its picture '.repeat(9) })],
  ['heatmap of hostile tokens', () => heatmap(square(hostile.length), { queryTokens: hostile })],
  ['alignment of 3', () => alignment(square(3), { source: words(3), target: words(3) })],
  ['alignment of 512', () => alignment(square(512), { source: words(512), target: words(512) })],
  ['alignment of hostile tokens', () => alignment(square(hostile.length), { source: hostile, target: hostile })],
  ['overlay', () => overlay(square(7), image, { title: 'Where it looks' })],
];

describe.each(pictures)('%s', (name, draw) => {
  let page: Page;
  beforeAll(async () => {
    page = await opened(`${name}.svg`, draw(), { colorScheme: 'dark' });
  });
  afterAll(() => page?.close());

  it('has every text inside, and none over another', async () => {
    const { outside, over } = await page.evaluate(() => {
      const texts = Array.from(document.querySelectorAll('text'), (text) => ({
        text: text.textContent,
        box: text.getBoundingClientRect(),
      }));
      const frame = document.documentElement.getBoundingClientRect();
      const outside = texts.filter(({ box }) => box.left < 0 || box.top < 0 || box.right > frame.width || box.bottom > frame.height);
      // By a pixel and a half they may: boxes have room above and below the letters.
      const apart = (a: DOMRect, b: DOMRect) =>
        a.right <= b.left + 1.5 || b.right <= a.left + 1.5 || a.bottom <= b.top + 1.5 || b.bottom <= a.top + 1.5;
      const over = texts.flatMap((a, i) => texts.slice(i + 1).flatMap((b) => (apart(a.box, b.box) ? [] : [`${a.text} / ${b.text}`])));
      return { outside: outside.map(({ text }) => text), over };
    });
    expect(outside).toEqual([]);
    expect(over).toEqual([]);
  });

  it('is dark for those whose system is, and light for the others', async () => {
    const paper = () => page.evaluate(() => getComputedStyle(document.querySelector('.paper') as Element).fill);
    expect(await paper()).toBe('rgb(23, 24, 28)');
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await paper()).toBe('rgb(255, 255, 255)');
  });

  it('has its images', async () => {
    const sizes = await page.evaluate(() =>
      Promise.all(
        Array.from(document.querySelectorAll('image'), async (it) => {
          const picture = new Image();
          picture.src = it.getAttribute('href') ?? '';
          await picture.decode();
          return picture.naturalWidth;
        }),
      ),
    );
    expect(sizes).toEqual({ 'heatmap of 512': [512], overlay: [60, 60] }[name] ?? []);
  });
});

describe('pictures within a page', () => {
  it('are what they are alone, and run nothing', async () => {
    const page = await browser.newPage();
    await page.setContent(pictures.map(([, draw]) => draw()).join('\n'));
    expect(await page.evaluate(() => document.querySelectorAll('svg[role=img]').length)).toBe(pictures.length);
    expect(await page.evaluate(() => document.querySelectorAll('script, img').length)).toBe(0);
    expect(await page.evaluate(() => 'ran' in globalThis)).toBe(false);
    await page.close();
  });
});

/** Of the element that has the focus. */
const focused = (page: Page) =>
  page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '');
const told = (page: Page) => page.textContent('#told');

describe('the head view of 3 tokens', () => {
  const weights = softmax(float32([2, 3, 3, 3], () => 3 * normal()));
  const strongest = (layer: number, head: number, query: number) => {
    const row = [...weights.data.subarray(((layer * 3 + head) * 3 + query) * 3, ((layer * 3 + head) * 3 + query) * 3 + 3)];
    const key = row.indexOf(Math.max(...row));
    return `“${words(3)[query]}” (${query}) attends to “${words(3)[key]}” (${key}) `;
  };
  let page: Page;
  beforeAll(async () => {
    page = await opened('three.html', headView(weights, { queryTokens: words(3), title: 'Three <tokens>' }), { colorScheme: 'light' });
  });
  afterAll(() => page?.close());

  it('begins with the first query of the first head', async () => {
    expect(await page.title()).toBe('Three <tokens>');
    expect(await page.textContent('#chosen')).toBe('Layer 0, head 0');
    expect(await told(page)).toContain(strongest(0, 0, 0));
  });

  it('is gone through by keyboard: heads, then queries, then keys', async () => {
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Layer 0, head 0');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    expect(await focused(page)).toBe('Layer 1, head 1');
    expect(await page.textContent('#chosen')).toBe('Layer 1, head 1');
    expect(await page.getAttribute('[role=radio][aria-checked=true]', 'aria-label')).toBe('Layer 1, head 1');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('the');
    await page.keyboard.press('End');
    expect(await focused(page)).toBe('sat');
    expect(await told(page)).toContain(strongest(1, 1, 2));
    await page.keyboard.press('ArrowLeft');
    expect(await told(page)).toContain(strongest(1, 1, 1));
    expect(await page.textContent('[role=option][aria-selected=true]')).toBe('cat');
    expect(await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle)).toBe('solid');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('keys');
    await page.keyboard.press('Shift+Tab');
    expect(await focused(page)).toBe('cat');
  });

  it('shows the query under the pointer, and goes back to the chosen one', async () => {
    await page.hover('#queries li:nth-child(3)');
    expect(await told(page)).toContain(strongest(1, 1, 2));
    await page.hover('h1');
    expect(await told(page)).toContain(strongest(1, 1, 1));
    await page.click('[aria-label="Layer 0, head 2"]');
    expect(await told(page)).toContain(strongest(0, 2, 1));
  });

  it('shades keys by their weights, the strongest one lightest, with percent', async () => {
    const shares = await page.evaluate(() => Array.from(document.querySelectorAll('#keys small'), (it) => it.textContent ?? ''));
    const row = [...weights.data.subarray((2 * 3 + 1) * 3, (2 * 3 + 1) * 3 + 3)];
    for (const [key, share] of row.entries())
      if (share >= 0.01) expect(Math.abs(Number.parseFloat(shares[key] ?? '') - 100 * share)).toBeLessThan(0.6);
    const colours = await page.evaluate(() =>
      Array.from(document.querySelectorAll<HTMLElement>('#keys li'), (it) => it.style.backgroundColor),
    );
    expect(colours[row.indexOf(Math.max(...row))]).toBe('rgb(253, 231, 37)');
  });

  it('is dark for those whose system is, and still for those who want no motion', async () => {
    const [background, transition] = [
      () => page.evaluate(() => getComputedStyle(document.body).backgroundColor),
      () => page.evaluate(() => getComputedStyle(document.querySelector('#keys li') as Element).transitionDuration),
    ];
    expect([await background(), await transition()]).toEqual(['rgb(255, 255, 255)', '0.12s']);
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    expect([await background(), await transition()]).toEqual(['rgb(23, 24, 28)', '0s']);
  });

  it('keeps the theme that it was given', async () => {
    const dark = await opened('dark.html', headView(weights, { theme: 'dark' }), { colorScheme: 'light' });
    expect(await dark.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(23, 24, 28)');
    await dark.close();
  });
});

describe('the head view', () => {
  it('of 512 tokens, 6 layers and 12 heads opens, and is gone through by keyboard', async () => {
    const [layers, heads, n] = [6, 12, 512];
    const weights = { data: square(n).data, shape: [layers, heads, n, n], strides: [0, 0, n, 1] };
    const page = await opened('large.html', headView(weights, { queryTokens: words(n) }));
    expect(await page.evaluate(() => document.querySelectorAll('[role=radio]').length)).toBe(72);
    expect(await page.evaluate(() => document.querySelectorAll('[role=option]').length)).toBe(512);
    await page.focus('[role=option][tabindex="0"]');
    await page.keyboard.press('ArrowDown');
    const below = Number((await focused(page)).replace(/\D/g, ''));
    expect(below).toBeGreaterThan(1);
    await page.keyboard.press('ArrowUp');
    expect(await focused(page)).toBe('the');
    await page.keyboard.press('End');
    const row = [...weights.data.subarray(511 * n)];
    expect(await told(page)).toContain(
      `“sat511” (511) attends to “${words(n)[row.indexOf(Math.max(...row))]}”`.replace('sat511', words(n)[511] ?? ''),
    );
    await page.setViewportSize({ width: 500, height: 800 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(500);
    await page.close();
  });

  it('of hostile tokens shows them, and runs none', async () => {
    const n = hostile.length;
    const weights = { data: square(n).data, shape: [1, 2, n, n], strides: [0, 0, n, 1] };
    const page = await opened('hostile.html', headView(weights, { queryTokens: hostile, title: hostile[0], description: hostile[1] }));
    expect(await page.evaluate(() => 'ran' in globalThis)).toBe(false);
    expect(await page.textContent('#queries li:nth-child(3)')).toBe("'␣onload='globalThis.ran␣=␣1");
    expect(await page.evaluate(() => document.querySelectorAll('img, script').length)).toBe(2);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    // What a token might bring in, were it not text, the policy would stop.
    const stopped = page.evaluate(
      () => new Promise((resolve) => addEventListener('securitypolicyviolation', ({ violatedDirective }) => resolve(violatedDirective))),
    );
    complaints.push('before');
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.ran = 1';
      document.body.append(script);
    });
    expect(await stopped).toBe('script-src-elem');
    expect(await page.evaluate(() => 'ran' in globalThis)).toBe(false);
    complaints.length = complaints.lastIndexOf('before'); // Chromium reports what it has stopped
    await page.close();
  });

  it('of nothing says so little, and fails not', async () => {
    const page = await opened('empty.html', headView(float32([1, 1, 0, 0], () => 0)));
    expect(await page.evaluate(() => document.querySelectorAll('li').length)).toBe(0);
    await page.close();
  });

  it('has had no error, and wanted nothing from elsewhere', () => {
    expect(complaints).toEqual([]);
  });
});
