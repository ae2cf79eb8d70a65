/**
 * The order in which a plan crosses to the kernels: words (numbers) and tensors (where they lie). One line here is one enumerator of
 * native/args.h, or one group of them; test/layout.test.ts holds the two together.
 * @module
 */
import type { CacheDType } from '../types.js';
import { Call } from './call.js';
import { panelElements } from './panels.js';
import type {
  ActivateBackwardPlan,
  ActivatePlan,
  AppendPlan,
  AttentionRules,
  BackwardPlan,
  CacheAttentionPlan,
  CacheRow,
  ConvertPlan,
  ConvolvePlan,
  MatmulPlan,
  MergePlan,
  MultiplyPlan,
  NormBackwardPlan,
  NormPlan,
  PatchesPlan,
  PatchSide,
  Plan,
  PoolPlan,
  RotaryPlan,
  ScoreKind,
  SoftmaxBackwardPlan,
  SoftmaxPlan,
} from './plan.js';

export const matmulBatchRank = 6;
export const softmaxOuterRank = 7;
export const convertOuterRank = 7;
export const normOuterRank = 7;
export const activateOuterRank = 7;
export const rotaryOuterRank = 7;

const dtypes: Record<CacheDType, number> = { float32: 0, float16: 1, bfloat16: 2, int8: 3 };
const scores: Record<ScoreKind, number> = { dot: 0, cosine: 1, euclidean: 2, rbf: 3, general: 4, additive: 5 };
const activations: Record<MatmulPlan['activation'], number> = { none: 0, relu: 1, gelu: 2, tanh: 3, sigmoid: 4 };

function attentionCall(call: Call, plan: AttentionRules): void {
  const isBackward = plan.op === 'attentionBackward';
  const { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, valueDim } = plan;
  const at = call.take(18);
  const { words } = call;
  words[at] = batch;
  words[at + 1] = queryHeads;
  words[at + 2] = kvHeads;
  words[at + 3] = queryLength;
  words[at + 4] = keyLength;
  words[at + 5] = headDim;
  words[at + 6] = valueDim;
  words[at + 7] = dtypes[plan.dtype];
  words[at + 8] = dtypes[plan.outDtype];
  words[at + 9] = plan.scale;
  words[at + 10] = plan.softcap;
  words[at + 11] = plan.windowLeft;
  words[at + 12] = plan.windowRight;
  words[at + 13] = plan.queryOffset;
  words[at + 14] = scores[plan.score];
  words[at + 15] = plan.keyDim;
  words[at + 16] = plan.units;
  words[at + 17] = plan.gamma;
  call.reads(plan.q, batch, queryHeads, queryLength, headDim);
  call.reads(plan.k, batch, kvHeads, keyLength, plan.keyDim);
  call.reads(plan.v, batch, kvHeads, keyLength, valueDim);
  if (isBackward) call.reads(plan.out, batch, queryHeads, queryLength, valueDim);
  else call.writes(plan.out, batch, queryHeads, queryLength, valueDim);
  call.reads(plan.mask, batch, queryHeads, queryLength, keyLength);
  call.reads(plan.bias, batch, queryHeads, queryLength, keyLength);
  call.readsWhole(plan.alibi);
  call.readsWhole(plan.sinks);
  call.readsWhole(plan.keyLengths);
  call.readsWhole(plan.queryLengths);
  call.readsWhole(plan.queryOffsets);
  call.writesWhole(plan.weights);
  if (isBackward) call.readsWhole(plan.logSumExp);
  else call.writesWhole(plan.logSumExp);
  scoreWeights(call, plan);
}

function scoreWeights(
  call: Call,
  { score, queryHeads, headDim, keyDim, units, queryWeight, keyWeight, scoreBias, scoreVector }: AttentionRules,
) {
  if (score !== 'general' && score !== 'additive') {
    call.absent(4, 4 + 4 + 3 + 3);
    return;
  }
  call.reads(queryWeight, queryHeads, headDim, score === 'general' ? keyDim : units);
  call.reads(keyWeight, queryHeads, keyDim, units);
  call.reads(scoreBias, queryHeads, units);
  call.reads(scoreVector, queryHeads, units);
}

