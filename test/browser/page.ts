/**
 * What runs in the browser: the table of cases on the built library. Bundled by browser.test.ts with dist/browser.mjs in the place of
 * src/index.ts; results go back as bytes, since Node holds the oracle.
 */
import { attentionAsync, backend, init, matmul, matmulAsync, setBackend, setThreads, tensor } from '../../src/index.js';
import type { FloatData } from '../../src/types.js';
import { run } from '../calls.js';
import { type Bytes, type Page, rows } from './protocol.js';

const square = tensor(Float32Array.of(1, 2, 3, 4), [2, 2]);

const page: Page = {
  beforeInit() {
    try {
      matmul(square, square);
      return 'it ran';
    } catch (error) {
      return codeOf(error);
    }
  },

  async firstCall() {
    const { output } = await attentionAsync(square, square, square);
    return [...output.data];
  },

  async targets() {
    await init();
    setBackend('auto');
    const { name, target, rejected } = backend();
    return { chosen: `${name} ${target}`, rejected: rejected.map(({ name, target, error }) => `${name} ${target}: ${error.message}`) };
  },

  async inWorker() {
    const { length } = (await matmulAsync(square, square)).data;
    const { reason } = backend();
    const size = 1024;
    const big = tensor(new Float32Array(size * size).fill(length), [size, size]);
    const controllers = [new AbortController(), new AbortController()];
    const calls = controllers.map(({ signal }) => matmulAsync(big, big, { signal }).then(() => 'it ran', codeOf));
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (const controller of controllers.reverse()) controller.abort();
    const aborted = await Promise.all(calls);
    await matmulAsync(square, square); // in the worker that takes the place of the one that was ended
    return { reason, aborted };
  },

  notDownloaded() {
    try {
      setBackend('wasm', { target: 'simd' });
      return 'it was';
    } catch (error) {
      return String(error);
    }
  },

  async threads() {
    await init();
    const size = 1100;
    const square = tensor(
      Float32Array.from({ length: size * size }, (_, i) => Math.sin(i)),
      [size, size],
    );
    setThreads(1);
    const one = matmul(square, square).data;
    setThreads(2);
    let same = true;
    for (let i = 0; i < 6; i += 1) {
      const two = matmul(square, square).data;
      same &&= two.every((it, index) => it === one[index]);
      await new Promise((resolve) => setTimeout(resolve, 200)); // the worker comes
    }
    const { threads, reason } = backend();
    return { threads, reason, same };
  },

  async results(target) {
    setBackend('auto'); // or init would look for the target of the last time in this file
    await init({ wasm: new URL(`./fovea-${target}.wasm`, import.meta.url) });
    setBackend('wasm', { target });
    return rows.map(({ call }) =>
      Object.fromEntries(Object.entries(run(call())).map(([result, { data, ...rest }]) => [result, { ...rest, bytes: encoded(data) }])),
    );
  },
};

function codeOf(error: unknown): string {
  return String(Object(error).code);
}

function encoded(data: FloatData): Bytes {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return { kind: data[Symbol.toStringTag], base64: btoa(text) };
}

Object.assign(globalThis, { page });
