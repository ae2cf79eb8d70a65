/**
 * What cells that attend have in common: the cell within, the memory among their states, and the look that each step takes at it.
 * @module
 */
import { cast, reshape, serialization, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { optionError } from '../../errors.js';
import { list, received } from '../../validate/describe.js';
import { attention, attentionWeights, type TfScore } from '../attention.js';
import { wholeNumber } from './heads-layer.js';
import { type LayerArgs, type WeightArgs, Weights } from './weights.js';

type Config = ReturnType<layers.Layer['getConfig']>;

/** Of both cells. */
export interface AttentionCellArgs extends LayerArgs, WeightArgs {
  /** The cell within, such as `tf.layers.gruCell({ units })`. */
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
    if (!(cell instanceof layers.RNNCell)) throw optionError(op, 'cell', received(cell), 'a cell, such as tf.layers.gruCell({ units })');
    this.cell = cell;
    this.units = wholeNumber(op, 'units', units);
    this.valueDim = wholeNumber(op, 'valueDim', valueDim);
    this.weightsOf = new Weights(args);
  }

  /** What it adds to a query before the scores, and of which kind these are. `[b, t, …]` → `[b, t, units]` */
  protected abstract queryOf(states: Tensor): Tensor;
  protected abstract score(): TfScore;

  /** Sizes of the states of the cell within. */
  protected get innerSizes(): number[] {
    const { stateSize } = this.cell;
    return Array.isArray(stateSize) ? stateSize : [stateSize];
  }

  protected get memorySizes(): number[] {
    return [this.units, this.valueDim, 1];
  }

  /** Builds the cell within, whose weights are the first of this cell. @param width of its input */
  protected buildInner(width: number): void {
    this.cell.build([null, width]);
    this._trainableWeights.push(...this.cell.weights);
  }

  /** States before the memory, and the memory. */
  protected sorted(states: readonly Tensor[]): { readonly own: Tensor[]; readonly memory: Memory; readonly kept: Tensor[] } {
    const kept = states.slice(-memorySize);
    const [keys, values, mask] = kept as [Tensor, Tensor, Tensor];
    if (states.length !== this.innerStates() + memorySize || keys.rank !== 3)
      throw optionError(
        this.getClassName(),
        'initialState',
        `of ranks ${list(states.map(({ rank }) => rank))}`,
        'the states of the cell, then keys, values and mask of an AttentionMemory',
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
    const seen = attention(query, reshape(keys, [batch, steps, 1, units]), reshape(values, [batch, steps, 1, -1]), {
      layout: 'bshd',
      ...this.#scoring(mask),
    });
    return reshape(seen, [batch, -1]);
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
      const query = reshape(this.queryOf(states), [batch, 1, -1, units]);
      const weights = attentionWeights(query, reshape(keys, [batch, 1, steps, units]), this.#scoring(mask));
      return reshape(weights, states.rank === 2 ? [batch, steps] : [batch, -1, steps]);
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
