/**
 * What layers of a query, a value and a key have in common: their arguments, their masks, their results.
 * @module
 */
import { type Tensor, tidy } from '@tensorflow/tfjs-core';
import { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { optionError, shapeError } from '../../errors.js';
import { list, received } from '../../validate/describe.js';
import type { Attend, Attended } from './attend.js';
import { maskOf, only, tappedInputs } from './mask-tap.js';
import { both, ofHeads, ofKeys } from './masks.js';
import { type Shape, widthOf } from './sizes.js';
import type { LayerArgs } from './weights.js';

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

/** What a call of a layer on tensors may say beside them; a model that runs says `training`, and some mask. */
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
  readonly keyMask: Tensor | undefined;
  /** What `attend` is told of this call: its `mask`, of the value and of the pairs, broadcasts to `[b, h, sq, skv]`. */
  readonly how: Omit<Attend, 'scale' | 'v'>;
}

/** A layer of `[query, value]`, `[query, value, key]` or `[query, value, key, attentionMask]`. */
export abstract class AttentionLayer extends layers.Layer {
  protected readonly dropout: number;
  protected readonly useCausalMask: boolean;
  protected readonly returnAttentionScores: boolean;
  #widths = { query: 0, value: 0, key: 0 };
  /** Of the last call, which may ask for the weights. */
  #outputs = 1;

  constructor({ dropout = 0, useCausalMask = false, returnAttentionScores = false, ...args }: AttentionLayerArgs = {}) {
    super(args);
    this.supportsMasking = true;
    const op = this.getClassName();
    if (typeof dropout !== 'number' || !(dropout >= 0 && dropout < 1))
      throw optionError(op, 'dropout', received(dropout), 'a number from 0, below 1');
    for (const [name, flag] of Object.entries({ useCausalMask, returnAttentionScores }))
      if (typeof flag !== 'boolean') throw optionError(op, name, received(flag), 'true or false');
    this.dropout = dropout;
    this.useCausalMask = useCausalMask;
    this.returnAttentionScores = returnAttentionScores;
  }

  /** Makes the weights, of inputs so wide. */
  protected abstract buildFor(widths: { readonly query: number; readonly value: number; readonly key: number }): void;
  /** What the layer computes of one call. */
  protected abstract attended(call: AttentionCall): Attended;
  /** Of the output, and of the weights. */
  protected abstract outputShapes(query: Shape, value: Shape): [Shape, Shape];

  override build(inputShape: Shape | Shape[]): void {
    const [query = [], value = [], key = value] = inputShape as Shape[];
    const width = (name: string, shape: Shape) => widthOf(this.getClassName(), name, shape, '[b, s, width]');
    this.#widths = { query: width('query', query), value: width('value', value), key: width('key', key) };
    this.buildFor(this.#widths);
    this.built = true;
  }

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

  #sorted([query, value, given, attentionMask]: Tensor[], kwargs: CallArgs): AttentionCall {
    const op = this.getClassName();
    const all = { query: query as Tensor, value: value as Tensor, key: given ?? (value as Tensor) };
    for (const [name, x] of Object.entries(all)) {
      const width = this.#widths[name as keyof typeof all];
      if (x.rank !== 3 || x.shape[2] !== width)
        throw shapeError(op, name, list(x.shape), `[b, s, ${width}]`, 'what the layer was built for');
    }
    const [batch = 0, queries = 0, keys = 0] = [all.query.shape[0], all.query.shape[1], all.value.shape[1]];
    const told = this.#told(kwargs.mask);
    const masks = Object.entries(all).map(([name, x], i) => checked(op, `mask of the ${name}`, maskOf(x, told[i]), [x.shape.slice(0, 2)]));
    const [queryMask, valueMask, keyMask] = masks;
    const pairs = checked(op, 'attentionMask', attentionMask ?? kwargs.attentionMask, [
      [batch, queries, keys],
      [batch, null, queries, keys],
    ]);
    return {
      ...all,
      queryMask,
      keyMask: given && keyMask,
      how: {
        mask: both(valueMask && ofKeys(valueMask), pairs && ofHeads(pairs)),
        causal: kwargs.useCausalMask ?? this.useCausalMask,
        dropout: this.dropout,
        training: kwargs.training ?? false,
        returnScores: kwargs.returnAttentionScores ?? this.returnAttentionScores,
      },
    };
  }

  /** Of query, value and key. In a model a mask alone is one that TensorFlow.js hands on, of whichever layer. */
  #told(mask: unknown): readonly (Tensor | null | undefined)[] {
    if (Array.isArray(mask)) return mask;
    if (mask != null && this.inboundNodes.length === 0)
      throw optionError(this.getClassName(), 'mask', received(mask), 'an array of the masks of query, value and key, null for none');
    return [];
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    const [query = [], value = []] = inputShape as Shape[];
    const shapes = this.outputShapes(query, value);
    return this.returnAttentionScores ? shapes : shapes[0];
  }

  /** That of the query; called after `call`. */
  override computeMask(_inputs: Tensor | Tensor[], mask?: Tensor | Tensor[]): Tensor | Tensor[] {
    const own = only(mask) as Tensor;
    return this.#outputs === 2 ? [own, undefined as unknown as Tensor] : own;
  }

  override getConfig(): Config {
    const { dropout, useCausalMask, returnAttentionScores } = this;
    return { ...super.getConfig(), dropout, useCausalMask, returnAttentionScores };
  }
}

/** The mask, of one of these shapes. @param shapes null: any size @throws {FoveaError} ERR_SHAPE */
function checked(op: string, name: string, mask: Tensor | undefined, shapes: readonly Shape[]): Tensor | undefined {
  const fits = (shape: Shape) => mask?.rank === shape.length && shape.every((size, i) => size === null || size === mask.shape[i]);
  if (mask === undefined || shapes.some(fits)) return mask;
  const forms = shapes.map((shape) => `[${shape.map((size) => size ?? 'heads').join(', ')}]`);
  throw shapeError(op, name, `shape ${list(mask.shape)}`, forms.join(' or '));
}
