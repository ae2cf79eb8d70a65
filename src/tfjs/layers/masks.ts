/**
 * Masks of Keras, as masks of `attention`: bool, of `[b, h, sq, skv]`.
 * @module
 */
import { cast, expandDims, logicalAnd, type Tensor } from '@tensorflow/tfjs-core';

/** `[b, skv]`: a masked key is seen by nobody. */
export function ofKeys(mask: Tensor): Tensor {
  return expandDims(expandDims(cast(mask, 'bool'), 1), 1);
}

/** `[b, sq]`: a masked query sees nothing. */
export function ofQueries(mask: Tensor): Tensor {
  return expandDims(expandDims(cast(mask, 'bool'), 1), -1);
}

/** `[b, sq, skv]` of all heads; `[b, h, sq, skv]` as it is. */
export function ofHeads(mask: Tensor): Tensor {
  return cast(mask.rank === 3 ? expandDims(mask, 1) : mask, 'bool');
}

/** What both let pass. */
export function both(a: Tensor | undefined, b: Tensor | undefined): Tensor | undefined {
  return a && b ? logicalAnd(a, b) : (a ?? b);
}
