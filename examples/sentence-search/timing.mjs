/** How long the same sentences take, cold, with the packing of the weights: on the backend that was chosen, and on each other one. */
import { backend, setBackend } from 'fovea';
import { startProgress } from '../program/progress.mjs';
import { embedAll, tokensRead } from './embed.mjs';

/**
 * @typedef {import('fovea').BackendName} BackendName
 *
 * @typedef {object} Timing
 * @property {BackendName} backend
 * @property {string} target
 * @property {number} sentences how many were embedded
 * @property {number} tokens that the model reads of all the sentences
 * @property {number} seconds for all the sentences; estimated by the count of tokens where only some were embedded
 * @property {number} sentencesPerSecond
 * @property {number} tokensPerSecond
 * @property {boolean} estimated
 *
 * @typedef {{ backend: BackendName, error: string }} Missing a backend that cannot be had here, and why
 */

/** The reference backend is plain loops in float64: it embeds this many sentences, spread over all lengths. */
const referenceSample = 8;

/**
 * Embeds all sentences on the current backend, with progress on stderr.
 * @param {import('./model.mjs').Model} model
 * @param {readonly Int32Array[]} sentences
 * @returns {{ embeddings: import('fovea').Tensor, timing: Timing }}
 */
export function timedEmbedding(model, sentences) {
  return embedOnCurrent(model, sentences, sentences);
}

/**
 * The same work on every other backend, one after another; the current one is set again at the end.
 * @param {import('./model.mjs').Model} model
 * @param {readonly Int32Array[]} sentences
 * @returns {(Timing | Missing)[]}
 */
export function timeOtherBackends(model, sentences) {
  const current = backend();
  /** @type {readonly BackendName[]} */
  const names = ['native', 'wasm', 'reference'];
  try {
    return names.filter((name) => name !== current.name).map((name) => timeOn(name, model, sentences));
  } finally {
    setBackend(current.name, { target: current.target });
  }
}

/** @param {BackendName} name @param {import('./model.mjs').Model} model @param {readonly Int32Array[]} sentences @returns {Timing | Missing} */
function timeOn(name, model, sentences) {
  try {
    setBackend(name);
  } catch (error) {
    return { backend: name, error: error instanceof Error ? error.message : String(error) };
  }
  const embedded = name === 'reference' ? sampleOf(sentences, referenceSample) : sentences;
  return embedOnCurrent(model, embedded, sentences).timing;
}

/**
 * @param {import('./model.mjs').Model} model
 * @param {readonly Int32Array[]} embedded
 * @param {readonly Int32Array[]} sentences
 */
function embedOnCurrent(model, embedded, sentences) {
  const { name, target } = backend();
  const progress = startProgress(`${name} ${target}`, embedded.length);
  const start = performance.now();
  const embeddings = embedAll(model.encode, embedded, progress.advance);
  const spent = (performance.now() - start) / 1000;
  progress.stop();
  const tokens = tokensRead(sentences);
  const seconds = spent * (tokens / Math.max(tokensRead(embedded), 1));
  /** @type {Timing} */
  const timing = {
    backend: name,
    target,
    sentences: embedded.length,
    tokens,
    seconds,
    sentencesPerSecond: sentences.length / seconds,
    tokensPerSecond: tokens / seconds,
    estimated: embedded.length < sentences.length,
  };
  return { embeddings, timing };
}

/** `count` sentences, evenly spread over all lengths. @param {readonly Int32Array[]} sentences @param {number} count */
function sampleOf(sentences, count) {
  if (sentences.length <= count) return sentences;
  const byLength = [...sentences].sort((a, b) => a.length - b.length);
  return Array.from({ length: count }, (_, i) => byLength[Math.floor(((i + 0.5) * byLength.length) / count)]);
}