function backwardCall(call: Call, plan: BackwardPlan): void {
  const { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, keyDim, units } = plan;
  attentionCall(call, plan);
  call.word(dtypes[plan.dOutDtype]);
  call.reads(plan.dOut, batch, queryHeads, queryLength, plan.valueDim);
  call.writes(plan.dQuery, batch, queryHeads, queryLength, headDim);
  call.writes(plan.dKey, batch, kvHeads, keyLength, keyDim);
  call.writes(plan.dValue, batch, kvHeads, keyLength, plan.valueDim);
  call.writes(plan.dBias, batch, queryHeads, queryLength, keyLength);
  call.writesWhole(plan.dSinks);
  call.writes(plan.dQueryWeight, queryHeads, headDim, plan.score === 'general' ? keyDim : units);
  call.writes(plan.dKeyWeight, queryHeads, keyDim, units);
  call.writes(plan.dScoreBias, queryHeads, units);
  call.writes(plan.dScoreVector, queryHeads, units);
}

function cacheAttentionCall(call: Call, plan: CacheAttentionPlan): void {
  attentionCall(call, plan);
  call.word(dtypes[plan.cacheDtype]);
  call.word(plan.blockTokens);
  pages(call, plan.rows, plan.keyLengths);
  for (const { blocks } of plan.rows) for (const block of blocks) call.readsWhole(block);
}

function appendCall(call: Call, plan: AppendPlan): void {
  const { batch, kvHeads, length, headDim, valueDim } = plan;
  call.word(batch);
  call.word(kvHeads);
  call.word(length);
  call.word(headDim);
  call.word(valueDim);
  call.word(dtypes[plan.dtype]);
  call.word(dtypes[plan.cacheDtype]);
  call.word(plan.blockTokens);
  call.reads(plan.k, batch, kvHeads, length, headDim);
  call.reads(plan.v, batch, kvHeads, length, valueDim);
  pages(call, plan.rows, plan.positions);
  for (const { blocks } of plan.rows) for (const block of blocks) call.writesWhole(block);
}

/** For each row: first, end, its first block, how many. */
function pages(call: Call, rows: readonly CacheRow[], ends: Int32Array): void {
  let begin = 0;
  for (let row = 0; row < rows.length; row++) {
    const { first = 0, blocks = [] } = rows[row] ?? {};
    call.word(first);
    call.word(Math.max(first, ends[row] ?? 0));
    call.word(begin);
    call.word(blocks.length);
    begin += blocks.length;
  }
}

function matmulCall(call: Call, plan: MatmulPlan): void {
  const { batch, m, n, k, b } = plan;
  const packed = 'panelColumns' in b ? b : undefined;
  call.word(m);
  call.word(n);
  call.word(k);
  call.word(dtypes[plan.dtype]);
  call.word(dtypes[packed?.dtype ?? plan.dtype]);
  call.word(dtypes[plan.outDtype]);
  call.word(activations[plan.activation]);
  call.word(packed?.panelColumns ?? 0);
  call.sizes(batch, matmulBatchRank);
  call.readsBatch(plan.a, matmulBatchRank, batch, m, k);
  if (packed === undefined) call.readsBatch(b, matmulBatchRank, batch, k, n);
  else call.readsBatch(packed, matmulBatchRank, batch, 1, panelElements(packed.panelColumns, k, n));
  call.writesBatch(plan.out, matmulBatchRank, batch, m, n);
  call.reads(plan.bias, n);
  call.readsWhole(packed?.scales);
}

