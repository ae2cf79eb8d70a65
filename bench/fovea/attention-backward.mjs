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
  const options = { causal };
  /** @type {readonly Float32Array[]} */
  let gradients = [];
  return {
    run() {
      const { dQuery, dKey, dValue } = fovea.attentionBackward(q, k, v, forward, dOutput, options);
      gradients = [dQuery.data, dKey.data, dValue.data];
    },
    output: () => joined(gradients),
  };
}
