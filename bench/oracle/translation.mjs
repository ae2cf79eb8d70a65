// @ts-check
/** Loss and gradients of the model that translates: GRUs (Cho et al. 2014) around additive attention (Bahdanau et al. 2015). */
import { weightsOf } from '../training.mjs';
import { Arithmetic } from './arithmetic.mjs';

/** @import { Inputs, TranslationCase } from '../types.js' */
/** @import { Learned } from './training.mjs' */
/** @import { Matrix } from './tape.mjs' */

/** @param {TranslationCase} item @param {Inputs} inputs @returns {Learned} */
export function translation(item, inputs) {
  const { batch, source, target, hidden } = item;
  const tape = new Arithmetic();
  const weights = Object.fromEntries(weightsOf(item).map(([name, shape]) => [name, tape.given(inputs[name], shape[shape.length - 1])]));
  /** A token of every sentence. @param {Float32Array} tokens @param {number} length @param {number} place */
  const tokensAt = (tokens, length, place) => Array.from({ length: batch }, (_, row) => (place < 0 ? 0 : tokens[row * length + place]));

  const read = gru(tape, weights, 'encoder', hidden);
  let state = tape.given(new Float32Array(batch * hidden), hidden);
  const states = [];
  for (let place = 0; place < source; place++) {
    state = read(tape.picked(weights.source, tokensAt(inputs.sourceTokens, source, place)), state);
    states.push(state);
  }
  const keys = states.map((each) => tape.product(each, weights.key));

  const write = gru(tape, weights, 'decoder', hidden);
  let loss = 0;
  for (let place = 0; place < target; place++) {
    const query = tape.product(state, weights.query);
    const scores = keys.map((key) => tape.product(tape.tanh(tape.sum(key, query)), weights.score));
    const shares = tape.softmax(tape.beside(scores));
    const parts = states.map((each, i) => tape.times(each, tape.columns(shares, i, i + 1)));
    const context = parts.reduce((sum, part) => tape.sum(sum, part));
    const token = tape.picked(weights.target, tokensAt(inputs.targetTokens, target, place - 1)); // the one before
    state = write(tape.beside([token, context]), state);
    const logits = tape.sum(tape.product(state, weights.output), weights.outputBias);
    loss += tape.crossEntropy(logits, tokensAt(inputs.targetTokens, target, place), 1 / (batch * target));
  }
  tape.rewind();
  return { loss, gradients: Object.fromEntries(Object.entries(weights).map(([name, { slope }]) => [name, slope])) };
}

/** A step of a cell: update and reset are sigmoids, and what is reset is the old state before its product. @param {Arithmetic} tape @param {Record<string, Matrix>} weights @param {string} name @param {number} hidden */
function gru(tape, weights, name, hidden) {
  const recurrent = weights[`${name}Recurrent`];
  const [ofGates, ofNew] = [tape.columns(recurrent, 0, 2 * hidden), tape.columns(recurrent, 2 * hidden, 3 * hidden)];
  return (/** @type {Matrix} */ x, /** @type {Matrix} */ state) => {
    const given = tape.sum(tape.product(x, weights[name]), weights[`${name}Bias`]);
    const gates = tape.sigmoid(tape.sum(tape.columns(given, 0, 2 * hidden), tape.product(state, ofGates)));
    const [update, reset] = [tape.columns(gates, 0, hidden), tape.columns(gates, hidden, 2 * hidden)];
    const made = tape.tanh(tape.sum(tape.columns(given, 2 * hidden, 3 * hidden), tape.product(tape.times(reset, state), ofNew)));
    return tape.sum(made, tape.times(update, tape.sum(state, made, -1)));
  };
}