function softmaxCall(call: Call, plan: SoftmaxPlan): void {
  const { outer, length } = plan;
  call.word(length);
  call.word(dtypes[plan.dtype]);
  call.word(dtypes[plan.outDtype]);
  call.word(plan.scale);
  call.sizes(outer, softmaxOuterRank);
  call.readsBatch(plan.x, softmaxOuterRank, outer, length);
  call.writesBatch(plan.out, softmaxOuterRank, outer, length);
  call.readsBatch(plan.mask, softmaxOuterRank, outer, length);
}

function mergeCall(call: Call, plan: MergePlan): void {
  const { batch, heads, queryLength, valueDim, parts } = plan;
  call.word(batch);
  call.word(heads);
  call.word(queryLength);
  call.word(valueDim);
  call.word(parts.length);
  call.word(dtypes[plan.dtype]);
  call.word(dtypes[plan.outDtype]);
  call.writes(plan.out, batch, heads, queryLength, valueDim);
  call.writesWhole(plan.logSumExp);
  call.readsWhole(plan.sinks);
  for (const part of parts) {
    call.reads(part.output, batch, heads, queryLength, valueDim);
    call.reads(part.logSumExp, batch, heads, queryLength);
  }
}

function convertCall(call: Call, plan: ConvertPlan): void {
  const { outer, length } = plan;
  call.word(length);
  call.word(dtypes[plan.dtype]);
  call.word(dtypes[plan.outDtype]);
  call.sizes(outer, convertOuterRank);
  call.readsBatch(plan.x, convertOuterRank, outer, length);
  call.writesBatch(plan.out, convertOuterRank, outer, length);
}

function normCall(call: Call, plan: NormPlan): void {
  const { outer, length } = plan;
  call.word(length);
  call.word(dtypes[plan.dtype]);
  call.word(dtypes[plan.outDtype]);
  call.word(Number(plan.centered));
  call.word(plan.epsilon);
  call.sizes(outer, normOuterRank);
  call.readsBatch(plan.x, normOuterRank, outer, length);
  call.writesBatch(plan.out, normOuterRank, outer, length);
  call.reads(plan.gamma, length);
  call.reads(plan.beta, length);
}

function poolCall(call: Call, plan: PoolPlan): void {
  const { batch, rows, columns } = plan;
  call.word(batch);
  call.word(rows);
  call.word(columns);
  call.reads(plan.x, batch, rows, columns);
  call.reads(plan.factor, batch, columns);
  call.writes(plan.mean, batch, rows);
  call.writes(plan.max, batch, rows);
}

function multiplyCall(call: Call, plan: MultiplyPlan): void {
  const { batch, rows, columns } = plan;
  call.word(batch);
  call.word(rows);
  call.word(columns);
  call.reads(plan.x, batch, rows, columns);
  call.writes(plan.out, batch, rows, columns);
  call.reads(plan.y, batch, rows, columns);
  call.reads(plan.z, batch, rows, columns);
  call.reads(plan.plus, batch, rows, columns);
}

function convolveCall(call: Call, plan: ConvolvePlan): void {
  const { batch, maps, height, width } = plan;
  call.word(batch);
  call.word(maps);
  call.word(height);
  call.word(width);
  call.word(plan.kernelHeight);
  call.word(plan.kernelWidth);
  call.word(plan.bias);
  call.word(activations[plan.activation]);
  call.reads(plan.x, batch, maps, height, width);
  call.writes(plan.out, batch, height, width);
  call.readsWhole(plan.kernel);
}

function patchesCall(call: Call, plan: PatchesPlan): void {
  const { images, channels, height, width, rows, columns, n, transposed } = plan;
  call.word(images);
  call.word(channels);
  patchSide(call, height);
  patchSide(call, width);
  call.word(rows);
  call.word(columns);
  call.word(n);
  call.word(Number(transposed));
  call.word(activations[plan.activation]);
  call.reads(plan.x, images, height.pixels, width.pixels, channels);
  call.reads(plan.b, transposed ? rows : columns, n);
  call.writes(plan.out, transposed ? columns : rows, n);
  call.reads(plan.bias, n);
}

