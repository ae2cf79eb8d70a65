/**
 * Characters to characters. Begin here:
 *
 *   characters → embedding → GRU → its states, which are attended to; its last state, which the decoder begins with
 */
import { initializers, input, layers } from '@tensorflow/tfjs-layers';
import { withDecoder } from '../seq2seq-training/decoder.mjs';
import { seedFor } from '../training/seed.mjs';

/** Of the states on both sides, and of the embeddings of what is read and of what is written. */
export const sizes = { units: 128, sourceEmbedding: 64, targetEmbedding: 32 };

/**
 * @param {{ source: number, target: number }} vocabularies ids of either side
 * @param {{ attends: boolean, seed: number }} options
 * @returns {import('../seq2seq-training/decoder.mjs').Model} its sources are ids `[b, s]`, filled up with padding
 */
export function createTranslator({ source, target }, { attends, seed }) {
  const { units, sourceEmbedding, targetEmbedding } = sizes;
  /** @param {string} name */
  const drawn = (name) => initializers.glorotUniform({ seed: seedFor(seed, name) });
  // maskZero: at padding the GRU stands still, so that its last state is that of the last character, and nothing attends to it.
  const embed = layers.embedding({ inputDim: source, outputDim: sourceEmbedding, maskZero: true, embeddingsInitializer: drawn('read') });
  const gru = layers.gru({
    units,
    returnSequences: true,
    returnState: true,
    kernelInitializer: drawn('encoder'),
    recurrentInitializer: drawn('encoder again'),
  });
  const reads = input({ shape: [null], dtype: 'int32' });
  const [values, state] = /** @type {import('@tensorflow/tfjs-layers').SymbolicTensor[]} */ (gru.apply(embed.apply(reads)));
  return withDecoder({ reads, values, state }, { vocabulary: target, embedding: targetEmbedding, units, valueDim: units, attends, seed });
}
