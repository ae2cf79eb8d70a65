/**
 * AttentionPooling: one vector of a sequence, by how much each of its parts counts.
 * @module
 */
import { add, expandDims, matMul, mul, ones, reshape, serialization, squeeze, type Tensor, tanh, tidy } from '@tensorflow/tfjs-core';
import { type LayerVariable, layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { shapeError } from '../../errors.js';
import { list } from '../../validate/describe.js';
import { attend } from './attend.js';
import { wholeNumber } from './heads-layer.js';
import { maskOf, only, tapped } from './mask-tap.js';
import { ofKeys } from './masks.js';
import { type LayerArgs, type WeightArgs, Weights } from './weights.js';

type Shape = (number | null)[];
type Inputs = Tensor | Tensor[] | SymbolicTensor | SymbolicTensor[];

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
 * `apply(x)` of `[b, t, d]` gives `[b, d]`, with `returnAttentionScores` the weights `[b, t]`, too. Weights: `kernel` `[d, units]`, `bias` `[units]`, `context` `[units]`.
 * @see Yang et al. 2016, eq. 5–7
 */
export class AttentionPooling extends layers.Layer {
  static className = op;

  readonly #weights: Weights;
  readonly #units: number | undefined;
  readonly #returnAttentionScores: boolean;
  #built: { readonly kernel: LayerVariable; readonly bias: LayerVariable; readonly context: LayerVariable } | undefined;

  constructor({ units, returnAttentionScores = false, ...args }: AttentionPoolingArgs = {}) {
    super(args);
    this.supportsMasking = true;
    this.#weights = new Weights(args);
    this.#units = units == null ? undefined : wholeNumber(op, 'units', units);
    this.#returnAttentionScores = returnAttentionScores;
  }

  override build(inputShape: Shape | Shape[]): void {
    const width = (inputShape as Shape).at(-1);
    if (inputShape.length !== 3 || width == null) throw shapeError(op, 'input', list(inputShape), '[b, t, d] with a known d');
    const units = this.#units ?? width;
    const addWeight = this.addWeight.bind(this);
    this.#built = {
      kernel: this.#weights.kernel(addWeight, 'kernel', [width, units]),
      bias: this.#weights.bias(addWeight, 'bias', [units]),
      // One column: what initializers take for its fans is then the width.
      context: this.#weights.kernel(addWeight, 'context', [units, 1]),
    };
    this.built = true;
  }

  override apply(inputs: Inputs, kwargs?: Record<string, unknown>): ReturnType<layers.Layer['apply']> {
    const x = only<Tensor | SymbolicTensor>(inputs);
    return x instanceof SymbolicTensor ? super.apply(tapped(x)) : super.apply(inputs, kwargs);
  }

  override call(
    inputs: Tensor | Tensor[],
    { mask, training = false }: { mask?: Tensor | Tensor[]; training?: boolean } = {},
  ): Tensor | Tensor[] {
    return tidy(() => {
      if (!this.#built) throw new Error(`${this.name} is not built`);
      const { kernel, bias, context } = this.#built;
      const x = only(inputs) as Tensor;
      const seen = maskOf(x, only(mask));
      const [batch = 1, steps = 1, width = 1] = x.shape;
      const units = kernel.shape.at(-1) ?? 1;
      const keys = tanh(add(matMul(reshape(x, [batch * steps, width]), kernel.read()), bias.read()));
      const query = mul(reshape(context.read(), [1, 1, 1, units]), ones([batch, 1, 1, 1]));
      const { output, scores } = attend(query, reshape(keys, [batch, steps, 1, units]), expandDims(x, 2), {
        scale: 1,
        mask: seen && ofKeys(seen),
        causal: false,
        dropout: 0,
        training,
        returnScores: this.#returnAttentionScores,
      });
      const pooled = squeeze(output, [1, 2]);
      return scores ? [pooled, squeeze(scores, [1, 2])] : pooled;
    });
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    const [batch = null, steps = null, width = null] = inputShape as Shape;
    return this.#returnAttentionScores
      ? [
          [batch, width],
          [batch, steps],
        ]
      : [batch, width];
  }

  /** None: there are no steps left. */
  override computeMask(): Tensor | Tensor[] {
    const none = undefined as unknown as Tensor;
    return this.#returnAttentionScores ? [none, none] : none;
  }

  override getConfig() {
    return {
      ...super.getConfig(),
      ...this.#weights.config(),
      units: this.#units ?? null,
      returnAttentionScores: this.#returnAttentionScores,
    };
  }
}
serialization.registerClass(AttentionPooling);
