/**
 * What layers of images have in common: they weight what they are given, `[b, h, w, c]`.
 * @module
 */
import { type Tensor, tidy } from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { only } from './mask-tap.js';
import { type Shape, widthOf } from './sizes.js';
import { type LayerArgs, type WeightArgs, Weights } from './weights.js';

export interface MapsLayerArgs extends LayerArgs, WeightArgs {
  /** The layer gives its weights, too, after the image. @default false */
  readonly returnAttentionScores?: boolean | undefined;
}

export abstract class MapsLayer extends layers.Layer {
  protected readonly weightsOf: Weights;
  readonly #returnAttentionScores: boolean;

  constructor({ returnAttentionScores = false, ...args }: MapsLayerArgs = {}) {
    super(args);
    this.weightsOf = new Weights(args);
    this.#returnAttentionScores = returnAttentionScores;
  }

  /** Makes what weights the layer has. */
  protected abstract buildFor(channels: number): void;
  /** The image, weighted, and its weights. */
  protected abstract weighted(x: Tensor): [Tensor, ...Tensor[]];
  /** Of the weights. */
  protected abstract weightShapes(image: Shape): Shape[];

  override build(inputShape: Shape | Shape[]): void {
    // Images have their channels last here.
    this.buildFor(widthOf(this.getClassName(), 'input', inputShape as Shape, '[b, h, w, c]'));
    this.built = true;
  }

  override call(inputs: Tensor | Tensor[]): Tensor | Tensor[] {
    return tidy(() => {
      const all = this.weighted(only(inputs) as Tensor);
      return this.#returnAttentionScores ? all : all[0];
    });
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    const image = inputShape as Shape;
    return this.#returnAttentionScores ? [image, ...this.weightShapes(image)] : image;
  }

  override getConfig() {
    return { ...super.getConfig(), ...this.weightsOf.config(), returnAttentionScores: this.#returnAttentionScores };
  }
}
