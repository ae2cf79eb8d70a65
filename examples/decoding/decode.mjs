/** Decoding: the context in one call, then a token a call, each seeing what the caches hold. */
import { softmax } from 'fovea';
import { vocabulary } from './model.mjs';

/**
 * @typedef {import('fovea').KVCache} KVCache
 *
 * @typedef {object} Decoded
 * @property {Int32Array} ids the context and the tokens behind it
 * @property {Float32Array} logits `[tokens + 1, vocabulary]`: after the context, and after each token
 * @property {number} contextSeconds
 * @property {Float64Array} stepSeconds of each token, without its choice
 */

/**
 * Yields after each token, so that others may take their turn.
 * @param {import('./model.mjs').Model} model
 * @param {readonly KVCache[]} caches empty
 * @param {Int32Array} context
 * @param {number} tokens
 * @param {(logits: Float32Array, step: number) => number} choose the next token
 * @returns {Generator<void, Decoded>}
 */
export function* decode(model, caches, context, tokens, choose) {
  const ids = new Int32Array(context.length + tokens);
  ids.set(context);
  const logits = new Float32Array((tokens + 1) * vocabulary);
  const stepSeconds = new Float64Array(tokens);
  /** @param {number} step */
  const row = (step) => logits.subarray(step * vocabulary, (step + 1) * vocabulary);

  const start = performance.now();
  row(0).set(model.forward(context, { caches }).data.subarray(-vocabulary));
  const contextSeconds = (performance.now() - start) / 1000;
  for (let step = 0; step < tokens; step++) {
    const at = context.length + step;
    ids[at] = choose(row(step), step);
    const begin = performance.now();
    const { data } = model.forward(ids.subarray(at, at + 1), { caches });
    stepSeconds[step] = (performance.now() - begin) / 1000;
    row(step + 1).set(data);
    yield;
  }
  return { ids, logits, contextSeconds, stepSeconds };
}

/** Tokens that a decoding has before it is the next one's turn: enough for its cache to lie near the CPU again for most of them. */
const turn = 16;

/**
 * Runs decodings in turns, so that what else the machine does meanwhile slows all of them.
 * @param {readonly Generator<void, Decoded>[]} decodings
 * @param {() => void} [onToken]
 * @returns {Decoded[]}
 */
export function inTurns(decodings, onToken = () => {}) {
  /** @type {Decoded[]} */
  const results = [];
  for (let index = 0, left = decodings.length; left > 0; index = (index + 1) % decodings.length) {
    for (let step = 0; step < turn && !results[index]; step++) {
      const { done, value } = decodings[index].next();
      if (done) [results[index], left] = [value, left - 1];
      else onToken();
    }
  }
  return results;
}

/** Draws a token as often as the softmax of its logit says. @param {() => number} uniform evenly in [0, 1) @returns {(logits: Float32Array) => number} */
export function sampler(uniform) {
  return (logits) => {
    const { data: shares } = softmax({ data: logits, shape: [vocabulary] });
    let left = uniform();
    const found = shares.findIndex((share) => {
      left -= share;
      return left < 0;
    });
    return found < 0 ? vocabulary - 1 : found;
  };
}
