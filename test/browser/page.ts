/**
 * What runs in the browser: the table of cases on the built library. Bundled by browser.test.ts with dist/browser.mjs in the place of
 * src/index.ts; results go back as bytes, since Node holds the oracle.
 */
import { attentionAsync, backend, init, matmul, setBackend, tensor } from '../../src/index.js';
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
      return String(Object(error).code);
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

  async results(target) {
    setBackend('auto'); // or init would look for the target of the last time in this file
    await init({ wasm: new URL(`./fovea-${target}.wasm`, import.meta.url) });
    setBackend('wasm', { target });
    return rows.map(({ call }) =>
      Object.fromEntries(Object.entries(run(call())).map(([result, { data, ...rest }]) => [result, { ...rest, bytes: encoded(data) }])),
    );
  },
};

function encoded(data: FloatData): Bytes {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return { kind: data[Symbol.toStringTag], base64: btoa(text) };
}

Object.assign(globalThis, { page });
