// @ts-check
/** Embeddings of the sentences, as TensorFlow.js made them: rows of float32, not of float64. */
import { embeddings } from '../sentences.mjs';

/** @import { Row } from './rounding.mjs' */

/**
 * They have length 1, so a number in them is about 1/√512 = 0.04; after some 20 layers, each rounded to float32, two implementations were seen to differ by
 * 3e-7. What a wrong epsilon, scale or mask exceeds by far.
 */
const tolerance = 1e-4;

/** @returns {{ length: number, rows: Row[] }} */
export function sentenceRows() {
  const rows = embeddings.map((embedding, index) => ({
    ...{ start: index * embedding.length, step: 1, exact: Float64Array.from(embedding) },
    bound: new Float64Array(embedding.length).fill(tolerance),
  }));
  return { length: rows.reduce((sum, { exact }) => sum + exact.length, 0), rows };
}
