/**
 * The state of a torch.nn.MultiheadAttention → options of ours: the same numbers, `[out, in]` read as `[in, out]`.
 * @module
 */
import { optionError, shapeError } from '../errors.js';
import { fromBfloat16, fromFloat16 } from '../ops/convert.js';
import type { FloatData, Tensor } from '../types.js';
import { list } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { type CheckedFloats, checkFloats } from '../validate/tensor.js';
import { Workspace } from '../validate/workspace.js';
import type { MultiHeadAttentionOptions } from './heads.js';

/** Options of `MultiHeadAttention.fromTorch`. */
export interface TorchOptions {
  /** `num_heads`, which the state does not tell. */
  readonly heads: number;
  /** What the names begin with, such as `'encoder.layers.0.self_attn.'`. @default '' */
  readonly prefix?: string | undefined;
}

const op = 'MultiHeadAttention.fromTorch';

const rules = {
  heads: rule.size,
  prefix: (name, option, value) => {
    if (typeof value !== 'string') throw optionError(name, option, String(value), 'a string');
    return value;
  },
} satisfies rule.Rules<TorchOptions>;

type State = Readonly<Record<string, Tensor<FloatData>>>;
type Part = 0 | 1 | 2;

export function optionsOfTorch(state: State, options: unknown): MultiHeadAttentionOptions {
  const given = rule.checkOptions(op, options ?? {}, rules);
  const heads = given.heads ?? rule.size(op, 'heads', undefined);
  const { prefix = '' } = given;
  const read = (name: string) => find(state, prefix + name);
  for (const name of ['bias_k', 'bias_v'])
    if (read(name))
      throw optionError(op, `state['${prefix}${name}']`, 'there', 'none: a key and value of their own (add_bias_kv) are not supported');
  const all = read('in_proj_weight');
  const bias = read('in_proj_bias');
  const names = ['q_proj_weight', 'k_proj_weight', 'v_proj_weight'] as const;
  const input = (part: Part) => {
    const weight = all ? third(prefix, 'in_proj_weight', all, part) : matrix(prefix, names[part], read(names[part]));
    return { weight: transposed(weight), ...(bias && { bias: asFloat32(third(prefix, 'in_proj_bias', bias, part)) }) };
  };
  const outBias = read('out_proj.bias');
  const weights = {
    q: input(0),
    k: input(1),
    v: input(2),
    out: {
      weight: transposed(matrix(prefix, 'out_proj.weight', read('out_proj.weight'))),
      ...(outBias && { bias: asFloat32(outBias) }),
    },
  };
  const [embedDim = 0] = weights.q.weight.shape;
  const [keyWidth = 0] = weights.k.weight.shape;
  const [valueWidth = 0] = weights.v.weight.shape;
  return { embedDim, heads, keyWidth, valueWidth, weights };
}

/** Own properties only: a state may come from anywhere. */
function find(state: State, name: string): CheckedFloats | undefined {
  return Object.hasOwn(state, name) ? checkFloats(op, `state['${name}']`, state[name], new Workspace()) : undefined;
}

function matrix(prefix: string, name: string, tensor: CheckedFloats | undefined): CheckedFloats {
  if (tensor === undefined)
    throw optionError(
      op,
      `state['${prefix}${name}']`,
      'missing',
      'a weight [out, in]',
      'expected are in_proj_weight, or q_proj_weight, k_proj_weight and v_proj_weight; out_proj.weight',
    );
  if (tensor.shape.length !== 2)
    throw shapeError(op, `state['${prefix}${name}']`, `rank ${tensor.shape.length}`, 'rank 2, [out, in]', list(tensor.shape));
  return tensor;
}

/** The rows of queries, of keys, or of values, of three that lie one after the other. */
function third(prefix: string, name: string, tensor: CheckedFloats, part: Part): CheckedFloats {
  const { shape, strides, offset } = tensor;
  const rank = name === 'in_proj_bias' ? 1 : 2;
  const [rows = 0, ...rest] = shape;
  if (shape.length !== rank || rows % 3 !== 0)
    throw shapeError(op, `state['${prefix}${name}']`, `shape ${list(shape)}`, rank === 1 ? '[3 · embedDim]' : '[3 · embedDim, embedDim]');
  return { ...tensor, shape: [rows / 3, ...rest], offset: offset + part * (rows / 3) * (strides[0] ?? 0) };
}

/** `[out, in]` as `[in, out]`: the same memory. */
function transposed({ data, dtype, shape, strides, offset }: CheckedFloats): Tensor<FloatData> {
  return { data, dtype, shape: shape.toReversed(), strides: strides.toReversed(), offset };
}

function asFloat32({ data, dtype, shape, strides, offset }: CheckedFloats): Tensor {
  if (data instanceof Float32Array) return { data, shape, strides, offset };
  const widen = dtype === 'float16' ? fromFloat16 : fromBfloat16;
  return widen({ data, dtype, shape, strides, offset });
}
