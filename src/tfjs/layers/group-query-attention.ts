/**
 * GroupQueryAttention of Keras: several query heads share the keys and values of one.
 * @module
 */
import { serialization } from '@tensorflow/tfjs-core';
import { optionError } from '../../errors.js';
import { HeadsLayer, type HeadsLayerArgs } from './heads-layer.js';
import { wholeNumber } from './sizes.js';

export interface GroupQueryAttentionArgs extends HeadsLayerArgs {
  /** Of each head. */
  readonly headDim: number;
  readonly numQueryHeads: number;
  /** Divides `numQueryHeads`. */
  readonly numKeyValueHeads: number;
}

const op = 'GroupQueryAttention';

/**
 * `MultiHeadAttention` whose keys and values have fewer heads than its queries. Inputs, outputs, masks and the order of the weights are the same.
 * @throws {FoveaError} ERR_OPTION for sizes that are no whole numbers from 1, and heads that do not divide
 * @see Ainslie et al. 2023; Keras 3, `keras.layers.GroupQueryAttention`
 */
export class GroupQueryAttention extends HeadsLayer {
  static className = op;

  readonly #own: Pick<GroupQueryAttentionArgs, 'headDim' | 'numQueryHeads' | 'numKeyValueHeads'>;

  constructor({ headDim, numQueryHeads, numKeyValueHeads, ...args }: GroupQueryAttentionArgs) {
    const queryHeads = wholeNumber(op, 'numQueryHeads', numQueryHeads);
    const kvHeads = wholeNumber(op, 'numKeyValueHeads', numKeyValueHeads);
    if (queryHeads % kvHeads > 0)
      throw optionError(op, 'numQueryHeads', String(queryHeads), `a multiple of numKeyValueHeads, which is ${kvHeads}`);
    const size = wholeNumber(op, 'headDim', headDim);
    super({ queryHeads, kvHeads, keyDim: size, valueDim: size }, args);
    this.#own = { headDim: size, numQueryHeads: queryHeads, numKeyValueHeads: kvHeads };
  }

  protected override outputWidth(query: number): number {
    return query;
  }

  override getConfig() {
    return { ...super.getConfig(), ...this.#own };
  }
}
serialization.registerClass(GroupQueryAttention);
