/**
 * SpatialAttention: pixels weighted by what their channels and those of their neighbours are.
 * @module
 */
import { concat, conv2d, max, mean, mul, serialization, sigmoid, squeeze, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { MapsLayer, type MapsLayerArgs } from './maps-layer.js';
import { oddNumber, type Shape } from './sizes.js';
import { builtOf } from './weights.js';

export interface SpatialAttentionArgs extends MapsLayerArgs {
  /** Side of the window, odd. @default 7 */
  readonly kernelSize?: number | undefined;
}

/**
 * x · σ(mean and maximum over each pixel's channels, convolved with a window of `kernelSize`).
 *
 * `apply(x)` of `[b, h, w, c]` gives the same shape, with `returnAttentionScores` the weights `[b, h, w]`, too. Its weight is `kernel` `[k, k, 2, 1]`: of the
 * means, then of the maxima.
 * @throws {FoveaError} ERR_OPTION for a size that is not odd
 * @see Woo et al. 2018, §3
 */
export class SpatialAttention extends MapsLayer {
  static className = 'SpatialAttention';

  readonly #kernelSize: number;
  #kernel: LayerVariable | undefined;

  constructor({ kernelSize = 7, ...args }: SpatialAttentionArgs = {}) {
    super(args);
    this.#kernelSize = oddNumber('SpatialAttention', 'kernelSize', kernelSize);
  }

  protected override buildFor(): void {
    const size = this.#kernelSize;
    this.#kernel = this.weightsOf.kernel(this.addWeight.bind(this), 'kernel', [size, size, 2, 1]);
  }

  protected override weighted(x: Tensor): [Tensor, Tensor] {
    return weightPixels(x, builtOf(this.name, this.#kernel).read());
  }

  protected override weightShapes(image: Shape) {
    return [image.slice(0, 3)];
  }

  override getConfig() {
    return { ...super.getConfig(), kernelSize: this.#kernelSize };
  }
}
serialization.registerClass(SpatialAttention);

/** The image with its pixels weighted, and the weights `[b, h, w]`. @param kernel `[k, k, 2, 1]` */
export function weightPixels(x: Tensor, kernel: Tensor): [Tensor, Tensor] {
  const seen = concat([mean(x, -1, true), max(x, -1, true)], -1);
  const weights = sigmoid(conv2d(seen as Tensor4D, kernel as Tensor4D, 1, 'same'));
  return [mul(x, weights), squeeze(weights, [3])];
}
