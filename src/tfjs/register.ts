/**
 * Makes the backend known to TensorFlow.js: its kernels are those of the table, and for the rest, and for what these leave, the kernels of
 * cpu. Calls that end there are counted.
 * @module
 */
import { version_cpu } from '@tensorflow/tfjs-backend-cpu';
import {
  getKernelsForBackend,
  type KernelBackend,
  type KernelConfig,
  type KernelFunc,
  registerBackend,
  registerKernel,
  type TensorInfo,
  version_core,
} from '@tensorflow/tfjs-core';
import { FoveaError } from '../errors.js';
import type { FoveaBackend } from './backend.js';
import { registerGradients } from './gradients.js';
import { backendName, type Kernel } from './kernel.js';
import { free, table } from './table.js';

/** Above all that TensorFlow.js brings along (webgpu has 3): who imports fovea/tfjs wants it, unless `setBackend` says otherwise. */
const priority = 4;

const major = 4;

/** Kernel → calls that the cpu backend took. */
export const fellBack = new Map<string, number>();

/** @throws {FoveaError} ERR_BACKEND for a TensorFlow.js of another major version */
export function register(make: () => KernelBackend | Promise<KernelBackend>): void {
  for (const [name, version] of Object.entries({ 'tfjs-core': version_core, 'tfjs-backend-cpu': version_cpu }))
    if (!version.startsWith(`${major}.`))
      throw new FoveaError('ERR_BACKEND', `fovea/tfjs: @tensorflow/${name} is ${version}, expected version ${major}`);
  registerBackend(backendName, make, priority);
  const kernels = new Map(Object.values(table).flatMap((kernels) => Object.entries(kernels)));
  for (const config of getKernelsForBackend('cpu')) {
    const own = kernels.get(config.kernelName);
    kernels.delete(config.kernelName);
    const cpu = free.includes(config.kernelName) ? config.kernelFunc : counted(config);
    registerKernel({ ...config, backendName, kernelFunc: own ? orCpu(own, cpu) : cpu });
  }
  registerGradients();
  for (const [kernelName, own] of kernels) registerKernel({ kernelName, backendName, kernelFunc: alone(kernelName, own) });
}

function counted({ kernelName, kernelFunc }: KernelConfig): KernelFunc {
  return (call) => {
    fellBack.set(kernelName, (fellBack.get(kernelName) ?? 0) + 1);
    // What it gives back may lie in what it was given.
    (call.backend as FoveaBackend).share(tensorsAmong(Object.values(call.inputs)));
    return kernelFunc(call);
  };
}

/** Inputs are tensors, missing ones, or lists of these. */
function tensorsAmong(inputs: readonly unknown[]): TensorInfo[] {
  return inputs.flatMap((input) => {
    if (Array.isArray(input)) return tensorsAmong(input);
    return typeof input === 'object' && input !== null && 'dataId' in input ? [input as TensorInfo] : [];
  });
}

function orCpu(own: Kernel, cpu: KernelFunc): KernelFunc {
  return (call) => own(call as unknown as Parameters<Kernel>[0]) ?? cpu(call);
}

/** A kernel that cpu lacks. */
function alone(kernelName: string, own: Kernel): KernelFunc {
  return (call) => {
    const result = own(call as unknown as Parameters<Kernel>[0]);
    if (result === undefined)
      throw new FoveaError('ERR_DTYPE', `fovea/tfjs: ${kernelName} takes float32 tensors along their last axis only`);
    return result;
  };
}
