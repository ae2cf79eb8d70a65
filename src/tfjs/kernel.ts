/**
 * What a kernel of ours is: it computes what TensorFlow.js' cpu kernel of that name does, or leaves the call to that one.
 * @module
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { FoveaBackend } from './backend.js';

/** In `tf.setBackend`. */
export const backendName = 'fovea';

/** @template Names of inputs @template Optional names of those that may not be there */
interface KernelCall<Names extends string, Attrs, Optional extends string> {
  readonly inputs: { readonly [Name in Names]: TensorInfo } & { readonly [Name in Optional]?: TensorInfo | undefined };
  readonly attrs: Attrs;
  readonly backend: FoveaBackend;
}

/** Undefined: not for this dtype or these options, so the kernel of cpu takes the call. */
type Outcome = TensorInfo | TensorInfo[] | undefined;

export type Kernel = (call: KernelCall<string, object, never>) => Outcome;

/** A kernel as a table holds it: the registry of TensorFlow.js knows no more of inputs and attributes. */
export function kernel<Names extends string, Attrs = object, Optional extends string = never>(
  run: (call: KernelCall<Names, Attrs, Optional>) => Outcome,
): Kernel {
  return run as Kernel;
}
