/**
 * What a backend is: something that runs plans. Native, wasm and reference each implement this one interface and nothing else.
 * @module
 */
import type { Plan } from '../plan/plan.js';
import type { BackendName } from '../types.js';

export interface Backend {
  readonly name: BackendName;
  /** Instruction set of its kernels: 'avx512', 'simd', 'js', … */
  readonly target: string;
  readonly threads: number;
  /** Where `runAsync` works, in the words of `backend()`: 'on threads of the addon', 'in one worker …'. */
  readonly asyncRuns: string;
  /** Runs the plan now, on the calling thread, and writes its outputs. */
  run(plan: Plan): void;
  /**
   * Runs the plan off the event loop. Inputs are borrowed until the promise settles (who wants a copy has made it).
   * Rejects with ERR_ABORTED when the signal fires; no output is written after it has settled.
   */
  runAsync(plan: Plan, signal: AbortSignal | undefined): Promise<void>;
}

/** A way to a backend: `load` gives it or throws the reason why it cannot be had here. */
export interface Candidate {
  readonly name: BackendName;
  readonly target: string;
  /** What keeps it out may be gone when the preset opens anew: a download that failed. */
  readonly mayRecover?: boolean;
  load(): Backend;
}
