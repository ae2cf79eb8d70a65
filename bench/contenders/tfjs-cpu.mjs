// @ts-check
/** TensorFlow.js on its backend in plain JavaScript. */
import { importPeer, versionOf } from '../peer.mjs';
import { openTfjs, refusal, variants } from '../tfjs/session.mjs';

/** @import { Tfjs } from '../tfjs/types.js' */
/** @import { Contender } from '../types.js' */

const name = '@tensorflow/tfjs-backend-cpu';

/** @type {Contender} */
export default {
  name: 'tfjs-cpu',
  peer: name,
  variants: variants().filter(({ name: variant }) => variant !== 'matMul from arrays'),
  most: 3e9,
  oneThread: true,
  refuses: refusal,
  async open(variant) {
    const tf = /** @type {Tfjs} */ (await importPeer('@tensorflow/tfjs-core'));
    await importPeer(name);
    return openTfjs({ tf, load: importPeer, version: versionOf(name), backend: 'cpu' }, variant);
  },
};
