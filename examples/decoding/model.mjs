/**
 * A decoder as Llama and its like are built, with weights by chance:
 *
 *   tokens → embedding → layers × [ x += attention(norm(x)); x += contract(gelu(expand(norm(x)))) ] → norm → logits
 *
 * norm is rmsNorm, attention is causal, with rotary positions, over the tokens of the call or of a KVCache a layer.
 */
import { embedding, KVCache, linear, MultiHeadAttention, packMatrix, rmsNorm } from 'fovea';
import { add } from '../program/add.mjs';
import { normalOf } from '../program/random.mjs';

/**
 * @typedef {import('fovea').Tensor} Tensor
 * @typedef {{ layers: number, width: number, heads: number, kvHeads: number }} Sizes width: a multiple of 2 · heads
 * @typedef {'float32' | 'bfloat16' | 'int8'} CacheDType
 *
 * @typedef {object} PassOptions
 * @property {readonly KVCache[]} [caches] one a layer: takes the tokens in, which then see all that it holds
 * @property {(layer: number, weights: Tensor) => void} [onWeights] told the weights of each layer's attention, `[1, heads, s, tokens seen]`
 *
 * @typedef {object} Model
 * @property {number} parameters numbers that it is made of
 * @property {(dtype: CacheDType, capacity: number) => KVCache[]} createCaches one a layer
 * @property {(ids: Int32Array, options?: PassOptions) => Tensor} forward token ids → logits `[s, vocabulary]`: row i is what may follow token i
 */

/** Tokens that there are. */
export const vocabulary = 256;
/** Width inside the feed-forward layers, in widths. */
export const expansion = 4;
/**
 * Standard deviation of the scores: of queries and keys by chance it would be 1, and every token would look at all others nearly alike, which
 * hides what goes wrong in attention. Trained heads look at few.
 */
export const sharpness = 2;

/**
 * @param {Sizes} sizes
 * @param {() => number} uniform evenly in [0, 1)
 * @returns {Model}
 */
export function createModel({ layers: count, width, heads, kvHeads }, uniform) {
  const normal = normalOf(uniform);
  let parameters = 0;
  const kvWidth = (width / heads) * kvHeads;
  const table = random(vocabulary, width, 1);
  const layers = Array.from({ length: count }, createLayer);
  const unembed = map(width, vocabulary);

  return {
    parameters,
    createCaches: (dtype, capacity) => layers.map(() => new KVCache({ batch: 1, kvHeads, headDim: width / heads, capacity, dtype })),
    forward(ids, { caches, onWeights } = {}) {
      const x = embedding({ data: ids, shape: [1, ids.length] }, table);
      for (const [index, { attention, expand, contract }] of layers.entries()) {
        const normed = rmsNorm(x);
        const options = caches ? { cache: caches[index] } : { causal: true };
        const { output, weights } = attention.forward(normed, normed, normed, { ...options, returnWeights: onWeights !== undefined });
        if (weights) onWeights?.(index, weights);
        add(x.data, output.data);
        add(x.data, linear(linear(rmsNorm(x), expand, { activation: 'gelu' }), contract).data);
      }
      const { data } = linear(rmsNorm(x), unembed);
      return { data, shape: [ids.length, vocabulary] };
    },
  };

  function createLayer() {
    // What is added to x is small beside it, the smaller the more layers add, so that x grows to about √2 of its size (as in GPT-2).
    const share = 1 / Math.sqrt(2 * count);
    return {
      attention: new MultiHeadAttention({
        embedDim: width,
        heads,
        kvHeads,
        rotary: {},
        weights: {
          q: { weight: map(width, width, sharpness) },
          k: { weight: map(width, kvWidth) },
          v: { weight: map(width, kvWidth) },
          out: { weight: map(width, width, share) },
        },
      }),
      expand: map(width, expansion * width),
      contract: map(expansion * width, width, share),
    };
  }

  /** A linear map that keeps the size of its input, times `gain`, packed once. @param {number} from @param {number} to */
  function map(from, to, gain = 1) {
    return packMatrix(random(from, to, gain / Math.sqrt(from)));
  }

  /** Normal numbers of such a deviation. @param {number} rows @param {number} columns @param {number} deviation @returns {Tensor} */
  function random(rows, columns, deviation) {
    parameters += rows * columns;
    return { data: Float32Array.from({ length: rows * columns }, () => deviation * normal()), shape: [rows, columns] };
  }
}
