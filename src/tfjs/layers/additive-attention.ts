/**
 * AdditiveAttention of Keras: the sum of scale · tanh(query + key).
 * @module
 */
import { fill, serialization } from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable } from '@tensorflow/tfjs-layers';
import type { Attended } from './attend.js';
import { type AttentionCall, AttentionLayer, type AttentionLayerArgs } from './attention-layer.js';
import { attendAlone, shapesAlone } from './one-head.js';
import type { Shape } from './sizes.js';

export interface AdditiveAttentionArgs extends AttentionLayerArgs {
  /** Sums with learned weights `[d]` instead of ones. @default true */
  readonly useScale?: boolean | undefined;
}

/**
 * Bahdanau's attention without projections: softmax(Σ scale · tanh(query + key)) · value. Inputs, outputs and masks as in `Attention`.
 * @see Bahdanau et al. 2015, §A.1.2; Keras 3, `keras.layers.AdditiveAttention`
 */
export class AdditiveAttention extends AttentionLayer {
  static className = 'AdditiveAttention';

  readonly #useScale: boolean;
  #scale: LayerVariable | undefined;

  constructor({ useScale = true, ...args }: AdditiveAttentionArgs = {}) {
    super(args);
    this.#useScale = useScale;
  }

  protected override buildFor({ query }: { readonly query: number }): void {
    if (this.#useScale) this.#scale = this.addWeight('scale', [query], 'float32', initializers.glorotUniform({}), undefined, true);
  }

  protected override attended(call: AttentionCall): Attended {
    return attendAlone(call, { scale: 1, v: this.#scale?.read() ?? fill([call.query.shape.at(-1) ?? 1], 1) });
  }

  protected override outputShapes(query: Shape, value: Shape) {
    return shapesAlone(query, value);
  }

  override getConfig() {
    return { ...super.getConfig(), useScale: this.#useScale };
  }
}
serialization.registerClass(AdditiveAttention);
