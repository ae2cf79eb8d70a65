/**
 * LuongCell: steps first, then looks at the memory.
 * @module
 */
import { concat, matMul, serialization, type Tensor, tanh, tidy } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { optionError } from '../../errors.js';
import type { TfScore } from '../attention.js';
import { AttentionCell, type AttentionCellArgs } from './attention-cell.js';
import { type Shape, wholeNumber } from './sizes.js';
import { builtOf } from './weights.js';

export interface LuongCellArgs extends AttentionCellArgs {
  /** Width of the output. @default that of the state of the cell within */
  readonly outputDim?: number | undefined;
}

/**
 * A cell for `tf.layers.rnn` that looks at the memory with its new state: h is the step of the cell within on the input and the output before (input feeding), the
 * context are the memory's values by softmax(h · key), the output is tanh([context, h] · W). Keys that `AttentionMemory` has projected make the score the
 * paper's "general", keys that are the values its "dot".
 *
 * States: the output, those of the cell within, then the three of `AttentionMemory`: `initialState` is `[output, h, ...memory]`, the first of zeros to begin with. The
 * layer's input may have no mask of its own: TensorFlow.js would apply it to the memory. Weights: those of the cell within, then `output_kernel` `[valueDim + n, outputDim]`.
 * @throws {FoveaError} ERR_OPTION for what is no cell, sizes that are no whole numbers from 1, keys of another width than the state, other states than these
 * @see Luong et al. 2015, §3.1 and §3.3
 */
export class LuongCell extends AttentionCell {
  static className = 'LuongCell';

  readonly outputDim: number;
  #kernel: LayerVariable | undefined;

  constructor({ outputDim, ...args }: LuongCellArgs) {
    super(args);
    const [width = 0] = this.innerSizes;
    if (width !== this.units)
      throw optionError(
        'LuongCell',
        'units',
        String(this.units),
        `${width}, as wide as the state of the cell`,
        'their dot product is the score',
      );
    this.outputDim = wholeNumber('LuongCell', 'outputDim', outputDim ?? width);
  }

  get stateSize(): number[] {
    return [this.outputDim, ...this.innerSizes, ...this.memorySizes];
  }

  override build(inputShape: Shape | Shape[]): void {
    this.buildInner(((inputShape.at(-1) ?? 0) as number) + this.outputDim);
    const from = this.valueDim + (this.innerSizes[0] ?? 0);
    this.#kernel = this.weightsOf.kernel(this.addWeight.bind(this), 'output_kernel', [from, this.outputDim]);
    this.built = true;
  }

  override call(inputs: Tensor | Tensor[], kwargs: Record<string, unknown>): Tensor[] {
    return tidy(() => {
      const [x, ...states] = inputs as [Tensor, ...Tensor[]];
      const { own, memory, kept } = this.sorted(states);
      const [before, ...inner] = own as [Tensor, ...Tensor[]];
      const [, ...after] = this.cell.call([concat([x, before], -1), ...inner], kwargs) as [Tensor, ...Tensor[]];
      const h = after[0] as Tensor;
      const output = tanh(matMul(concat([this.context(h, memory), h], -1), builtOf(this.name, this.#kernel).read()));
      return [output, output, ...after, ...kept];
    });
  }

  protected override innerStates(): number {
    return this.innerSizes.length + 1;
  }

  protected override queryOf(states: Tensor): Tensor {
    return states;
  }

  protected override score(): TfScore {
    return 'dot';
  }

  override getConfig() {
    return { ...super.getConfig(), outputDim: this.outputDim };
  }
}
serialization.registerClass(LuongCell);