function patchSide(call: Call, { pixels, places, taps, step, dilation, offset, gap }: PatchSide): void {
  for (const value of [pixels, places, taps, step, dilation, offset, gap]) call.word(value);
}

function activateCall(call: Call, plan: ActivatePlan): void {
  const { outer, length } = plan;
  call.word(length);
  call.word(dtypes[plan.dtype]);
  call.word(dtypes[plan.outDtype]);
  call.word(activations[plan.name]);
  call.sizes(outer, activateOuterRank);
  call.readsBatch(plan.x, activateOuterRank, outer, length);
  call.writesBatch(plan.out, activateOuterRank, outer, length);
}

function rotaryCall(call: Call, plan: RotaryPlan): void {
  const { outer, length } = plan;
  call.word(length);
  call.word(dtypes[plan.dtype]);
  call.word(dtypes[plan.outDtype]);
  call.word(Number(plan.interleaved));
  call.sizes(outer, rotaryOuterRank);
  call.readsBatch(plan.x, rotaryOuterRank, outer, length);
  call.writesBatch(plan.out, rotaryOuterRank, outer, length);
  call.readsBatch(plan.table, rotaryOuterRank, outer, length);
}

function gradientCall(call: Call, plan: SoftmaxBackwardPlan | NormBackwardPlan | ActivateBackwardPlan): void {
  const { outer, length } = plan;
  call.word(length);
  call.word(dtypes[plan.dtype]);
  call.word(dtypes[plan.dOutDtype]);
  call.word(dtypes[plan.outDtype]);
  call.sizes(outer, softmaxOuterRank);
  call.readsBatch(plan.x, softmaxOuterRank, outer, length);
  call.readsBatch(plan.dOut, softmaxOuterRank, outer, length);
  call.writesBatch(plan.out, softmaxOuterRank, outer, length);
}

function softmaxBackwardCall(call: Call, plan: SoftmaxBackwardPlan): void {
  gradientCall(call, plan);
  call.word(plan.scale);
}

function normBackwardCall(call: Call, plan: NormBackwardPlan): void {
  const { length } = plan;
  gradientCall(call, plan);
  call.word(Number(plan.centered));
  call.word(plan.epsilon);
  call.reads(plan.gamma, length);
  call.writes(plan.dGamma, length);
  if (plan.dBeta) call.writes(plan.dBeta, length);
  else call.reads(undefined, length);
}

function activateBackwardCall(call: Call, plan: ActivateBackwardPlan): void {
  gradientCall(call, plan);
  call.word(activations[plan.activation]);
}

/** Lays a plan out in `call`, whose content of before is gone; without one, in a new one. */
export function callOf(plan: Plan, call: Call = new Call()): Call {
  call.begin();
  switch (plan.op) {
    case 'attention':
      attentionCall(call, plan);
      break;
    case 'cacheAttention':
      cacheAttentionCall(call, plan);
      break;
    case 'attentionBackward':
      backwardCall(call, plan);
      break;
    case 'append':
      appendCall(call, plan);
      break;
    case 'matmul':
      matmulCall(call, plan);
      break;
    case 'softmax':
      softmaxCall(call, plan);
      break;
    case 'merge':
      mergeCall(call, plan);
      break;
    case 'convert':
      convertCall(call, plan);
      break;
    case 'norm':
      normCall(call, plan);
      break;
    case 'pool':
      poolCall(call, plan);
      break;
    case 'multiply':
      multiplyCall(call, plan);
      break;
    case 'patches':
      patchesCall(call, plan);
      break;
    case 'convolve':
      convolveCall(call, plan);
      break;
    case 'activate':
      activateCall(call, plan);
      break;
    case 'rotary':
      rotaryCall(call, plan);
      break;
    case 'softmaxBackward':
      softmaxBackwardCall(call, plan);
      break;
    case 'normBackward':
      normBackwardCall(call, plan);
      break;
    case 'activateBackward':
      activateBackwardCall(call, plan);
      break;
  }
  return call;
}
