// @ts-check
/** attentionBackward, after an attention that is not timed. */
import { joined } from '../joined.mjs';
import { tensor } from './job.mjs';

/** @import { BackwardCase, Inputs, Job } from '../types.js' */
/** @import { Fovea } from './session.mjs' */

/** @param {Fovea} fovea @param {BackwardCase} item @param {Inputs} inputs @returns {Job} */
export function backwardJob(fovea, item, inputs) {
  const { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, valueDim, causal } = item;
  const q = tensor(inputs.q, [batch, queryHeads, queryLength, headDim]);
  const k = tensor(inputs.k, [batch, kvHeads, keyLength, headDim]);
  const v = tensor(inputs.v, [batch, kvHeads, keyLength, valueDim]);
  const dOutput = tensor(inputs.dOutput, [batch, queryHeads, queryLength, valueDim]);
  const forward = fovea.attention(q, k, v, { causal, returnLogSumExp: true });
  const like = (/** @type {typeof q} */ { data, shape }) => ({ data: new Float32Array(data.length), shape });
  const out = { dQuery: like(q), dKey: like(k), dValue: like(v) };
  const options = { causal, out };
  return {
    run() {
      fovea.attentionBackward(q, k, v, forward, dOutput, options);
    },
    output: () => joined([out.dQuery.data, out.dKey.data, out.dValue.data]),
  };
}
