/**
 * The native backend: one target of the addon. A plan becomes one call with its numbers in one Float64Array.
 * @module
 */
import { abortedError } from '../../errors.js';
import { Call } from '../../plan/call.js';
import { callOf } from '../../plan/layout.js';
import type { Plan } from '../../plan/plan.js';
import { Spare } from '../../plan/spare.js';
import type { Backend } from '../backend.js';
import { heapMemory } from '../kept.js';
import { nameOf, statusError } from '../status.js';
import type { Addon, NativeTarget } from './addon.js';
import { Tiny } from './tiny.js';

/** Vectors of kept memory shall not straddle these. */
const cacheLine = 64;

export function nativeBackend(target: NativeTarget, addon: Pick<Addon, 'threads' | 'hugePages' | 'toCacheLine'>): Backend {
  const { threads } = addon;
  const memory = heapMemory((bytes) => {
    const room = new Uint8Array(bytes + cacheLine - 1);
    addon.hugePages(room);
    const begin = addon.toCacheLine(room);
    return room.subarray(begin, begin + bytes);
  });
  const tiny = new Tiny();
  const calls = new Spare(() => new Call());
  return {
    name: 'native',
    target: target.name,
    get threads() {
      return threads().had;
    },
    get asyncRuns() {
      const { wanted, had } = threads();
      return `on threads of the addon${had < wanted ? ` (${had} of the ${wanted} asked for: the system gives no more)` : ''}`;
    },
    memory,
    panelColumns: target.tile.columns,
    run(plan) {
      const call = calls.take();
      callOf(plan, call);
      tiny.lend(call);
      const status = runNow(target, call, plan.op);
      tiny.take(status === 0);
      call.end();
      calls.giveBack(call);
      if (status !== 0) throw statusError(plan, status);
    },
    runAsync: (plan, signal) => runAsync(target, plan, calls, signal),
  };
}

/** By number of tensors: an argument list of fixed length is faster than a spread. */
function runNow(target: NativeTarget, call: Call, op: Plan['op']): number {
  const { words, tensors, tensorCount } = call;
  switch (tensorCount) {
    case 2:
      return target[op](words, tensors[0]?.data, tensors[1]?.data);
    case 3:
      return target[op](words, tensors[0]?.data, tensors[1]?.data, tensors[2]?.data);
    case 4:
      return target[op](words, tensors[0]?.data, tensors[1]?.data, tensors[2]?.data, tensors[3]?.data);
    default:
      return target[op](words, ...call.arrays());
  }
}

/** Settles when the job has ended, so that nothing is written afterwards: after an abort that is at its next task. */
function runAsync(target: NativeTarget, plan: Plan, calls: Spare<Call>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) throw abortedError(nameOf(plan), signal);
    const call = calls.take();
    callOf(plan, call);
    const cancel = (): void => target.cancel(job);
    const job = target.start(plan.op, done, call.words, ...call.arrays()); // copies the words
    call.end();
    calls.giveBack(call);
    signal?.addEventListener('abort', cancel, { once: true });

    function done(status: number): void {
      signal?.removeEventListener('abort', cancel);
      if (signal?.aborted) reject(abortedError(nameOf(plan), signal));
      else if (status === 0) resolve();
      else reject(statusError(plan, status));
    }
  });
}
