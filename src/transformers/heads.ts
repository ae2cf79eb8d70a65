/**
 * What MultiHeadAttention is made of: its weights, and the sizes on which they agree.
 * @module
 */
import { optionError, shapeError } from '../errors.js';
import { Packed } from '../plan/packed-matrix.js';
import type { FloatData, PackedMatrix, RotaryOptions, Tensor } from '../types.js';
import { list } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { checkFloat32, checkFloats } from '../validate/tensor.js';
import { Workspace } from '../validate/workspace.js';

/** A linear map of a layer. */
export interface Projection {
  /** `[in, out]`, a tensor or a packed matrix. */
  readonly weight: Tensor<FloatData> | PackedMatrix;
  /** float32 `[out]`. @default 0 */
  readonly bias?: Tensor | undefined;
}

/** Options of `MultiHeadAttention`. */
export interface MultiHeadAttentionOptions {
  /** Numbers in a row of query. */
  readonly embedDim: number;
  readonly heads: number;
  /** Heads of keys and values, of which `heads` is a multiple. @default heads */
  readonly kvHeads?: number | undefined;
  /** Numbers in a row of key. @default embedDim */
  readonly keyWidth?: number | undefined;
  /** Numbers in a row of value. @default keyWidth */
  readonly valueWidth?: number | undefined;
  /** Turns queries and keys by their positions: `{}` for rotary's own defaults. @default none */
  readonly rotary?: Pick<RotaryOptions, 'base' | 'interleaved'> | undefined;
  /** q `[embedDim, heads · d]`, k `[keyWidth, kvHeads · d]`, v `[valueWidth, kvHeads · dv]`, out `[heads · dv, n]`. */
  readonly weights: Readonly<Record<'q' | 'k' | 'v' | 'out', Projection>>;
}

/** The options, checked. */
export interface Heads {
  readonly heads: number;
  readonly kvHeads: number;
  readonly embedDim: number;
  readonly keyWidth: number;
  readonly valueWidth: number;
  readonly headDim: number;
  readonly valueDim: number;
  readonly rotary: Pick<RotaryOptions, 'base' | 'interleaved'> | undefined;
  readonly weights: MultiHeadAttentionOptions['weights'];
}

const op = 'MultiHeadAttention';

const turning = { base: rule.positive, interleaved: rule.boolean } satisfies rule.Rules<Pick<RotaryOptions, 'base' | 'interleaved'>>;

const projection: rule.Rule<Projection> = (name, option, value, workspace) => {
  const { weight, bias } = rule.checkOptions(name, value, { weight: asGiven, bias: asGiven }, workspace);
  if (Packed.of(weight) === undefined) checkFloats(name, `${option}.weight`, weight, workspace);
  if (bias !== undefined) checkFloat32(name, `${option}.bias`, bias, workspace);
  return { weight: weight as Projection['weight'], bias: bias as Tensor | undefined };
};

const maps = { q: projection, k: projection, v: projection, out: projection } satisfies rule.Rules<MultiHeadAttentionOptions['weights']>;

const rules = {
  embedDim: rule.size,
  heads: rule.size,
  kvHeads: rule.size,
  keyWidth: rule.size,
  valueWidth: rule.size,
  rotary: (name, _option, value) => rule.checkOptions(name, value, turning),
  weights: (name, _option, value, workspace) => rule.checkOptions(name, value, maps, workspace),
} satisfies rule.Rules<MultiHeadAttentionOptions>;

function asGiven(_op: string, _name: string, value: unknown): unknown {
  return value;
}

export function checkHeads(options: unknown): Heads {
  const given = rule.checkOptions(op, options ?? {}, rules, new Workspace());
  const embedDim = given.embedDim ?? rule.size(op, 'embedDim', undefined);
  const heads = given.heads ?? rule.size(op, 'heads', undefined);
  const { kvHeads = heads, keyWidth = embedDim, valueWidth = keyWidth, rotary } = given;
  if (heads % kvHeads !== 0) throw optionError(op, 'heads', String(heads), `a multiple of the ${kvHeads} key/value heads`);
  const weights = {
    q: needed(given.weights, 'q'),
    k: needed(given.weights, 'k'),
    v: needed(given.weights, 'v'),
    out: needed(given.weights, 'out'),
  };
  const headDim = columnsOf('q', weights.q, embedDim, 'embedDim', heads) / heads;
  const keyDim = columnsOf('k', weights.k, keyWidth, 'keyWidth', kvHeads) / kvHeads;
  if (keyDim !== headDim)
    throw shapeError(op, 'weights.k.weight', `${keyDim} columns a head`, `${headDim}, as weights.q.weight has`, saidOf(weights));
  const valueDim = columnsOf('v', weights.v, valueWidth, 'valueWidth', kvHeads) / kvHeads;
  columnsOf('out', weights.out, heads * valueDim, `heads · ${valueDim}, as weights.v.weight has a head`, 1);
  if (rotary && headDim % 2 !== 0)
    throw shapeError(op, 'weights.q.weight', `${headDim} columns a head`, 'an even number, since rotary turns pairs');
  return { heads, kvHeads, embedDim, keyWidth, valueWidth, headDim, valueDim, rotary, weights };
}

function needed(weights: rule.CheckedOptions<typeof maps> | undefined, name: keyof typeof maps): Projection {
  const map = weights?.[name];
  if (map === undefined) throw optionError(op, weights === undefined ? 'weights' : `weights.${name}`, 'missing', '{ weight, bias? }');
  return map;
}

/** Columns of a weight that has such rows, a number for each of so many heads. */
function columnsOf(name: string, { weight, bias }: Projection, rows: number, whose: string, heads: number): number {
  const { shape } = weight;
  const [found = 0, columns = 0] = shape;
  if (shape.length !== 2) throw shapeError(op, `weights.${name}.weight`, `rank ${shape.length}`, 'rank 2, [in, out]', list(shape));
  if (found !== rows) throw shapeError(op, `weights.${name}.weight`, `${found} rows`, `${rows}, ${whose}`, `it is ${list(shape)}`);
  if (columns % heads !== 0)
    throw shapeError(op, `weights.${name}.weight`, `${columns} columns`, `a multiple of the ${heads} heads`, `it is ${list(shape)}`);
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== columns))
    throw shapeError(op, `weights.${name}.bias`, `shape ${list(bias.shape)}`, `[${columns}], one for each column`);
  return columns;
}

function saidOf({ q, k }: Heads['weights']): string {
  return `q is ${list(q.weight.shape)}, k is ${list(k.weight.shape)}`;
}
