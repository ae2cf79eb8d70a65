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
  /** Why there are fewer threads than were asked for, in the words of `backend()`. */
  readonly shortage?: string | undefined;
  /** Where `runAsync` works, in the words of `backend()`: 'on threads of the addon', 'in one worker …'. */
  readonly asyncRuns: string;
  /** For what lives longer than a call: a cache, a packed matrix. */
  readonly memory: KeptMemory;
  /** Columns of a panel of a packed matrix, as its kernels read them. */
  readonly panelColumns: number;
  /** Runs the plan now, on the calling thread, and writes its outputs. */
  run(plan: Plan): void;
  /**
   * Runs the plan off the event loop. Inputs are borrowed until the promise settles (who wants a copy has made it).
   * Rejects with ERR_ABORTED when the signal fires; no output is written after it has settled.
   */
  runAsync(plan: Plan, signal: AbortSignal | undefined): Promise<void>;
}

/** Memory that this backend reads without a copy. */
export interface KeptMemory {
  /**
   * A block aligned to its elements (wasm: to 64 bytes), its content unspecified. One that nobody holds any more is freed some
   * time after it was collected, so who runs a plan on its view holds the block until the plan has settled.
   * @param op whom an error names
   * @throws {FoveaError} ERR_OUT_OF_MEMORY; nothing has changed then
   */
  allocate(bytes: number, op?: string): KeptBlock;
}

export interface KeptBlock {
  readonly bytes: number;
  /**
   * The block as bytes. For one plan: in wasm any call and any allocation may grow the memory, which (where it is not shared) detaches
   * views made before, so take it anew for each. @throws {FoveaError} ERR_DISPOSED after `free`
   */
  view(): Uint8Array;
  /** Gives it back; a second time does nothing. Not while a plan runs on it. */
  free(): void;
}

/** A way to a backend: `load` gives it or throws the reason why it cannot be had here. */
export interface Candidate {
  readonly name: BackendName;
  readonly target: string;
  /** What keeps it out may be gone when the preset opens anew: a download that failed. */
  readonly mayRecover?: boolean;
  load(): Backend;
}
