/**
 * The order in which a plan crosses to the kernels: `words` (numbers) and `buffers` (where the tensors lie). The enums of
 * native/args.h are the same list; test/layout.test.ts holds the two together.
 * @module
 */
import type { CacheDType } from '../types.js';
import type {
  AppendPlan,
  AttentionPlan,
  AttentionRules,
  CacheAttentionPlan,
  CacheRow,
  ConvertPlan,
  MatmulPlan,
  MergePlan,
  Plan,
  SoftmaxPlan,
  View,
} from './plan.js';

export const matmulBatchRank = 6;
export const softmaxOuterRank = 7;
export const convertOuterRank = 7;

const dtypes: Record<CacheDType, number> = { float32: 0, float16: 1, bfloat16: 2, int8: 3 };
const activations: Record<MatmulPlan['activation'], number> = { none: 0, relu: 1, gelu: 2, tanh: 3 };

/** A buffer of a call: a typed array, or undefined where the call has no such tensor. */
export type CallBuffer = ArrayBufferView | undefined;

/** A call as the kernels read it. */
export interface Call {
  readonly words: Float64Array;
  readonly buffers: readonly CallBuffer[];
  /** Indices of the buffers that the call writes. */
  readonly written: readonly number[];
}

/** offset, then the strides; leading dimensions that the view lacks get stride 0. */
function viewWords(view: View<ArrayBufferView> | undefined, rank: number): number[] {
  const strides = view?.strides ?? [];
  const pad = new Array<number>(rank - strides.length).fill(0);
  return [view?.offset ?? 0, ...pad, ...strides];
}

function sizeWords(sizes: readonly number[], rank: number): number[] {
  return [...new Array<number>(rank - sizes.length).fill(1), ...sizes];
}

/** `k` and `v` are none where the keys lie in a cache. */
function attentionCall(plan: AttentionRules & Partial<Pick<AttentionPlan, 'k' | 'v'>>): Call {
  return {
    words: Float64Array.of(
      plan.batch,
      plan.queryHeads,
      plan.kvHeads,
      plan.queryLength,
      plan.keyLength,
      plan.headDim,
      plan.valueDim,
      dtypes[plan.dtype],
      dtypes[plan.outDtype],
      plan.scale,
      plan.softcap,
      plan.windowLeft,
      plan.windowRight,
      plan.queryOffset,
      ...viewWords(plan.q, 4),
      ...viewWords(plan.k, 4),
      ...viewWords(plan.v, 4),
      ...viewWords(plan.out, 4),
      ...viewWords(plan.mask, 4),
      ...viewWords(plan.bias, 4),
    ),
    buffers: [
      plan.q.data,
      plan.k?.data,
      plan.v?.data,
      plan.out.data,
      plan.mask?.data,
      plan.bias?.data,
      plan.alibi,
      plan.sinks,
      plan.keyLengths,
      plan.queryLengths,
      plan.queryOffsets,
      plan.weights,
      plan.logSumExp,
    ],
    written: [3, 11, 12],
  };
}

function cacheAttentionCall(plan: CacheAttentionPlan): Call {
  const { words, buffers, written } = attentionCall(plan);
  return {
    words: Float64Array.of(...words, dtypes[plan.cacheDtype], plan.blockTokens, ...pageWords(plan.rows, plan.keyLengths)),
    buffers: [...buffers, ...plan.rows.flatMap(({ blocks }) => blocks)],
    written,
  };
}

function appendCall(plan: AppendPlan): Call {
  const blocks = plan.rows.flatMap((row) => row.blocks);
  return {
    words: Float64Array.of(
      plan.batch,
      plan.kvHeads,
      plan.length,
      plan.headDim,
      plan.valueDim,
      dtypes[plan.dtype],
      dtypes[plan.cacheDtype],
      plan.blockTokens,
      ...viewWords(plan.k, 4),
      ...viewWords(plan.v, 4),
      ...pageWords(plan.rows, plan.positions),
    ),
    buffers: [plan.k.data, plan.v.data, ...blocks],
    written: blocks.map((_, i) => 2 + i),
  };
}

/** For each row: first, end, its first block, how many. */
function pageWords(rows: readonly CacheRow[], ends: Int32Array): number[] {
  let begin = 0;
  return rows.flatMap(({ first, blocks }, row) => {
    begin += blocks.length;
    return [first, Math.max(first, ends[row] ?? 0), begin - blocks.length, blocks.length];
  });
}

function matmulCall(plan: MatmulPlan): Call {
  const rank = matmulBatchRank + 2;
  return {
    words: Float64Array.of(
      plan.m,
      plan.n,
      plan.k,
      dtypes[plan.dtype],
      dtypes[plan.outDtype],
      activations[plan.activation],
      ...sizeWords(plan.batch, matmulBatchRank),
      ...viewWords(plan.a, rank),
      ...viewWords(plan.b, rank),
      ...viewWords(plan.out, rank),
      plan.bias?.offset ?? 0,
      plan.bias?.strides[0] ?? 0,
    ),
    buffers: [plan.a.data, plan.b.data, plan.out.data, plan.bias?.data],
    written: [2],
  };
}

function softmaxCall(plan: SoftmaxPlan): Call {
  const rank = softmaxOuterRank + 1;
  return {
    words: Float64Array.of(
      plan.length,
      dtypes[plan.dtype],
      dtypes[plan.outDtype],
      plan.scale,
      ...sizeWords(plan.outer, softmaxOuterRank),
      ...viewWords(plan.x, rank),
      ...viewWords(plan.out, rank),
      ...viewWords(plan.mask, rank),
    ),
    buffers: [plan.x.data, plan.out.data, plan.mask?.data],
    written: [1],
  };
}

function mergeCall(plan: MergePlan): Call {
  return {
    words: Float64Array.of(
      plan.batch,
      plan.heads,
      plan.queryLength,
      plan.valueDim,
      plan.parts.length,
      dtypes[plan.dtype],
      dtypes[plan.outDtype],
      ...viewWords(plan.out, 4),
      ...plan.parts.flatMap((part) => [...viewWords(part.output, 4), ...viewWords(part.logSumExp, 3)]),
    ),
    buffers: [plan.out.data, plan.logSumExp, plan.sinks, ...plan.parts.flatMap((part) => [part.output.data, part.logSumExp.data])],
    written: [0, 1],
  };
}

function convertCall(plan: ConvertPlan): Call {
  const rank = convertOuterRank + 1;
  return {
    words: Float64Array.of(
      plan.length,
      dtypes[plan.dtype],
      dtypes[plan.outDtype],
      ...sizeWords(plan.outer, convertOuterRank),
      ...viewWords(plan.x, rank),
      ...viewWords(plan.out, rank),
    ),
    buffers: [plan.x.data, plan.out.data],
    written: [1],
  };
}

/** The words and buffers of a plan. */
export function callOf(plan: Plan): Call {
  switch (plan.op) {
    case 'attention':
      return attentionCall(plan);
    case 'cacheAttention':
      return cacheAttentionCall(plan);
    case 'append':
      return appendCall(plan);
    case 'matmul':
      return matmulCall(plan);
    case 'softmax':
      return softmaxCall(plan);
    case 'merge':
      return mergeCall(plan);
    case 'convert':
      return convertCall(plan);
  }
}
