// @ts-check
/** The sentences that the encoder is compared on: test/golden/, with what TensorFlow.js made of them on the model's original graph. */
import { readFileSync } from 'node:fs';

/** @type {{ sentences: readonly { ids: readonly number[], embedding: string }[] }} */
const golden = JSON.parse(readFileSync(new URL('../test/golden/sentence-embeddings.json', import.meta.url), 'utf8'));

/** Token ids. */
export const sentences = golden.sentences.map(({ ids }) => Int32Array.from(ids));

/** Of a sentence. The encoder says so itself, but imports fovea, which is not built yet when the cases are counted. */
const maxTokens = 128;

/** How many tokens the model reads of them. */
export const tokensOfSentences = sentences.reduce((sum, { length }) => sum + Math.min(length, maxTokens), 0);

/** `[sentences, 512]`, each row of length 1. */
export const embeddings = golden.sentences.map(({ embedding }) => {
  const { buffer, byteOffset, length } = Buffer.from(embedding, 'base64');
  return new Float32Array(buffer.slice(byteOffset, byteOffset + length));
});
