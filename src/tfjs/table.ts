/**
 * Which kernel of TensorFlow.js runs where; all that are not named here run in its cpu backend.
 * @module
 */
import type { Kernel } from './kernel.js';
import { normKernels } from './kernels/batch-norm.js';
import { binaryKernels, productKernels } from './kernels/binary.js';
import { castKernels } from './kernels/cast.js';
import { convolutionKernels } from './kernels/convolution.js';
import { depthwiseKernels } from './kernels/depthwise.js';
import { einsum } from './kernels/einsum.js';
import { fillKernels } from './kernels/fill.js';
import { gatherKernels } from './kernels/gather.js';
import { batchMatMul, fusedMatMul } from './kernels/matmul.js';
import { maxPoolingKernels } from './kernels/max-pooling.js';
import { padKernels } from './kernels/pad.js';
import { joinedKernels, takenKernels } from './kernels/pieces.js';
import { placeKernels } from './kernels/places.js';
import { poolingKernels } from './kernels/pooling.js';
import { reduceKernels } from './kernels/reduce.js';
import { selectKernels } from './kernels/select.js';
import { softmaxKernels } from './kernels/softmax.js';
import { transposeKernels } from './kernels/transpose.js';
import { activationKernels, unaryKernels } from './kernels/unary.js';

/** `kernels`: native or wasm, whichever fovea has chosen; `loops`: JavaScript over typed arrays; `free`: no number is touched. */
export type Place = 'kernels' | 'loops' | 'free';

/** The same numbers under another name: those of cpu will do. */
export const free: readonly string[] = ['Identity', 'Reshape', 'ExpandDims'];

/** `native`: on the kernels where fovea runs natively, and large; else in loops. */
export const table: Readonly<Record<'kernels' | 'native' | 'loops', Readonly<Record<string, Kernel>>>> = {
  kernels: {
    BatchMatMul: batchMatMul,
    _FusedMatMul: fusedMatMul,
    Einsum: einsum,
    ...convolutionKernels,
    Softmax: softmaxKernels.Softmax,
    ...activationKernels,
  },
  native: { ...productKernels, ...transposeKernels, ...takenKernels, ...normKernels },
  loops: {
    LogSoftmax: softmaxKernels.LogSoftmax,
    ...binaryKernels,
    ...unaryKernels,
    ...reduceKernels,
    ...joinedKernels,
    ...padKernels,
    ...fillKernels,
    ...gatherKernels,
    ...placeKernels,
    ...selectKernels,
    ...castKernels,
    ...maxPoolingKernels,
    ...poolingKernels,
    ...depthwiseKernels,
  },
};
