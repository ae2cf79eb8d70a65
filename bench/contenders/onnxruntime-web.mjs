// @ts-check
/** onnxruntime's WebAssembly build in Node; it copies inputs and results in and out of its memory at every call, as ours does. */
import { openOrt, refusal, variantsOf } from '../onnx/session.mjs';
import { importPeer, versionOf } from '../peer.mjs';

/** @import { Ort } from '../onnx/types.js' */
/** @import { Contender } from '../types.js' */

const name = 'onnxruntime-web';

/** @type {Contender} */
export default {
  name,
  peer: name,
  variants: variantsOf('wasm simd'),
  refuses: refusal,
  async open(variant, threads) {
    const ort = /** @type {Ort} */ (await importPeer(name));
    ort.env.logLevel = 'error';
    Object.assign(ort.env.wasm, { numThreads: threads, proxy: false });
    return openOrt(ort, variant, { version: versionOf(name), threads, provider: 'wasm' });
  },
};
