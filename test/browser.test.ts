/**
 * The browser build as a user without a bundler meets it: dist/ served as plain files to headless Chromium, the table of cases run there on
 * both wasm builds, the results held against the oracle here.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { type Browser, chromium as playwright, type Page as Tab } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromium } from '../scripts/toolchain/chromium.mjs';
import type { FloatData, Tensor } from '../src/types.js';
import { type Bytes, rows, type Sent } from './browser/protocol.js';
import type { Results } from './calls.js';
import { expectWithin } from './check.js';
import { oracle, textbook } from './oracle.js';
import { kernelArithmetic } from './tolerance.js';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };

/** What makes a page cross-origin isolated; sent to whoever calls this server localhost. */
const isolated = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

let server: Server;
let browser: Browser;
let tab: Tab;
let origin: string;
const complaints: string[] = [];

beforeAll(async () => {
  const pages = new Map([
    ['/index.html', await readFile(new URL('./browser/index.html', import.meta.url))],
    ['/page.mjs', await bundled()],
  ]);
  server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const body = pages.get(path) ?? (await readFile(join(dist, path)).catch(() => undefined));
    const headers = request.headers.host?.startsWith('localhost') ? isolated : {};
    response.writeHead(body ? 200 : 404, { 'content-type': types[extname(path)] ?? 'application/octet-stream', ...headers }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  browser = await playwright.launch({ ...(await chromium()), headless: true });
  tab = await browser.newPage();
  tab.on('pageerror', (error) => complaints.push(String(error)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  origin = `localhost:${address.port}`;
  await tab.goto(`http://127.0.0.1:${address.port}/index.html`);
  await tab.waitForFunction(() => 'page' in globalThis);
});

afterAll(async () => {
  await browser?.close();
  server?.close();
});

/** page.ts as one module that imports the built library from beside it. */
async function bundled(): Promise<Uint8Array> {
  const { outputFiles } = await esbuild.build({
    entryPoints: [fileURLToPath(new URL('./browser/page.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    write: false,
    plugins: [
      {
        name: 'the built library',
        setup: (build) => build.onResolve({ filter: /\/src\/index\.js$/ }, () => ({ path: './browser.mjs', external: true })),
      },
    ],
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
}

describe('a page without a bundler', () => {
  it('tells who calls too early to await init', async () => {
    expect(await tab.evaluate(() => page.beforeInit())).toBe('ERR_NOT_READY');
  });

  it('needs no init before a promise twin', async () => {
    const [first, , , last] = await tab.evaluate(() => page.firstCall());
    expect(first).toBeCloseTo(2.9717, 3);
    expect(last).toBeCloseTo(3.9999, 3);
  });

  it('chooses relaxed SIMD, the best there is', async () => {
    expect(await tab.evaluate(() => page.targets())).toEqual({ chosen: 'wasm relaxed-simd', rejected: [] });
  });

  it('runs promise twins in one worker, and aborts them there', async () => {
    const { reason, aborted } = await tab.evaluate(() => page.inWorker());
    expect(reason).toMatch(/async calls run in one worker with a memory of its own$/);
    expect(aborted).toEqual(['ERR_ABORTED', 'ERR_ABORTED']);
  });

  it('knows the build that it did not download, and says how to have it', async () => {
    expect(await tab.evaluate(() => page.notDownloaded())).toContain('wasm simd: not downloaded; init({ wasm })');
  });

  it('has one thread, and says why', async () => {
    const { threads, reason, same } = await tab.evaluate(() => page.threads());
    expect([threads, same]).toEqual([1, true]);
    expect(reason).toContain('1 of the 2 threads asked for: this page is not cross-origin isolated; async calls run');
  });

  it('has one backend and one FoveaError with fovea/viz', async () => {
    // As text: what the page imports is not to be looked for here.
    const [rolled, isFovea, svg, png, html] = (await tab.evaluate(`(async () => {
      const [fovea, viz] = await Promise.all([import('./browser.mjs'), import('./viz/browser.mjs')]);
      await fovea.init();
      const weights = { data: Float32Array.of(1, 0, 0.5, 0.5), shape: [1, 1, 2, 2] };
      const rolled = [...viz.rollout(weights).data];
      try { viz.heatmap(1) } catch (error) { return [rolled, error instanceof fovea.FoveaError, viz.heatmap(weights), [...viz.heatmapPng(weights)], viz.headView(weights)] }
    })()`)) as [number[], boolean, string, number[], string];
    expect([rolled, isFovea]).toEqual([[1, 0, 0.25, 0.75], true]);
    expect([svg.slice(0, 4), html.slice(0, 15)]).toEqual(['<svg', '<!doctype html>']);
    expect(png.slice(1, 4)).toEqual([...'PNG'].map((letter) => letter.charCodeAt(0)));
  });

  it('has had no error that nobody caught', () => {
    expect(complaints).toEqual([]);
  });
});

describe('a page that is cross-origin isolated', () => {
  let other: Tab;

  beforeAll(async () => {
    other = await browser.newPage();
    other.on('pageerror', (error) => complaints.push(String(error)));
    await other.goto(`http://${origin}/index.html`);
    await other.waitForFunction(() => 'page' in globalThis);
  });

  it('has workers, which change no bit', async () => {
    const { threads, reason, same } = await other.evaluate(() => page.threads());
    expect([threads, same]).toEqual([2, true]);
    expect(reason).not.toContain('threads asked for');
    const helpers = other.workers().filter((worker) => worker.url().endsWith('/helper-browser.mjs'));
    expect(helpers.length).toBe(1);
  });

  it('runs promise twins, too', async () => {
    const { aborted } = await other.evaluate(() => page.inWorker());
    expect(aborted).toEqual(['ERR_ABORTED', 'ERR_ABORTED']);
    expect(complaints).toEqual([]);
  });
});

describe.each(['relaxed-simd', 'simd'])('the table in Chromium on wasm %s', (target) => {
  let results: Record<string, Sent>[];

  beforeAll(async () => {
    results = await tab.evaluate((wanted) => page.results(wanted), target);
  });

  it.each(rows.map((row, index) => ({ ...row, index })))('$name', ({ call, index }) => {
    const built = call();
    const received = Object.entries(results[index] ?? {}).map(([name, sent]) => [name, tensorOf(sent)] as const);
    expectWithin(built, Object.fromEntries(received) satisfies Results, oracle(built), textbook(built).bounds(kernelArithmetic));
  });
});

function tensorOf({ bytes, ...rest }: Sent): Tensor<FloatData> {
  return { ...rest, data: decoded(bytes) };
}

function decoded({ kind, base64 }: Bytes): FloatData {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  return kind === 'Float32Array' ? new Float32Array(bytes.buffer) : new Uint16Array(bytes.buffer);
}
