/**
 * The native backend: one target of the addon. A plan becomes one call with its numbers in one Float64Array.
 * @module
 */
import { abortedError } from '../../errors.js';
import { callOf } from '../../plan/layout.js';
import type { Plan } from '../../plan/plan.js';
import type { Backend } from '../backend.js';
import { heapMemory } from '../kept.js';
import { nameOf, statusError } from '../status.js';
import type { NativeTarget } from './addon.js';

export function nativeBackend(target: NativeTarget): Backend {
  return {
    name: 'native',
    target: target.name,
    threads: 1,
    asyncRuns: 'on threads of the addon',
    memory: heapMemory,
    run(plan) {
      const { words, buffers } = callOf(plan);
      const status = target[plan.op](words, ...buffers);
      if (status !== 0) throw statusError(plan, status);
    },
    runAsync: (plan, signal) => runAsync(target, plan, signal),
  };
}

/** Settles when the job has ended, so that nothing is written afterwards: after an abort that is at its next task. */
function runAsync(target: NativeTarget, plan: Plan, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) throw abortedError(nameOf(plan), signal);
    const { words, buffers } = callOf(plan);
    const cancel = (): void => target.cancel(job);
    const job = target.start(plan.op, done, words, ...buffers);
    signal?.addEventListener('abort', cancel, { once: true });

    function done(status: number): void {
      signal?.removeEventListener('abort', cancel);
      if (signal?.aborted) reject(abortedError(nameOf(plan), signal));
      else if (status === 0) resolve();
      else reject(statusError(plan, status));
    }
  });
}
