// @ts-check
/** TensorFlow.js on its WebAssembly backend. */
import { fileURLToPath } from 'node:url';
import { importPeer } from '../peer.mjs';
import { openTfjs, refusal, variants } from '../tfjs/session.mjs';

/** @import { Tfjs, TfjsWasm } from '../tfjs/types.js' */
/** @import { Contender } from '../types.js' */

const name = '@tensorflow/tfjs-backend-wasm';

/** @type {Contender} */
export default {
  name: 'tfjs-wasm',
  peer: name,
  variants: variants('wasm simd'),
  most: 1e11,
  refuses: refusal,
  async open(variant, threads) {
    const tf = /** @type {Tfjs} */ (await importPeer('@tensorflow/tfjs-core'));
    const wasm = /** @type {TfjsWasm} */ (await importPeer(name));
    wasm.setWasmPaths(fileURLToPath(new URL(`../node_modules/${name}/dist/`, import.meta.url)));
    wasm.setThreadsCount(threads);
    return openTfjs(tf, wasm.version_wasm, 'wasm', variant);
  },
};
