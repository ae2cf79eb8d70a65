// @ts-check
/** Additive attention of one head as one writes it with TensorFlow.js; a decoder's step finds the keys projected. */
import { jobOf } from './job.mjs';

/** @import { AttentionCase, Inputs, Job } from '../types.js' */
/** @import { Tfjs } from './types.js' */

/** @param {Tfjs} tf @param {AttentionCase} item @param {Inputs} inputs @returns {Job} */
export function additiveJob(tf, { queryLength, keyLength, headDim, valueDim, units = 0, through }, inputs) {
  const [q, k] = [tf.tensor(inputs.q, [queryLength, headDim]), tf.tensor(inputs.k, [keyLength, headDim])];
  const [queryWeight, keyWeight] = [tf.tensor(inputs.queryWeight, [headDim, units]), tf.tensor(inputs.keyWeight, [headDim, units])];
  const [scoreWeight, bias] = [tf.tensor(inputs.scoreWeight, [units, 1]), tf.tensor(inputs.bias, [units])];
  const v = tf.tensor(inputs.v, [keyLength, valueDim]);
  const project = () => tf.add(tf.matMul(k, keyWeight), bias);
  const known = through && project();
  return jobOf(tf, () => {
    const sums = tf.add(tf.reshape(tf.matMul(q, queryWeight), [queryLength, 1, units]), known || project());
    const activations = tf.reshape(tf.tanh(sums), [queryLength * keyLength, units]);
    const scores = tf.reshape(tf.matMul(activations, scoreWeight), [queryLength, keyLength]);
    return [tf.matMul(tf.softmax(scores), v)];
  });
}
