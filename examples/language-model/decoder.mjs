/** The same transformer as network.mjs, by fovea's own ops: a character a call, the others in a KVCache a layer, which looks as far back as a window of training. */
import { embedding, KVCache, linear, packMatrix, rmsNorm, rotary } from 'fovea';
import { add } from '../program/add.mjs';
import { vocabulary } from './vocabulary.mjs';

/**
 * @typedef {import('fovea').Tensor} Tensor
 * @typedef {object} Decoder
 * @property {(ids: Int32Array) => Float32Array} forward what may follow each of these characters, `[ids, vocabulary]`: they stand behind those of earlier calls
 * @property {() => void} dispose
 */

/**
 * @param {import('./network.mjs').Variables} variables trained
 * @param {import('./network.mjs').Sizes} sizes
 * @param {number} capacity characters at most
 * @returns {Decoder}
 */
export function createDecoder(variables, { layers, width, heads, context }, capacity) {
  const headDim = width / heads;
  /** @param {string} name @returns {Tensor} */
  const weight = (name) => ({ data: Float32Array.from(variables[name].dataSync()), shape: variables[name].shape });
  const table = weight('table');
  const unembed = packMatrix(table, { transpose: true });
  const stack = Array.from({ length: layers }, (_, layer) => ({
    attentionNorm: weight(`${layer}.attentionNorm`),
    projections: ['query', 'key', 'value'].map((name) => packMatrix(weight(`${layer}.${name}`))),
    out: packMatrix(weight(`${layer}.out`)),
    feedNorm: weight(`${layer}.feedNorm`),
    expand: packMatrix(weight(`${layer}.expand`)),
    contract: packMatrix(weight(`${layer}.contract`)),
    cache: new KVCache({ batch: 1, kvHeads: heads, headDim, capacity, window: [context - 1, 0] }),
  }));
  const norm = weight('norm');
  let seen = 0;

  return {
    forward(ids) {
      const positions = Int32Array.from(ids, (_, i) => seen + i);
      const layout = 'bshd';
      const x = embedding(ids, table);
      for (const { attentionNorm, projections, out, feedNorm, expand, contract, cache } of stack) {
        const normed = rmsNorm(x, { gamma: attentionNorm });
        const [q, k, v] = projections.map((projection) => shaped(linear(normed, projection), [1, ids.length, heads, headDim]));
        cache.append(rotary(k, { layout, positions }), v, { layout });
        const { output } = cache.attention(rotary(q, { layout, positions }), { layout });
        add(x.data, linear(shaped(output, [ids.length, width]), out).data);
        const inner = linear(rmsNorm(x, { gamma: feedNorm }), expand, { activation: 'relu' });
        for (let i = 0; i < inner.data.length; i++) inner.data[i] *= inner.data[i];
        add(x.data, linear(inner, contract).data);
      }
      seen += ids.length;
      return linear(rmsNorm(x, { gamma: norm }), unembed).data.subarray(0, ids.length * vocabulary);
    },
    dispose() {
      for (const { cache } of stack) cache.dispose();
    },
  };
}

/** The same numbers in another shape. @param {Tensor} tensor @param {number[]} shape @returns {Tensor} */
const shaped = ({ data }, shape) => ({ data, shape });
