/**
 * SqueezeExcite: channels weighted by what an image has of them.
 * @module
 */
import { mean, mul, reshape, serialization, sigmoid, type Tensor } from '@tensorflow/tfjs-core';
import { Bottleneck } from './bottleneck.js';
import { MapsLayer, type MapsLayerArgs } from './maps-layer.js';
import { type Shape, wholeNumber } from './sizes.js';

export interface SqueezeExciteArgs extends MapsLayerArgs {
  /** Channels for each number of the bottleneck: r in the paper. @default 16 */
  readonly ratio?: number | undefined;
}

const op = 'SqueezeExcite';

/**
 * x · σ(relu(mean · reduce) · expand): the mean of each channel over its image says how much the channel counts.
 *
 * `apply(x)` of `[b, h, w, c]` gives the same shape, with `returnAttentionScores` the weights `[b, c]`, too. Weights: `reduce_kernel` `[c, r]`, `reduce_bias`,
 * `expand_kernel` `[r, c]`, `expand_bias`, where r is c / ratio, at least 1.
 * @see Hu et al. 2018
 */
export class SqueezeExcite extends MapsLayer {
  static className = op;

  readonly #bottleneck: Bottleneck;
  readonly #ratio: number;

  constructor({ ratio = 16, ...args }: SqueezeExciteArgs = {}) {
    super(args);
    this.#ratio = wholeNumber(op, 'ratio', ratio);
    this.#bottleneck = new Bottleneck(this.name, this.#ratio);
  }

  protected override buildFor(channels: number): void {
    this.#bottleneck.build(this.weightsOf, this.addWeight.bind(this), channels);
  }

  protected override weighted(x: Tensor): [Tensor, Tensor] {
    const weights = sigmoid(this.#bottleneck.apply(mean(x, [1, 2])));
    const [batch = 1, channels = 1] = weights.shape;
    return [mul(x, reshape(weights, [batch, 1, 1, channels])), weights];
  }

  protected override weightShapes([batch = null, , , channels = null]: Shape) {
    return [[batch, channels]];
  }

  override getConfig() {
    return { ...super.getConfig(), ratio: this.#ratio };
  }
}
serialization.registerClass(SqueezeExcite);
