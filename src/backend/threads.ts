/**
 * How many threads a call may use: asked for by `setThreads`, by FOVEA_THREADS, or what the machine has. Native is told; wasm asks.
 * @module
 */
import { FoveaError, optionError } from '../errors.js';

/** As `kMostThreads` of native/pool.h. */
const most = 256;
const expected = `a whole number from 1 to ${most}`;

/** Tells a pool; a default only counts where nobody in the process has set a number before. */
export type TellPool = (count: number, asDefault: boolean) => void;

let wanted: { readonly count: number; readonly asDefault: boolean } | undefined;
let tell: TellPool | undefined;

/**
 * How many threads one call may use, the calling one included, from the next call on. On native it holds for the whole process, whose
 * `worker_threads` share one pool; on wasm for the JavaScript thread that says it. Results do not depend on it, bit for bit.
 * @param count a whole number from 1 to 256; more than there are cores does not help
 * @throws {FoveaError} ERR_OPTION when it is anything else
 */
export function setThreads(count: number): void {
  if (!isCount(count)) throw optionError('setThreads', 'count', typeof count === 'number' ? String(count) : typeof count, expected);
  remember(count, false);
}

/** The default, which FOVEA_THREADS replaces. Called by a preset. @throws {FoveaError} ERR_OPTION naming FOVEA_THREADS */
export function startThreads(forced: string | undefined, available: () => number): void {
  if (forced && !(/^\d+$/.test(forced) && isCount(Number(forced))))
    throw new FoveaError('ERR_OPTION', `FOVEA_THREADS=${forced}: expected ${expected}`);
  remember(forced ? Number(forced) : Math.min(most, available()), true);
}

/** For the backend whose workers belong to this JavaScript thread; one where nobody has said anything. */
export function wantedThreads(): number {
  return wanted?.count ?? 1;
}

/** The pool of the process, when its backend is loaded. */
export function usePool(pool: TellPool): void {
  tell = pool;
  if (wanted !== undefined) pool(wanted.count, wanted.asDefault);
}

function remember(count: number, asDefault: boolean): void {
  wanted = { count, asDefault };
  tell?.(count, asDefault);
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most;
}
