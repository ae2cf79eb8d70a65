// @ts-check
/** onnxruntime on its CPU provider, one graph for each operator that computes a case. */
import { openOrt, refusal, variantsOf } from '../onnx/session.mjs';
import { importPeer, versionOf } from '../peer.mjs';

/** @import { Ort } from '../onnx/types.js' */
/** @import { Contender } from '../types.js' */

const name = 'onnxruntime-node';

/** @type {Contender} */
export default {
  name,
  peer: name,
  variants: variantsOf(),
  refuses: refusal,
  async open(variant, threads) {
    const ort = /** @type {Ort} */ (await importPeer(name));
    return openOrt(ort, variant, { version: versionOf(name), threads, provider: 'cpu' });
  },
};
