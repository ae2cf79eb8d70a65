/**
 * Attention rollout.
 * @module
 */
import { optionError, shapeError } from '../errors.js';
import { matmul } from '../ops/matmul.js';
import type { Tensor } from '../types.js';
import { received } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import type { Checked } from '../validate/tensor.js';
import { checkLayers, type LayerWeights } from './weights.js';

const op = 'rollout';

/** How the heads of a layer become one matrix: element by element. */
export type HeadFusion = 'mean' | 'min' | 'max';

/** Options of `rollout`. */
export interface RolloutOptions {
  /** The share of the residual connection in each layer, from 0 to 1. @default 0.5 */
  readonly residual?: number | undefined;
  /** How the heads of a layer become one matrix. @default 'mean' */
  readonly heads?: HeadFusion | undefined;
}

const rules = {
  residual: (name: string, option: string, value: unknown) => {
    const share = rule.finite(name, option, value);
    if (share < 0 || share > 1) throw optionError(name, option, received(value), 'a number from 0 to 1');
    return share;
  },
  heads: rule.oneOf<HeadFusion>('mean', 'min', 'max'),
} satisfies rule.Rules<RolloutOptions>;

/**
 * How much of each input token is in each output token, through all layers: the product A_L · … · A_1 of A = (1 − residual)·W + residual·I, where W
 * is a layer's heads taken together and the rows of A are divided by their sums.
 * @param weights float32 `[layers, heads, s, s]`, the first layer first; or an array with a `[heads, s, s]` for each layer
 * @returns `[s, s]`: row i says what token i of the last layer is made of. A row of A that is 0 stays 0
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION; ERR_NOT_READY in a browser before `init`
 * @see Abnar & Zuidema 2020, "Quantifying Attention Flow in Transformers"
 */
export function rollout(weights: LayerWeights, options?: RolloutOptions): Tensor {
  const layers = checkLayers(op, 'weights', weights);
  const [, queries, keys] = layers[0].shape;
  if (queries !== keys) throw shapeError(op, 'weights', `${queries} queries and ${keys} keys`, 'as many queries as keys');
  const { residual = 0.5, heads = 'mean' } = rule.checkOptions(op, options, rules);
  const [first, ...others] = layers;
  return others.reduce((below, layer) => matmul(mixed(layer, residual, heads), below), mixed(first, residual, heads));
}

/** A of one layer. */
function mixed({ data, shape, strides, offset }: Checked, residual: number, fusion: HeadFusion): Tensor {
  const [heads = 0, size = 0] = shape;
  const [headStride = 0, rowStride = 0, columnStride = 0] = strides;
  const out = new Float32Array(size * size);
  const row = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let j = 0; j < size; j++) {
      const at = offset + i * rowStride + j * columnStride;
      let fused = data[at] ?? 0;
      for (let head = 1; head < heads; head++) fused = fuse[fusion](fused, data[at + head * headStride] ?? 0);
      if (fusion === 'mean') fused /= heads;
      row[j] = (1 - residual) * fused + (i === j ? residual : 0);
      sum += row[j] ?? 0;
    }
    for (let j = 0; j < size; j++) out[i * size + j] = sum === 0 ? 0 : (row[j] ?? 0) / sum;
  }
  return { data: out, shape: [size, size] };
}

const fuse = { mean: (a: number, b: number) => a + b, min: Math.min, max: Math.max };
