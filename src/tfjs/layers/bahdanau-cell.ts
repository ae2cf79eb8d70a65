/**
 * BahdanauCell: looks at the memory first, then steps.
 * @module
 */
import { concat, reshape, serialization, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import type { TfScore } from '../attention.js';
import { projected } from '../projected.js';
import { AttentionCell, type AttentionCellArgs } from './attention-cell.js';
import type { Shape } from './sizes.js';
import { builtOf } from './weights.js';

export interface BahdanauCellArgs extends AttentionCellArgs {}

/**
 * A cell for `tf.layers.rnn` whose every step sees a context: the memory's values by softmax(v · tanh(h · W + b + key)), h being the state before the step. The cell
 * within steps on input and context together, and gives the output.
 *
 * States: those of the cell within, then the three of `AttentionMemory`, so that `initialState` is `[h, ...memory]`, with an LSTM `[h, c, ...memory]`. The layer's
 * input may have no mask of its own: TensorFlow.js would apply it to the memory. Weights: those of the cell within, `query_kernel` `[n, units]`, `query_bias` `[units]`, `v`.
 * @throws {FoveaError} ERR_OPTION for what is no cell, sizes that are no whole numbers from 1, other states than these
 * @see Bahdanau et al. 2015, §3.1 and §A.1.2
 */
export class BahdanauCell extends AttentionCell {
  static className = 'BahdanauCell';

  #query: { readonly kernel: LayerVariable; readonly bias: LayerVariable; readonly v: LayerVariable } | undefined;

  constructor(args: BahdanauCellArgs) {
    super(args);
  }

  get stateSize(): number[] {
    return [...this.innerSizes, ...this.memorySizes];
  }

  override build(inputShape: Shape | Shape[]): void {
    this.buildInner(((inputShape.at(-1) ?? 0) as number) + this.valueDim);
    const addWeight = this.addWeight.bind(this);
    this.#query = {
      kernel: this.weightsOf.kernel(addWeight, 'query_kernel', [this.innerSizes[0] ?? 0, this.units]),
      bias: this.weightsOf.bias(addWeight, 'query_bias', [this.units]),
      v: this.weightsOf.kernel(addWeight, 'v', [this.units, 1]),
    };
    this.built = true;
  }

  override call(inputs: Tensor | Tensor[], kwargs: Record<string, unknown>): Tensor[] {
    return tidy(() => {
      const [x, ...states] = inputs as [Tensor, ...Tensor[]];
      const { own, memory, kept } = this.sorted(states);
      const context = this.context(own[0] as Tensor, memory);
      return [...(this.cell.call([concat([x, context], -1), ...own], kwargs) as Tensor[]), ...kept];
    });
  }

  protected override queryOf(states: Tensor): Tensor {
    const { kernel, bias } = builtOf(this.name, this.#query);
    return projected(states, kernel.read(), bias.read());
  }

  protected override score(): TfScore {
    return { kind: 'additive', v: reshape(builtOf(this.name, this.#query).v.read(), [this.units]) };
  }
}
serialization.registerClass(BahdanauCell);
