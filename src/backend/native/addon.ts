/**
 * The addon as JavaScript sees it (native/addon.cc), and the check that what was loaded is one.
 * @module
 */
import type { Plan } from '../../plan/plan.js';

export interface Addon {
  /** Every target compiled in, best first; `missing` names the CPU features that keep one out. */
  targets(): { readonly name: string; readonly supported: boolean; readonly missing: string }[];
  /** @throws {TypeError} when the name is unknown or this CPU cannot run it */
  target(name: string): NativeTarget;
  /** For every call of the process; a default counts only where nobody has set a number before. @throws {TypeError} outside 1 to 256 */
  setThreads(count: number, asDefault: boolean): void;
  /** For one call, the caller included: fewer are had than wanted when the system gives no more. */
  threads(): { readonly wanted: number; readonly had: number };
  /** Asks for huge pages under memory that call after call will read, where it is large enough for one. @throws {TypeError} for no view */
  hugePages(view: ArrayBufferView): void;
  /** Bytes from where the view begins to where the next line of the cache, of 64 bytes, does: 0 to 63. */
  toCacheLine(view: ArrayBufferView): number;
}

/** Where a tensor lies, or undefined where the call has no such tensor; absent ones at the end may be left out. */
export type CallBuffer = ArrayBufferView | undefined;

/** Runs a call at once and returns a Status of native/args.h. */
type Kernel = (words: Float64Array, ...buffers: readonly CallBuffer[]) => number;

export type NativeTarget = Readonly<Record<Plan['op'], Kernel>> & {
  readonly name: string;
  /** `TileSizes` of native/kernels.h. */
  readonly tile: {
    readonly lanes: number;
    readonly rows: number;
    readonly columns: number;
    readonly queryTile: number;
    readonly keyTile: number;
  };
  /** Starts a call on a thread of the addon and returns the job's id; `done` is called on the event loop, once. */
  start(op: Plan['op'], done: (status: number) => void, words: Float64Array, ...buffers: readonly CallBuffer[]): number;
  /** The job ends before its next task, with the status `aborted`; nothing happens when it has ended already. */
  cancel(job: number): void;
};

/** @throws {Error} when the module is something else, or an addon of another version */
export function asAddon(module: unknown): Addon {
  if (!isAddon(module)) throw new Error('it is no addon of this version of fovea: targets() and target() are missing');
  return module;
}

function isAddon(module: unknown): module is Addon {
  return (
    typeof module === 'object' &&
    module !== null &&
    'targets' in module &&
    typeof module.targets === 'function' &&
    'target' in module &&
    typeof module.target === 'function' &&
    'setThreads' in module &&
    'threads' in module &&
    'hugePages' in module &&
    'toCacheLine' in module
  );
}
