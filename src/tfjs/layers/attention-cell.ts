/**
 * What cells that attend have in common: the cell within, the memory among their states, and the look that each step takes at it.
 * @module
 */
import { cast, reshape, serialization, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { type LayerVariable, layers } from '@tensorflow/tfjs-layers';
import { optionError } from '../../errors.js';
import { list, received } from '../../validate/describe.js';
import { attention, attentionWeights, type TfScore } from '../attention.js';
import { wholeNumber } from './sizes.js';
import { type LayerArgs, type WeightArgs, Weights } from './weights.js';

type Config = ReturnType<layers.Layer['getConfig']>;

/** Of both cells. `tf.layers.rnn` knows no regularizers of its cell. */
export interface AttentionCellArgs extends LayerArgs, Omit<WeightArgs, 'kernelRegularizer' | 'biasRegularizer'> {
  /** The cell within, such as `tf.layers.gruCell({ units })`, without dropout: `tf.layers.rnn` would draw it once and for all. */
  readonly cell: layers.RNNCell;
  /** Width of the memory's keys. */
  readonly units: number;
  /** Width of the memory's values. @default units */
  readonly valueDim?: number | undefined;
}

/** What `AttentionMemory` gives. */
export interface Memory {
  readonly keys: Tensor;
  readonly values: Tensor;
  /** `[b, s, 1]`, 1 and 0: TensorFlow.js has float32 alone between layers. */
  readonly mask: Tensor;
}

/** Keys, values, mask. */
const memorySize = 3;

export abstract class AttentionCell extends layers.RNNCell {
  readonly cell: layers.RNNCell;
  readonly units: number;
  readonly valueDim: number;
  protected readonly weightsOf: Weights;

  constructor({ cell, units, valueDim = units, ...args }: AttentionCellArgs) {
    super(args);
    const op = this.getClassName();
    if (!(cell instanceof layers.RNNCell))
      throw optionError(
        op,
        'cell',
        (cell as layers.Layer | undefined)?.getClassName?.() ?? received(cell),
        'a cell, such as tf.layers.gruCell({ units })',
      );
    for (const name of ['dropout', 'recurrentDropout'])
      if ((cell as unknown as Record<string, number>)[name])
        throw optionError(
          op,
          'cell',
          `one with ${name}`,
          'a cell without',
          'tf.layers.rnn draws it once, and keeps it when the model is used',
        );
    this.cell = cell;
    this.units = wholeNumber(op, 'units', units);
    this.valueDim = wholeNumber(op, 'valueDim', valueDim);
    this.weightsOf = new Weights(args);
  }

  /** What a state asks the keys for: rows of any number → rows of `units` */
  protected abstract queryOf(states: Tensor): Tensor;
  /** How it is compared with them. */
  protected abstract score(): TfScore;

  /** Sizes of the states of the cell within. */
  protected get innerSizes(): number[] {
    const { stateSize } = this.cell;
    return Array.isArray(stateSize) ? stateSize : [stateSize];
  }

  protected get memorySizes(): number[] {
    return [this.units, this.valueDim, 1];
  }

  /** Builds the cell within. @param width of its input */
  protected buildInner(width: number): void {
    this.cell.build([null, width]);
  }

  /** Those of the cell within first. */
  override get trainableWeights(): LayerVariable[] {
    return this.trainable ? [...this.cell.trainableWeights, ...super.trainableWeights] : [];
  }

  override get nonTrainableWeights(): LayerVariable[] {
    return [...(this.trainable ? this.cell.nonTrainableWeights : this.cell.weights), ...super.nonTrainableWeights];
  }

  /** States before the memory, and the memory. */
  protected sorted(states: readonly Tensor[]): { readonly own: Tensor[]; readonly memory: Memory; readonly kept: Tensor[] } {
    const kept = states.slice(-memorySize);
    const [keys, values, mask] = kept as [Tensor, Tensor, Tensor];
    const { units, valueDim } = this;
    const widths = [keys, values].map(({ rank, shape }) => (rank === 3 ? shape[2] : undefined));
    if (states.length !== this.innerStates() + memorySize || widths[0] !== units || widths[1] !== valueDim)
      throw optionError(
        this.getClassName(),
        'initialState',
        `of shapes ${states.map(({ shape }) => list(shape)).join(', ')}`,
        `the states of the cell, then of an AttentionMemory keys [b, s, ${units}], values [b, s, ${valueDim}] and mask [b, s, 1]`,
        'without an initialState TensorFlow.js gives rank 2 to all',
      );
    return { own: states.slice(0, -memorySize), memory: { keys, values, mask }, kept };
  }

  /** How many states come before the memory. */
  protected innerStates(): number {
    return this.innerSizes.length;
  }

  /** What a step sees: `[b, …]` → `[b, valueDim]` */
  protected context(states: Tensor, { keys, values, mask }: Memory): Tensor {
    const [batch = 1, steps = 1, units = 1] = keys.shape;
    const query = reshape(this.queryOf(states), [batch, 1, 1, units]);
    const seen = attention(query, reshape(keys, [batch, steps, 1, units]), reshape(values, [batch, steps, 1, this.valueDim]), {
      layout: 'bshd',
      ...this.#scoring(mask),
    });
    return reshape(seen, [batch, this.valueDim]);
  }

  /**
   * The weights with which these states see the memory, to be looked at: they have no gradient.
   * @param states of the cell within, its first: `[b, n]` of a step, or `[b, t, n]` of several
   * @param keys and mask, of `AttentionMemory`
   * @returns `[b, s]`, or `[b, t, s]`
   */
  alignment(states: Tensor, keys: Tensor, mask: Tensor): Tensor {
    return tidy(() => {
      const [batch = 1, steps = 1, units = 1] = keys.shape;
      const several = states.rank === 3 ? [states.shape[1] ?? 1] : [];
      const query = reshape(this.queryOf(states), [batch, 1, several[0] ?? 1, units]);
      const weights = attentionWeights(query, reshape(keys, [batch, 1, steps, units]), this.#scoring(mask));
      return reshape(weights, [batch, ...several, steps]);
    });
  }

  #scoring(mask: Tensor) {
    const [batch = 1, steps = 1] = mask.shape;
    return { score: this.score(), scale: 1, mask: cast(reshape(mask, [batch, 1, 1, steps]), 'bool') };
  }

  override setFastWeightInitDuringBuild(value: boolean): void {
    super.setFastWeightInitDuringBuild(value);
    this.cell.setFastWeightInitDuringBuild(value);
  }

  override getConfig(): Config {
    const cell = { className: this.cell.getClassName(), config: this.cell.getConfig() };
    return { ...super.getConfig(), ...this.weightsOf.config(), cell, units: this.units, valueDim: this.valueDim };
  }

  static override fromConfig<T extends serialization.Serializable>(cls: serialization.SerializableConstructor<T>, config: Config): T {
    const { className, config: own } = config.cell as { className: string; config: Config };
    const known = serialization.SerializationMap.getMap().classNameMap[className];
    if (!known) throw optionError(cls.name, 'cell', `of class ${received(className)}`, 'a class that tf.serialization.registerClass knows');
    const [inner, make] = known;
    return new cls({ ...config, cell: make(inner, own) } as unknown as Config);
  }
}
