// @ts-check
/** What share of a call's time TensorFlow.js spends on its own bookkeeping, outside of all kernels. */
import { median } from '../percentile.mjs';

/** @import { TfCore } from './training.mjs' */

/** Calls, of whose shares the median stands, after some in which the engine compiles what has a clock around it now. */
const calls = 5;
const warmUpCalls = 10;

/**
 * Each kernel of the backend is registered anew with a clock around it for a few calls, and then as it was. What runs between kernels is outside: shapes and
 * checks of ops and layers, scopes, the tape, gradient functions, the optimizer. A kernel's own JavaScript, and what falls back to a
 * kernel of cpu, is inside.
 * @param {TfCore} tf
 * @param {() => void} call
 */
export function outsideOf(tf, call) {
  const backend = tf.getBackend();
  const kernels = tf.getKernelsForBackend(backend);
  let insideMs = 0;
  let depth = 0; // a kernel may call another one
  for (const config of kernels) {
    replace(tf, {
      ...config,
      kernelFunc(params) {
        const begin = performance.now();
        depth++;
        try {
          return config.kernelFunc(params);
        } finally {
          depth--;
          if (depth === 0) insideMs += performance.now() - begin;
        }
      },
    });
  }
  try {
    for (let i = 0; i < warmUpCalls; i++) call();
    const shares = Array.from({ length: calls }, () => {
      insideMs = 0;
      const begin = performance.now();
      call();
      return 1 - insideMs / (performance.now() - begin);
    });
    return median(shares);
  } finally {
    for (const config of kernels) replace(tf, config);
  }
}

/** @param {TfCore} tf @param {import('@tensorflow/tfjs-core').KernelConfig} config */
function replace(tf, config) {
  tf.unregisterKernel(config.kernelName, config.backendName);
  tf.registerKernel(config);
}
