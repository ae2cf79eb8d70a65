// @ts-check
/** TensorFlow.js on its WebAssembly backend, in its build with SIMD, which it chooses by itself. */
import { fileURLToPath } from 'node:url';
import { importPeer } from '../peer.mjs';
import { layersAndLoop, openTfjs, refusal, variants } from '../tfjs/session.mjs';

/** @import { Tfjs, TfjsWasm } from '../tfjs/types.js' */
/** @import { Contender } from '../types.js' */

const name = '@tensorflow/tfjs-backend-wasm';

/** @type {Contender} */
export default {
  name: 'tfjs-wasm',
  peer: name,
  variants: variants('wasm simd').map((variant) => (variant.name === 'layers' ? { ...variant, name: layersAndLoop } : variant)),
  most: 1e11,
  oneThread: true, // it takes its threaded build in browsers only (WASM_HAS_MULTITHREAD_SUPPORT is false in Node)
  refuses: (item, variant) => (item.op === 'convnetStep' ? 'has no Conv2DBackpropFilter' : refusal(item, variant)),
  async open(variant) {
    const tf = /** @type {Tfjs} */ (await importPeer('@tensorflow/tfjs-core'));
    const wasm = /** @type {TfjsWasm} */ (await importPeer(name));
    // Once: it refuses to be told after it has started.
    if (tf.getBackend() !== 'wasm') wasm.setWasmPaths(fileURLToPath(new URL(`../node_modules/${name}/dist/`, import.meta.url)));
    return openTfjs({ tf, load: importPeer, version: wasm.version_wasm, backend: 'wasm' }, variant);
  },
};
