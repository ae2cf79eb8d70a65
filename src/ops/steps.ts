/**
 * How a function that is made of ops is written once and runs twice: to its end now, or one op after another off the event loop.
 * @module
 */
import { abortedError, renamed } from '../errors.js';
import { planActivate } from '../plan/activate.js';
import { planActivateBackward } from '../plan/activate-backward.js';
import { splitOptions } from '../plan/async.js';
import { planAttention } from '../plan/attention.js';
import { planCopy } from '../plan/convert.js';
import { type ConvolveOptions, planConvolve } from '../plan/convolve.js';
import { planLinear } from '../plan/linear.js';
import { planMatmul } from '../plan/matmul.js';
import { type MultiplyOptions, planMultiply } from '../plan/multiply.js';
import { type PatchesOptions, planPatches } from '../plan/patches.js';
import { type PoolOptions, planPool } from '../plan/pool.js';
import { checkApart, freshFloat32, resultIn } from '../plan/result.js';
import { copyOf } from '../plan/view.js';
import type {
  Activation,
  Asked,
  AsyncOptions,
  AttentionOptions,
  AttentionResult,
  DType,
  FloatData,
  LinearOptions,
  MatmulOptions,
  Tensor,
  TensorData,
} from '../types.js';
import { type Planned, run, runAsync } from './run.js';

/** What a function wants done next: now, or off the event loop. Both are told the function's name. */
export interface Step {
  now(name: string): unknown;
  /** @param own borrows: inputs are kept already */
  later(name: string, own: AsyncOptions): Promise<unknown>;
}

/** A function in the making: gives each step that it wants done, and takes what comes of it. */
export type Steps<R> = Generator<Step, R, unknown>;

/** What becomes of an input before the function begins: it stays where it is, or is copied so that the caller may do anything with it. */
export type Keep = <D extends TensorData>(tensor: Tensor<D>) => Tensor<D>;

/** Checks its arguments, keeps what it needs of them, and then gives its steps. */
export type Begin<R> = (options: unknown, keep: Keep) => Steps<R>;

function* step<R>(planned: () => Planned<R>): Steps<R> {
  const now = (name: string) => run(name, planned());
  return (yield { now, later: (name, own) => runAsync(name, own, () => planned()) }) as R;
}

/** An op of any dtype and operands, by itself and its twin. */
export function* either<R>(now: () => R, later: (own: AsyncOptions) => Promise<R>): Steps<R> {
  return (yield { now, later: (_name, own) => later(own) }) as R;
}

/** The ops, as steps of the function `name`; see src/plan/ for those that are not public. */
export function opsOf(name: string) {
  return {
    matmul: (a: Tensor, b: Tensor, options?: MatmulOptions<Float32Array>) => step(() => planMatmul(a, b, options) as Planned<Tensor>),
    linear: (x: Tensor<FloatData>, weight: Tensor<FloatData>, options: LinearOptions<FloatData>) =>
      step(() => planLinear(x, weight, options) as Planned<Tensor<FloatData>>),
    attention: <W extends Asked>(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions<Float32Array, W>) =>
      step(() => planAttention(q, k, v, options) as Planned<AttentionResult<Float32Array, W>>),
    pool: (x: Tensor, options?: PoolOptions) => step(() => planPool(name, x, options)),
    multiply: (x: Tensor, options: MultiplyOptions) => step(() => planMultiply(name, x, options)),
    patches: (x: Tensor, b: Tensor, options: PatchesOptions) => step(() => planPatches(name, x, b, options)),
    activate: (activation: Activation, x: Tensor, out: Tensor) => step(() => planActivate(activation, x, { out }) as Planned<Tensor>),
    activateBackward: (activation: Activation, x: Tensor<FloatData>, dOut: Tensor<FloatData>, dtype: DType) =>
      step(() => planActivateBackward(name, activation, x, dOut, dtype)),
    copy: (x: Tensor<FloatData>, dtype: DType) => step(() => planCopy(name, x, dtype)),
    convolve: (x: Tensor, kernel: Tensor, options?: ConvolveOptions) => step(() => planConvolve(name, x, kernel, options)),
  };
}

/** New row-major memory. @throws {FoveaError} ERR_OUT_OF_MEMORY */
export const fresh: (name: string, shape: readonly number[]) => Tensor = freshFloat32;

export { checkApart, resultIn };

export function finish<R>(name: string, options: unknown, begin: Begin<R>): R {
  const steps = begin(options, (tensor) => tensor);
  try {
    let next = steps.next();
    while (!next.done) next = resumed(steps, now(name, next.value));
    return next.value;
  } catch (error) {
    throw renamed(name, error);
  }
}

/** The promise twin. Up to the first `await` all happens within the caller's call: arguments are checked and inputs copied. */
export async function finishAsync<R>(name: string, options: unknown, begin: Begin<R>): Promise<R> {
  const { own, signal, copy } = splitOptions(name, options);
  if (signal?.aborted) throw abortedError(name, signal);
  const steps = begin(own, copy ? (tensor) => copyOf(name, tensor) : (tensor) => tensor);
  const borrowed = { signal, copy: false };
  try {
    let next = steps.next();
    while (!next.done) next = resumed(steps, await later(name, next.value, borrowed));
    return next.value;
  } catch (error) {
    throw renamed(name, error);
  }
}

/** What came of a step, which the function is told of either way: it may have something to take back. */
type Outcome = { readonly value: unknown } | { readonly error: unknown };

function now(name: string, step: Step): Outcome {
  try {
    return { value: step.now(name) };
  } catch (error) {
    return { error };
  }
}

async function later(name: string, step: Step, own: AsyncOptions): Promise<Outcome> {
  try {
    return { value: await step.later(name, own) };
  } catch (error) {
    return { error };
  }
}

function resumed<R>(steps: Steps<R>, outcome: Outcome): IteratorResult<Step, R> {
  return 'error' in outcome ? steps.throw(outcome.error) : steps.next(outcome.value);
}
