/**
 * How every op runs its plan: now, on the backend that is chosen, or off the event loop.
 * @module
 */
import type { Backend } from '../backend/backend.js';
import { active, ready } from '../backend/select.js';
import { abortedError } from '../errors.js';
import { ownMemory, splitOptions } from '../plan/async.js';
import type { Plan } from '../plan/plan.js';

/** An operand that lies in the memory of one backend. */
export interface Kept {
  /** The backend that runs the call. @throws {FoveaError} ERR_BACKEND when that has to be the chosen one, and is not */
  backendFor(op: string, chosen: (op: string) => Backend): Backend;
  /** Keeps the memory, as it is now, until what it gives is called, once. */
  hold(): () => void;
}

/** What an op's plan function gives: what to run, and what the caller gets once it has run. */
export interface Planned<R> {
  readonly plan: Plan;
  readonly result: R;
  /** To be told, once, when neither is needed any more: what they are made of serves the next call. */
  done?(): void;
}

export function run<R>(op: string, planned: Planned<R>, kept?: Kept): R {
  const { plan, result } = planned;
  const backend = kept === undefined ? active(op) : kept.backendFor(op, active);
  if (!isEmpty(plan)) backend.run(plan);
  planned.done?.();
  return result;
}

/**
 * The promise twin. Up to the first `await` all happens within the caller's call: arguments are checked and inputs copied
 * before the promise is returned.
 */
export async function runAsync<R>(op: string, options: unknown, planned: (own: unknown) => Planned<R>, kept?: Kept): Promise<R> {
  const { own, signal, copy } = splitOptions(op, options);
  if (signal?.aborted) throw abortedError(op, signal);
  const { plan, result } = planned(own);
  const copied = ownMemory(op, plan, copy);
  if (kept !== undefined) {
    await runKept(op, copied, kept, signal);
    return result;
  }
  const backend = await (signal ? orAborted(op, ready(), signal) : ready());
  if (!isEmpty(copied)) await backend.runAsync(copied, signal);
  return result;
}

/** Its memory may move or be given back once the caller goes on: the backend that it lies in is there, and begins at once. */
async function runKept(op: string, plan: Plan, kept: Kept, signal: AbortSignal | undefined): Promise<void> {
  const backend = kept.backendFor(op, active);
  const release = kept.hold();
  try {
    if (!isEmpty(plan)) await backend.runAsync(plan, signal);
  } finally {
    release();
  }
}

/** What may take long without this call's doing (a file on its way to a browser, other calls), and for which an abort need not wait. */
export function orAborted<T>(op: string, waited: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(abortedError(op, signal));
    signal.addEventListener('abort', abort, { once: true });
    waited.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Whether nothing is to be written: sizes of 0 are no backend's business, however large the other sizes are. */
function isEmpty(plan: Plan): boolean {
  switch (plan.op) {
    case 'append':
      return plan.batch * plan.length === 0;
    case 'attentionBackward':
      return plan.batch * plan.queryHeads * plan.queryLength * plan.keyLength === 0; // all gradients are 0, see ops/attention-backward.ts
    case 'attention':
    case 'cacheAttention': {
      const rows = plan.batch * plan.queryHeads * plan.queryLength;
      return rows === 0 || (plan.valueDim === 0 && plan.weights === undefined && plan.logSumExp === undefined);
    }
    case 'matmul':
      return plan.m === 0 || plan.n === 0 || plan.batch.includes(0);
    case 'softmax':
    case 'convert':
    case 'norm':
    case 'activate':
    case 'rotary':
    case 'softmaxBackward':
    case 'activateBackward':
      return plan.length === 0 || plan.outer.includes(0);
    case 'normBackward':
      return plan.length === 0; // without rows dGamma and dBeta are 0
    case 'pool':
      return plan.batch * plan.rows === 0;
    case 'multiply':
      return plan.batch * plan.rows * plan.columns === 0;
    case 'patches':
      return (plan.transposed ? plan.columns : plan.rows) * plan.n === 0;
    case 'convolve':
      return plan.batch * plan.height * plan.width === 0;
    case 'merge':
      return plan.batch * plan.heads * plan.queryLength === 0;
  }
}
