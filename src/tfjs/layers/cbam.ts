/**
 * CBAM: channels weighted, then pixels.
 * @module
 */
import { add, max, mean, mul, reshape, serialization, sigmoid, type Tensor } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { Bottleneck } from './bottleneck.js';
import { MapsLayer } from './maps-layer.js';
import { oddNumber, type Shape, wholeNumber } from './sizes.js';
import { type SpatialAttentionArgs, weightPixels } from './spatial-attention.js';
import type { SqueezeExciteArgs } from './squeeze-excite.js';
import { builtOf } from './weights.js';

export interface CBAMArgs extends SqueezeExciteArgs, SpatialAttentionArgs {}

/**
 * Channels first: x · σ(m(mean) + m(maximum)) of each channel over its image, m(v) = relu(v · reduce) · expand; then the pixels of that, as
 * `SpatialAttention` does.
 *
 * `apply(x)` of `[b, h, w, c]` gives the same shape, with `returnAttentionScores` the weights of the channels `[b, c]` and of the pixels `[b, h, w]`, too. Weights: those of
 * `SqueezeExcite`, then that of `SpatialAttention`.
 * @throws {FoveaError} ERR_OPTION for a size that is not odd
 * @see Woo et al. 2018
 */
export class CBAM extends MapsLayer {
  static className = 'CBAM';

  readonly #ratio: number;
  readonly #kernelSize: number;
  readonly #bottleneck: Bottleneck;
  #kernel: LayerVariable | undefined;

  constructor({ ratio = 16, kernelSize = 7, ...args }: CBAMArgs = {}) {
    super(args);
    this.#ratio = wholeNumber('CBAM', 'ratio', ratio);
    this.#kernelSize = oddNumber('CBAM', 'kernelSize', kernelSize);
    this.#bottleneck = new Bottleneck(this.name, this.#ratio);
  }

  protected override buildFor(channels: number): void {
    const addWeight = this.addWeight.bind(this);
    this.#bottleneck.build(this.weightsOf, addWeight, channels);
    this.#kernel = this.weightsOf.kernel(addWeight, 'kernel', [this.#kernelSize, this.#kernelSize, 2, 1]);
  }

  protected override weighted(x: Tensor): [Tensor, Tensor, Tensor] {
    const [batch = 1, , , channels = 1] = x.shape;
    const summed = add(this.#bottleneck.apply(mean(x, [1, 2])), this.#bottleneck.apply(max(x, [1, 2])));
    const weights = sigmoid(summed);
    const [output, pixels] = weightPixels(mul(x, reshape(weights, [batch, 1, 1, channels])), builtOf(this.name, this.#kernel).read());
    return [output, weights, pixels];
  }

  protected override weightShapes(image: Shape) {
    return [[image[0] ?? null, image[3] ?? null], image.slice(0, 3)];
  }

  override getConfig() {
    return { ...super.getConfig(), ratio: this.#ratio, kernelSize: this.#kernelSize };
  }
}
serialization.registerClass(CBAM);
