// @ts-check
/** By what the scores of a case are scaled, so that with numbers of mean 0 and variance 1 they have a variance of about 1: that of ‖q − k‖² is 5.6 a dimension. */

/** @import { AttentionCase } from './types.js' */

/** @param {AttentionCase} item */
export function scaleOf({ score, headDim }) {
  switch (score) {
    case 'cosine':
      return Math.sqrt(headDim);
    case 'euclidean':
      return 1 / (2 * Math.sqrt(headDim));
    case 'rbf':
      return 2 * Math.sqrt(headDim);
    case 'additive':
      return 1; // its weights see to it
    default:
      return 1 / Math.sqrt(headDim);
  }
}

/** Of an rbf: one over the mean of ‖q − k‖². @param {AttentionCase} item */
export const gammaOf = ({ headDim }) => 1 / (2 * headDim);
