/**
 * What layers of one sequence have in common: its shape, and its mask.
 * @module
 */
import { type Tensor, tidy } from '@tensorflow/tfjs-core';
import { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { maskOf, only, tapped } from './mask-tap.js';
import { type Shape, widthOf } from './sizes.js';
import { type LayerArgs, type WeightArgs, Weights } from './weights.js';

type Inputs = Tensor | Tensor[] | SymbolicTensor | SymbolicTensor[];

export abstract class SequenceLayer extends layers.Layer {
  protected readonly weightsOf: Weights;
  /** What the call that is running says of its mask: TensorFlow.js says something to layers within others, too, but not of their input. */
  #told: Tensor | undefined;

  constructor(args: LayerArgs & WeightArgs) {
    super(args);
    this.supportsMasking = true;
    this.weightsOf = new Weights(args);
  }

  /** Makes the weights. */
  protected abstract buildFor(width: number): void;
  protected abstract results(x: Tensor, mask: Tensor | undefined, training: boolean): Tensor | Tensor[];

  override build(inputShape: Shape | Shape[]): void {
    this.buildFor(widthOf(this.getClassName(), 'input', inputShape as Shape, '[b, s, d]'));
    this.built = true;
  }

  override apply(inputs: Inputs, kwargs?: Record<string, unknown>): ReturnType<layers.Layer['apply']> {
    const x = only<Tensor | SymbolicTensor>(inputs);
    if (x instanceof SymbolicTensor) return super.apply(tapped(x));
    this.#told = only(kwargs?.mask as Tensor | Tensor[] | undefined);
    try {
      return super.apply(inputs, kwargs);
    } finally {
      this.#told = undefined;
    }
  }

  override call(inputs: Tensor | Tensor[], { training = false }: { training?: boolean } = {}): Tensor | Tensor[] {
    const x = only(inputs) as Tensor;
    return tidy(() => this.results(x, maskOf(x, this.#told), training));
  }

  override getConfig() {
    return { ...super.getConfig(), ...this.weightsOf.config() };
  }
}
