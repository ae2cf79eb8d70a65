/** Embeds any number of sentences: sorted by length and cut into batches, so that little is spent on padding. */
import { embeddingSize, maxTokens } from './encoder.mjs';

/** Tokens in a batch, padding included: enough to use the weights many times once they are in the cache. */
const batchTokens = 512;
/** A batch's longest sentence is at most this many times its shortest, or its padding costs more than another batch. */
const mostPadding = 1.25;

/**
 * @param {(batch: readonly Int32Array[]) => Float32Array} encode
 * @param {readonly Int32Array[]} sentences token ids
 * @param {(sentences: number) => void} [onBatch] told after every batch how many sentences it held
 * @returns {import('fovea').Tensor} `[sentences, 512]`, in the order of the sentences
 */
export function embedAll(encode, sentences, onBatch = () => {}) {
  const data = new Float32Array(sentences.length * embeddingSize);
  for (const batch of batchesByLength(sentences)) {
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
 * @param {readonly Int32Array[]} sentences
 * @returns {number[][]} indices of sentences of about one length, shortest first
 */
function batchesByLength(sentences) {
  const lengths = sentences.map(lengthRead);
  const order = [...lengths.keys()].sort((a, b) => lengths[a] - lengths[b]);
  /** @type {number[][]} */
  const batches = [];
  for (const index of order) {
    const batch = batches.at(-1);
    const longest = lengths[index];
    if (batch && (batch.length + 1) * longest <= batchTokens && longest <= mostPadding * lengths[batch[0]]) batch.push(index);
    else batches.push([index]);
  }
  return batches;
}

/** @param {Int32Array} ids */
const lengthRead = (ids) => Math.min(ids.length, maxTokens);
