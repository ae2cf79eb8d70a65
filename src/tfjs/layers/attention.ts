/**
 * Attention of Keras: dot products, or the sum of tanh.
 * @module
 */
import { fill, mul, serialization, type Tensor } from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable } from '@tensorflow/tfjs-layers';
import { optionError } from '../../errors.js';
import { received } from '../../validate/describe.js';
import type { Attended } from './attend.js';
import { type AttentionCall, AttentionLayer, type AttentionLayerArgs } from './attention-layer.js';
import { attendAlone, shapesAlone } from './one-head.js';
import type { Shape } from './sizes.js';

export interface AttentionArgs extends AttentionLayerArgs {
  /** Multiplies the scores by a number that is learned and begins at 1. @default false */
  readonly useScale?: boolean | undefined;
  /** `'dot'`: q · k. `'concat'`: a learned number times the sum of tanh(q + k). @default 'dot' */
  readonly scoreMode?: 'dot' | 'concat' | undefined;
}

const modes: readonly unknown[] = ['dot', 'concat'];

/**
 * Dot-product attention without projections: softmax(query · keyᵀ) · value.
 *
 * `apply([query, value, key?, attentionMask?])` of `[b, sq, d]`, `[b, skv, dv]`, `[b, skv, d]` (default: the value), float32, and a mask `[b, sq, skv]`,
 * where what is not 0 may be seen, gives `[b, sq, dv]`, with `returnAttentionScores` the weights `[b, sq, skv]`, too. Masked keys are not seen; masked queries
 * give 0 and hand their mask on.
 * @see Luong et al. 2015; Keras 3, `keras.layers.Attention`
 */
export class Attention extends AttentionLayer {
  static className = 'Attention';

  readonly #useScale: boolean;
  readonly #scoreMode: 'dot' | 'concat';
  #scale: LayerVariable | undefined;
  #weight: LayerVariable | undefined;

  constructor({ useScale = false, scoreMode = 'dot', ...args }: AttentionArgs = {}) {
    super(args);
    if (!modes.includes(scoreMode)) throw optionError('Attention', 'scoreMode', received(scoreMode), "'dot' or 'concat'");
    this.#useScale = useScale;
    this.#scoreMode = scoreMode;
  }

  protected override buildFor(): void {
    const number = (name: string) => this.addWeight(name, [], 'float32', initializers.ones(), undefined, true);
    if (this.#useScale) this.#scale = number('scale');
    if (this.#scoreMode === 'concat') this.#weight = number('concat_score_weight');
  }

  protected override attended(call: AttentionCall): Attended {
    const scaled = (x: Tensor) => (this.#scale ? mul(x, this.#scale.read()) : x);
    const query = scaled(call.query);
    if (!this.#weight) return attendAlone({ ...call, query }, { scale: 1 });
    const v = mul(fill([query.shape.at(-1) ?? 1], 1), this.#weight.read());
    return attendAlone({ ...call, query, key: scaled(call.key) }, { scale: 1, v });
  }

  protected override outputShapes(query: Shape, value: Shape) {
    return shapesAlone(query, value);
  }

  override getConfig() {
    return { ...super.getConfig(), useScale: this.#useScale, scoreMode: this.#scoreMode };
  }
}
serialization.registerClass(Attention);
