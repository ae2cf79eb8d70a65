/**
 * AttentionPooling: one vector of a sequence, by how much each of its parts counts.
 * @module
 */
import { expandDims, mul, ones, reshape, serialization, squeeze, type Tensor, tanh } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { projected } from '../projected.js';
import { attend } from './attend.js';
import { ofKeys } from './masks.js';
import { SequenceLayer } from './sequence-layer.js';
import { type Shape, wholeNumber } from './sizes.js';
import { builtOf, type LayerArgs, type WeightArgs } from './weights.js';

export interface AttentionPoolingArgs extends LayerArgs, WeightArgs {
  /** Width of what the parts are compared in. @default that of the input */
  readonly units?: number | null | undefined;
  /** The layer gives its weights, too. @default false */
  readonly returnAttentionScores?: boolean | undefined;
}

const op = 'AttentionPooling';

/**
 * Σ α · x with α = softmax(tanh(x · W + b) · context), over the steps that are not masked.
 *
 * `apply(x)` of `[b, s, d]` gives `[b, d]`, with `returnAttentionScores` the weights `[b, s]`, too. Weights: `kernel` `[d, units]`, `bias` `[units]`, `context` `[units, 1]`.
 * @throws {FoveaError} ERR_OPTION for units that are no whole number from 1; ERR_SHAPE for another input
 * @see Yang et al. 2016, eq. 5–7
 */
export class AttentionPooling extends SequenceLayer {
  static className = op;

  readonly #units: number | undefined;
  readonly #returnAttentionScores: boolean;
  #own: { readonly kernel: LayerVariable; readonly bias: LayerVariable; readonly context: LayerVariable } | undefined;

  constructor({ units, returnAttentionScores = false, ...args }: AttentionPoolingArgs = {}) {
    super(args);
    this.#units = units == null ? undefined : wholeNumber(op, 'units', units);
    this.#returnAttentionScores = returnAttentionScores;
  }

  protected override buildFor(width: number): void {
    const units = this.#units ?? width;
    const addWeight = this.addWeight.bind(this);
    this.#own = {
      kernel: this.weightsOf.kernel(addWeight, 'kernel', [width, units]),
      bias: this.weightsOf.bias(addWeight, 'bias', [units]),
      // One column: what initializers take for its fans is then the width.
      context: this.weightsOf.kernel(addWeight, 'context', [units, 1]),
    };
  }

  protected override results(x: Tensor, mask: Tensor | undefined, training: boolean): Tensor | Tensor[] {
    const { kernel, bias, context } = builtOf(this.name, this.#own);
    const [batch = 1] = x.shape;
    const units = kernel.shape.at(-1) ?? 1;
    const keys = tanh(projected(x, kernel.read(), bias.read()));
    const query = mul(reshape(context.read(), [1, 1, 1, units]), ones([batch, 1, 1, 1]));
    const { output, scores } = attend(query, expandDims(keys, 2), expandDims(x, 2), {
      scale: 1,
      mask: mask && ofKeys(mask),
      causal: false,
      dropout: 0,
      training,
      returnScores: this.#returnAttentionScores,
    });
    const pooled = squeeze(output, [1, 2]);
    return scores ? [pooled, squeeze(scores, [1, 2])] : pooled;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    const [batch = null, steps = null, width = null] = inputShape as Shape;
    const pooled = [batch, width];
    return this.#returnAttentionScores ? [pooled, [batch, steps]] : pooled;
  }

  /** None: there are no steps left. */
  override computeMask(): Tensor | Tensor[] {
    const none = undefined as unknown as Tensor;
    return this.#returnAttentionScores ? [none, none] : none;
  }

  override getConfig() {
    return { ...super.getConfig(), units: this.#units ?? null, returnAttentionScores: this.#returnAttentionScores };
  }
}
serialization.registerClass(AttentionPooling);
