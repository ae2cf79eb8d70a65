/**
 * AttentionMemory: what a decoder's cell attends to, made once for all its steps.
 * @module
 */
import { cast, expandDims, ones, serialization, type Tensor } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { projected } from '../projected.js';
import { only } from './mask-tap.js';
import { SequenceLayer } from './sequence-layer.js';
import { type Shape, wholeNumber } from './sizes.js';
import type { LayerArgs, WeightArgs } from './weights.js';

export interface AttentionMemoryArgs extends LayerArgs, WeightArgs {
  /** Width of the keys, which are then projected. @default none: the keys are the values */
  readonly units?: number | null | undefined;
}

const op = 'AttentionMemory';

/**
 * Of an encoder's states the keys and values of `BahdanauCell` and `LuongCell`, and which of them are there: the last three states of the cell.
 *
 * `apply(x)` of `[b, s, d]` gives keys `[b, s, units]`, values `[b, s, d]`, which are x, and the mask of x `[b, s, 1]`, 1 and 0. Its weight is `kernel` `[d, units]`.
 * @throws {FoveaError} ERR_OPTION for units that are no whole number from 1; ERR_SHAPE for another input
 * @see Bahdanau et al. 2015, §A.1.2: U·h does not depend on the step
 */
export class AttentionMemory extends SequenceLayer {
  static className = op;

  readonly #units: number | undefined;
  #kernel: LayerVariable | undefined;

  constructor({ units, ...args }: AttentionMemoryArgs = {}) {
    super(args);
    this.#units = units == null ? undefined : wholeNumber(op, 'units', units);
  }

  protected override buildFor(width: number): void {
    if (this.#units) this.#kernel = this.weightsOf.kernel(this.addWeight.bind(this), 'kernel', [width, this.#units]);
  }

  protected override results(x: Tensor, mask: Tensor | undefined): Tensor[] {
    const [batch = 1, steps = 1] = x.shape;
    const keys = this.#kernel ? projected(x, this.#kernel.read()) : x;
    return [keys, x, mask ? expandDims(cast(mask, 'float32'), -1) : ones([batch, steps, 1])];
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape[] {
    const [batch = null, steps = null, width = null] = inputShape as Shape;
    return [
      [batch, steps, this.#units ?? width],
      [batch, steps, width],
      [batch, steps, 1],
    ];
  }

  /**
   * Of each, in a model that runs, whether the input has one or not: where an input of `tf.layers.rnn` has a mask, TensorFlow.js tells it that of its first
   * input, and otherwise that of a layer before, which would be applied to the decoder.
   */
  override computeMask(inputs: Tensor | Tensor[], mask?: Tensor | Tensor[]): Tensor[] {
    if (mask === undefined) return Array(3).fill(undefined);
    const [batch = 1, steps = 1] = (only(inputs) as Tensor).shape;
    return Array(3).fill(only(mask) ?? ones([batch, steps], 'bool'));
  }

  override getConfig() {
    return { ...super.getConfig(), units: this.#units ?? null };
  }
}
serialization.registerClass(AttentionMemory);
