/** Embeds any number of sentences, in batches of a bounded number of tokens. */
import { embeddingSize, maxTokens } from './encoder.mjs';

/** Tokens in a batch: enough to use the weights many times once they are in the cache, few enough to keep memory small. */
export const batchTokens = 1024;

/**
 * @param {(batch: readonly Int32Array[]) => Float32Array} encode
 * @param {readonly Int32Array[]} sentences token ids
 * @param {(sentences: number) => void} [onBatch] told after every batch how many sentences it held
 * @returns {import('fovea').Tensor} `[sentences, 512]`, in the order of the sentences
 */
export function embedAll(encode, sentences, onBatch = () => {}) {
  const data = new Float32Array(sentences.length * embeddingSize);
  for (const batch of batchesOf(sentences)) {
    const rows = encode(batch.map((index) => sentences[index]));
    for (const [row, index] of batch.entries()) {
      data.set(rows.subarray(row * embeddingSize, (row + 1) * embeddingSize), index * embeddingSize);
    }
    onBatch(batch.length);
  }
  return { data, shape: [sentences.length, embeddingSize] };
}

/** Tokens that the model reads of all the sentences. @param {readonly Int32Array[]} sentences */
export const tokensRead = (sentences) => sentences.reduce((sum, ids) => sum + lengthRead(ids), 0);

/**
 * By length, because sentences of one length share a call of attention.
 * @param {readonly Int32Array[]} sentences
 * @returns {number[][]} indices of sentences, shortest first
 */
export function batchesOf(sentences) {
  const lengths = sentences.map(lengthRead);
  const order = [...lengths.keys()].sort((a, b) => lengths[a] - lengths[b]);
  /** @type {number[][]} */
  const batches = [];
  let tokens = 0;
  for (const index of order) {
    tokens += lengths[index];
    if (batches.length === 0 || tokens > batchTokens) {
      batches.push([]);
      tokens = lengths[index];
    }
    batches[batches.length - 1].push(index);
  }
  return batches;
}

/** @param {Int32Array} ids */
const lengthRead = (ids) => Math.min(ids.length, maxTokens);
