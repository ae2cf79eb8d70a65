/**
 * MultiHeadAttention of Keras.
 * @module
 */
import { serialization } from '@tensorflow/tfjs-core';
import { HeadsLayer, type HeadsLayerArgs } from './heads-layer.js';
import { wholeNumber } from './sizes.js';

export interface MultiHeadAttentionArgs extends HeadsLayerArgs {
  readonly numHeads: number;
  /** Of each head's queries and keys. */
  readonly keyDim: number;
  /** Of each head's values. @default keyDim */
  readonly valueDim?: number | null | undefined;
  /** Width of the output. @default that of the query */
  readonly outputShape?: number | null | undefined;
}

const op = 'MultiHeadAttention';

/**
 * Each head attends to what it projects: `numHeads` times softmax(q · kᵀ / √keyDim) · v, and one projection of all of them.
 *
 * `apply([query, value, key?, attentionMask?])` of `[b, sq, width]`, `[b, skv, width]`, `[b, skv, width]` (default: the value), float32, and a mask
 * `[b, sq, skv]` or `[b, numHeads, sq, skv]`, where what is not 0 may be seen, gives `[b, sq, outputShape]`, with `returnAttentionScores` the weights
 * `[b, numHeads, sq, skv]`, too. Masked values and keys are not seen, masked queries see nothing and hand their mask on. Weights are in Keras' order and
 * shapes, so that `setWeights` takes those of `keras.layers.MultiHeadAttention`.
 * @throws {FoveaError} ERR_OPTION for sizes that are no whole numbers from 1
 * @see Vaswani et al. 2017, §3.2.2; Keras 3, `keras.layers.MultiHeadAttention`
 */
export class MultiHeadAttention extends HeadsLayer {
  static className = op;

  readonly #own: Pick<MultiHeadAttentionArgs, 'numHeads' | 'keyDim'> & { valueDim: number; outputShape: number | null };

  constructor({ numHeads, keyDim, valueDim, outputShape, ...args }: MultiHeadAttentionArgs) {
    const heads = wholeNumber(op, 'numHeads', numHeads);
    const own = {
      numHeads: heads,
      keyDim: wholeNumber(op, 'keyDim', keyDim),
      valueDim: wholeNumber(op, 'valueDim', valueDim ?? keyDim),
      outputShape: outputShape == null ? null : wholeNumber(op, 'outputShape', outputShape),
    };
    super({ queryHeads: heads, kvHeads: heads, keyDim: own.keyDim, valueDim: own.valueDim }, args);
    this.#own = own;
  }

  protected override outputWidth(query: number): number {
    return this.#own.outputShape ?? query;
  }

  override getConfig() {
    return { ...super.getConfig(), ...this.#own };
  }
}
serialization.registerClass(MultiHeadAttention);
