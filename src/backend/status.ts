/**
 * What the kernels' status numbers (native/args.h) mean in words. The plan has already judged manners, so a number other than
 * 0 means that memory changed behind its back, or ran out.
 * @module
 */
import { FoveaError, type FoveaErrorCode } from '../errors.js';
import type { Plan } from '../plan/plan.js';

const names: Record<Plan['op'], string> = {
  attention: 'attention',
  cacheAttention: 'KVCache.attention',
  append: 'KVCache.append',
  matmul: 'matmul',
  softmax: 'softmax',
  merge: 'mergeAttention',
  convert: 'conversion',
  norm: 'layerNorm',
  pool: 'pool',
  multiply: 'multiply',
  patches: 'patches',
  convolve: 'convolve',
  activate: 'activation',
  rotary: 'rotary',
  attentionBackward: 'attentionBackward',
  softmaxBackward: 'softmaxBackward',
  normBackward: 'layerNormBackward',
  activateBackward: 'linearBackward',
};

/** What a kernel of each build is called. */
export const opNames: readonly string[] = Object.keys(names);

/** native/args.h, `enum class Status`, from 1. */
const meanings: readonly (readonly [FoveaErrorCode, string])[] = [
  ['ERR_SHAPE', 'a size or stride is no whole number, or it or the work of all sizes together is more than the kernels can count'],
  ['ERR_SHAPE', 'a tensor has lost its memory (its ArrayBuffer was detached) since the call was checked'],
  ['ERR_SHAPE', 'a tensor reaches past the end of its memory (its ArrayBuffer has shrunk) since the call was checked'],
  ['ERR_SHAPE', 'a tensor is not aligned to its elements'],
  ['ERR_OUT_OF_MEMORY', 'no memory for the scratch that the kernels need, or no thread'],
  ['ERR_ABORTED', 'aborted by its signal'],
  ['ERR_OPTION', 'key or value has a number that is not finite, which an int8 cache cannot hold'],
];

/** The public name of what was called. */
export function nameOf(plan: Plan): string {
  return ('name' in plan ? plan.name : undefined) ?? names[plan.op];
}

/** The error of a status that is not 0. */
export function statusError(plan: Plan, status: number): FoveaError {
  const [code, sentence] = meanings[status - 1] ?? [
    'ERR_BACKEND',
    `the kernels returned the unknown status ${status}; is the binary of this version?`,
  ];
  return new FoveaError(code, `${nameOf(plan)}: ${sentence}`);
}

/** What `buffer_short` says, found on this side. */
export function shrunkError(plan: Plan): FoveaError {
  return statusError(plan, 3);
}

/** What `not_finite` says, found on this side. */
export function notFinite(plan: Plan): FoveaError {
  return statusError(plan, 7);
}

/** A call whose memory cannot be had: more than the place offers, or an allocation that failed. */
export function outOfMemory(plan: Plan, what: string, cause?: unknown): FoveaError {
  return new FoveaError('ERR_OUT_OF_MEMORY', `${nameOf(plan)}: ${what}`, { cause });
}
