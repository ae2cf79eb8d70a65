/**
 * What layers of a query, a value and a key have in common: their arguments, their masks, their results.
 * @module
 */
import { cast, expandDims, mul, squeeze, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { optionError, shapeError } from '../../errors.js';
import { list, received } from '../../validate/describe.js';
import { type Attended, attend } from './attend.js';
import { maskOf, tappedInputs } from './mask-tap.js';
import { both, ofHeads, ofKeys } from './masks.js';
import type { LayerArgs } from './weights.js';

type Shape = (number | null)[];
type Inputs = Tensor | Tensor[] | SymbolicTensor | SymbolicTensor[];
type Outputs = ReturnType<layers.Layer['apply']>;
type Config = ReturnType<layers.Layer['getConfig']>;

/** Of every layer that attends. */
export interface AttentionLayerArgs extends LayerArgs {
  /** Share of the weights that are dropped while training, 0 to 1. @default 0 */
  readonly dropout?: number | undefined;
  /** Query i attends to the keys 0 to i only. @default false */
  readonly useCausalMask?: boolean | undefined;
  /** The layer has two outputs: what it attended to, and the weights. @default false */
  readonly returnAttentionScores?: boolean | undefined;
}

/** What a call of a layer on tensors may say beside them; a model that runs says `training` alone. */
interface CallArgs {
  readonly mask?: unknown;
  readonly attentionMask?: Tensor | undefined;
  readonly useCausalMask?: boolean | undefined;
  readonly returnAttentionScores?: boolean | undefined;
  readonly training?: boolean | undefined;
}

/** A call, sorted. */
export interface AttentionCall {
  readonly query: Tensor;
  readonly value: Tensor;
  readonly key: Tensor;
  readonly queryMask: Tensor | undefined;
  /** What `attend` is told of this call; `mask` broadcasts to `[b, h, sq, skv]`. */
  readonly how: Omit<Parameters<typeof attend>[3], 'scale' | 'v'>;
}

/** A layer of `[query, value]`, `[query, value, key]` or `[query, value, key, attentionMask]`. */
export abstract class AttentionLayer extends layers.Layer {
  protected readonly dropout: number;
  protected readonly useCausalMask: boolean;
  protected readonly returnAttentionScores: boolean;
  /** Of the last call, which may ask for the weights. */
  #outputs = 1;

  constructor({ dropout = 0, useCausalMask = false, returnAttentionScores = false, ...args }: AttentionLayerArgs = {}) {
    super(args);
    this.supportsMasking = true;
    if (!(dropout >= 0 && dropout < 1)) throw optionError(this.getClassName(), 'dropout', received(dropout), 'a number from 0, below 1');
    this.dropout = dropout;
    this.useCausalMask = useCausalMask;
    this.returnAttentionScores = returnAttentionScores;
  }

  /** What the layer computes of one call. */
  protected abstract attended(call: AttentionCall): Attended;
  /** Of the output, and of the weights. */
  protected abstract outputShapes(query: Shape, value: Shape): [Shape, Shape];

  override apply(inputs: Inputs, kwargs?: Record<string, unknown>): Outputs {
    const all = Array.isArray(inputs) ? inputs : [inputs];
    const op = this.getClassName();
    if (all.length < 2 || all.length > 4)
      throw shapeError(op, 'inputs', `${all.length} tensors`, '2 to 4: [query, value, key?, attentionMask?]');
    if (!all.every((input) => input instanceof SymbolicTensor)) return super.apply(inputs, kwargs);
    for (const name of Object.keys(kwargs ?? {}))
      throw optionError(
        op,
        name,
        'given with symbolic inputs',
        "it as an argument of the layer's constructor, or tensors",
        'TensorFlow.js drops it',
      );
    return super.apply(tappedInputs(all));
  }

  override call(inputs: Tensor | Tensor[], kwargs: CallArgs = {}): Tensor | Tensor[] {
    return tidy(() => {
      const call = this.#sorted(inputs as Tensor[], kwargs);
      const { output, scores } = this.attended(call);
      this.#outputs = scores ? 2 : 1;
      return scores ? [output, scores] : output;
    });
  }

  #sorted([query, value, key, attentionMask]: Tensor[], kwargs: CallArgs): AttentionCall {
    const op = this.getClassName();
    for (const [name, x] of Object.entries({ query, value, key: key ?? value }))
      if (x?.rank !== 3) throw shapeError(op, name, `rank ${x?.rank}`, 'rank 3 [b, s, width]', `${name} is ${list(x?.shape ?? [])}`);
    // An array is of all inputs; a mask alone is one that TensorFlow.js hands on, of whichever input.
    const told: readonly (Tensor | null | undefined)[] = Array.isArray(kwargs.mask) ? kwargs.mask : [];
    const [queryMask, valueMask] = [query, value].map((x, i) => maskOf(x as Tensor, told[i] ?? undefined));
    const attendable = attentionMask ?? kwargs.attentionMask;
    return {
      query: query as Tensor,
      value: value as Tensor,
      key: key ?? (value as Tensor),
      queryMask,
      how: {
        mask: both(valueMask && ofKeys(valueMask), attendable && ofHeads(attendable)),
        causal: kwargs.useCausalMask ?? this.useCausalMask,
        dropout: this.dropout,
        training: kwargs.training ?? false,
        returnScores: kwargs.returnAttentionScores ?? this.returnAttentionScores,
      },
    };
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    const [query = [], value = []] = inputShape as Shape[];
    const both = this.outputShapes(query, value);
    return this.returnAttentionScores ? both : both[0];
  }

  /** That of the query; called after `call`. */
  override computeMask(_inputs: Tensor | Tensor[], mask?: Tensor | Tensor[]): Tensor | Tensor[] {
    const own = (Array.isArray(mask) ? mask[0] : mask) as Tensor;
    return this.#outputs === 2 ? [own, undefined as unknown as Tensor] : own;
  }

  override getConfig(): Config {
    const { dropout, useCausalMask, returnAttentionScores } = this;
    return { ...super.getConfig(), dropout, useCausalMask, returnAttentionScores };
  }
}

/** Attention of one head, whose queries that are masked give 0. */
export function attendAlone({ query, value, key, queryMask, how }: AttentionCall, score: { scale: number; v?: Tensor }): Attended {
  const [q, k, v] = [query, key, value].map((x) => expandDims(x, 2)) as [Tensor, Tensor, Tensor];
  const { output, scores } = attend(q, k, v, { ...how, ...score });
  const all = squeeze(output, [2]);
  return {
    output: queryMask ? mul(all, expandDims(cast(queryMask, 'float32'), -1)) : all,
    scores: scores && squeeze(scores, [1]),
  };
}
