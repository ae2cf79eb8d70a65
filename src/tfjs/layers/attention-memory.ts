/**
 * AttentionMemory: what a decoder's cell attends to, made once for all its steps.
 * @module
 */
import { cast, expandDims, matMul, ones, reshape, serialization, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { type LayerVariable, layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { shapeError } from '../../errors.js';
import { list } from '../../validate/describe.js';
import { wholeNumber } from './heads-layer.js';
import { maskOf, only, tapped } from './mask-tap.js';
import { type LayerArgs, type WeightArgs, Weights } from './weights.js';

type Shape = (number | null)[];

export interface AttentionMemoryArgs extends LayerArgs, WeightArgs {
  /** Width of the keys, which are then projected. @default none: the keys are the values */
  readonly units?: number | null | undefined;
}

const op = 'AttentionMemory';

/**
 * Of an encoder's states the keys and values of `BahdanauCell` and `LuongCell`, and which of them are there: the last three states of the cell.
 *
 * `apply(x)` of `[b, s, d]` gives keys `[b, s, units]`, values `[b, s, d]`, which are x, and the mask of x `[b, s, 1]`, 1 and 0. Its weight is `kernel` `[d, units]`.
 * @see Bahdanau et al. 2015, §A.1.2: U·h does not depend on the step
 */
export class AttentionMemory extends layers.Layer {
  static className = op;

  readonly #weights: Weights;
  readonly #units: number | undefined;
  #kernel: LayerVariable | undefined;

  constructor({ units, ...args }: AttentionMemoryArgs = {}) {
    super(args);
    this.supportsMasking = true;
    this.#weights = new Weights(args);
    this.#units = units == null ? undefined : wholeNumber(op, 'units', units);
  }

  override build(inputShape: Shape | Shape[]): void {
    const width = (inputShape as Shape).at(-1);
    if (inputShape.length !== 3 || width == null) throw shapeError(op, 'input', list(inputShape), '[b, s, d] with a known d');
    if (this.#units) this.#kernel = this.#weights.kernel(this.addWeight.bind(this), 'kernel', [width, this.#units]);
    this.built = true;
  }

  override apply(
    inputs: Tensor | Tensor[] | SymbolicTensor | SymbolicTensor[],
    kwargs?: Record<string, unknown>,
  ): ReturnType<layers.Layer['apply']> {
    const x = only<Tensor | SymbolicTensor>(inputs);
    return x instanceof SymbolicTensor ? super.apply(tapped(x)) : super.apply(inputs, kwargs);
  }

  override call(inputs: Tensor | Tensor[], { mask }: { mask?: Tensor | Tensor[] } = {}): Tensor[] {
    return tidy(() => {
      const x = only(inputs) as Tensor;
      const seen = maskOf(x, only(mask));
      const [batch = 1, steps = 1, width = 1] = x.shape;
      const keys = this.#kernel ? reshape(matMul(reshape(x, [batch * steps, width]), this.#kernel.read()), [batch, steps, -1]) : x;
      return [keys, x, seen ? expandDims(cast(seen, 'float32'), -1) : ones([batch, steps, 1])];
    });
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape[] {
    const [batch = null, steps = null, width = null] = inputShape as Shape;
    return [
      [batch, steps, this.#units ?? width],
      [batch, steps, width],
      [batch, steps, 1],
    ];
  }

  /** None: the mask is a result. */
  override computeMask(): Tensor[] {
    return Array(3).fill(undefined);
  }

  override getConfig() {
    return { ...super.getConfig(), ...this.#weights.config(), units: this.#units ?? null };
  }
}
serialization.registerClass(AttentionMemory);
