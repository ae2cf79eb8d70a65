// @ts-check
/** A kernel that TensorFlow.js' WebAssembly backend lacks, and without which nothing that looks rows up in a table can be trained there. */

/** @import { TensorInfo } from '@tensorflow/tfjs-core' */
/** @import { TfCore } from './training.mjs' */

/** What is used of the backend: tensors in its memory. @typedef {{ makeOutput(shape: number[], dtype: 'float32'): TensorInfo, typedArrayFromHeap(tensor: TensorInfo): Float32Array | Int32Array }} WasmBackend */

/** Adds rows up by their segment, in a plain loop. @param {TfCore} tf */
export function registerUnsortedSegmentSum(tf) {
  const kernel = { kernelName: 'UnsortedSegmentSum', backendName: 'wasm' };
  if (tf.getKernel(kernel.kernelName, kernel.backendName)) return;
  tf.registerKernel({
    ...kernel,
    kernelFunc({ inputs, attrs, backend: given }) {
      const { x, segmentIds } = /** @type {Record<'x' | 'segmentIds', TensorInfo>} */ (inputs);
      const { numSegments } = /** @type {{ numSegments: number }} */ (/** @type {unknown} */ (attrs));
      const backend = /** @type {WasmBackend} */ (given);
      const row = x.shape.slice(segmentIds.shape.length);
      const width = row.reduce((product, size) => product * size, 1);
      const output = backend.makeOutput([numSegments, ...row], 'float32');
      const [sums, rows, segments] = [output, x, segmentIds].map((tensor) => backend.typedArrayFromHeap(tensor));
      sums.fill(0);
      for (let i = 0; i < segments.length; i++) {
        for (let c = 0; c < width; c++) sums[segments[i] * width + c] += rows[i * width + c];
      }
      return output;
    },
  });
}
