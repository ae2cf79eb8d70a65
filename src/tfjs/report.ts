/**
 * What runs where.
 * @module
 */
import { getKernelsForBackend } from '@tensorflow/tfjs-core';
import { backend as chosen } from '../index.js';
import type { BackendInfo } from '../types.js';
import { backendName } from './kernel.js';
import { fellBack } from './register.js';
import { free, type Place, table } from './table.js';

export interface TfjsBackendInfo {
  /** In `tf.setBackend`. */
  readonly name: 'fovea';
  /** What runs the kernels. */
  readonly runsOn: BackendInfo;
  /** Where each kernel of TensorFlow.js runs: on `runsOn`, in loops of JavaScript, in TensorFlow.js' cpu backend; `free` ones touch no number. */
  readonly kernels: Readonly<Record<string, Place | 'cpu'>>;
  /** Calls that the cpu backend took since the start: kernels that are not ours, dtypes and options that ours leave. Most first. */
  readonly fellBack: readonly { readonly kernel: string; readonly calls: number }[];
}

/**
 * The backend `fovea` of TensorFlow.js: what runs its kernels, and what fell back to cpu, with the number of calls.
 * @throws {FoveaError} ERR_NOT_READY in a browser before the backend has been initialised (`await tf.ready()`)
 */
export function backend(): TfjsBackendInfo {
  const places = getKernelsForBackend(backendName).map(({ kernelName }) => [kernelName, placeOf(kernelName)] as const);
  return {
    name: backendName,
    runsOn: chosen(),
    kernels: Object.fromEntries(places.sort(([a], [b]) => (a < b ? -1 : 1))),
    fellBack: [...fellBack].map(([kernel, calls]) => ({ kernel, calls })).sort((a, b) => b.calls - a.calls),
  };
}

function placeOf(kernel: string): Place | 'cpu' {
  if (free.includes(kernel)) return 'free';
  if (kernel in table.native) return chosen().name === 'native' ? 'kernels' : 'loops';
  if (kernel in table.kernels) return 'kernels';
  return kernel in table.loops ? 'loops' : 'cpu';
}
