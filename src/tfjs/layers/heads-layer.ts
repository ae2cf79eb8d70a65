/**
 * Layers of several heads: projections of Keras' shapes, attention of all heads at once, one projection back.
 * @module
 */
import { reshape, type Tensor } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { projected } from '../projected.js';
import { type Attended, attend } from './attend.js';
import { type AttentionCall, AttentionLayer, type AttentionLayerArgs } from './attention-layer.js';
import { both, ofKeys, ofQueries } from './masks.js';
import type { Shape } from './sizes.js';
import { builtOf, type WeightArgs, Weights } from './weights.js';

/** Of layers that project. */
export interface HeadsLayerArgs extends AttentionLayerArgs, WeightArgs {
  /** Of all four projections. @default true */
  readonly useBias?: boolean | undefined;
}

/** How many heads, and how wide. */
export interface Heads {
  readonly queryHeads: number;
  readonly kvHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
}

interface Projection {
  readonly kernel: LayerVariable;
  readonly bias: LayerVariable | undefined;
}

/** The weights, in Keras' order, are kernel and bias of the query `[width, h, d]`, `[h, d]`, of key and value alike, and of the output `[h, dv, width]`, `[width]`. */
export abstract class HeadsLayer extends AttentionLayer {
  readonly #heads: Heads;
  readonly #useBias: boolean;
  readonly #weights: Weights;
  #projections:
    | { readonly query: Projection; readonly key: Projection; readonly value: Projection; readonly output: Projection }
    | undefined;

  constructor(heads: Heads, { useBias = true, ...args }: HeadsLayerArgs) {
    super(args);
    this.#heads = heads;
    this.#useBias = useBias;
    this.#weights = new Weights(args);
  }

  /** Width of the output. @param query of the query */
  protected abstract outputWidth(query: number): number;

  protected override buildFor({ query, value, key }: { readonly query: number; readonly value: number; readonly key: number }): void {
    const { queryHeads, kvHeads, keyDim, valueDim } = this.#heads;
    const addWeight = this.addWeight.bind(this);
    const projection = (name: string, kernel: number[], bias: number[]): Projection => ({
      kernel: this.#weights.kernel(addWeight, `${name}_kernel`, kernel),
      bias: this.#useBias ? this.#weights.bias(addWeight, `${name}_bias`, bias) : undefined,
    });
    const width = this.outputWidth(query);
    this.#projections = {
      query: projection('query', [query, queryHeads, keyDim], [queryHeads, keyDim]),
      key: projection('key', [key, kvHeads, keyDim], [kvHeads, keyDim]),
      value: projection('value', [value, kvHeads, valueDim], [kvHeads, valueDim]),
      output: projection('attention_output', [queryHeads, valueDim, width], [width]),
    };
  }

  protected override attended({ query, value, key, queryMask, keyMask, how }: AttentionCall): Attended {
    const all = builtOf(this.name, this.#projections);
    const mask = both(both(queryMask && ofQueries(queryMask), keyMask && ofKeys(keyMask)), how.mask);
    const [q, k, v] = [headsOf(query, all.query), headsOf(key, all.key), headsOf(value, all.value)];
    const { output, scores } = attend(q, k, v, { ...how, mask, scale: 1 / Math.sqrt(this.#heads.keyDim) });
    return { output: joined(output, all.output), scores };
  }

  protected override outputShapes([batch = null, queries = null, width = null]: Shape, value: Shape): [Shape, Shape] {
    return [
      [batch, queries, this.outputWidth(width ?? 0)],
      [batch, this.#heads.queryHeads, queries, value[1] ?? null],
    ];
  }

  override getConfig() {
    return { ...super.getConfig(), useBias: this.#useBias, ...this.#weights.config() };
  }
}

/** `[b, s, width]` → `[b, s, h, d]` */
function headsOf(x: Tensor, { kernel, bias }: Projection): Tensor {
  const [width = 1, heads = 1, size = 1] = kernel.shape as number[];
  const all = projected(x, reshape(kernel.read(), [width, heads * size]), bias && reshape(bias.read(), [heads * size]));
  return reshape(all, [...x.shape.slice(0, 2), heads, size]);
}

/** `[b, s, h, dv]` → `[b, s, width]` */
function joined(x: Tensor, { kernel, bias }: Projection): Tensor {
  const [heads = 1, size = 1, width = 1] = kernel.shape as number[];
  return projected(reshape(x, [...x.shape.slice(0, 2), heads * size]), reshape(kernel.read(), [heads * size, width]), bias?.read());
}
