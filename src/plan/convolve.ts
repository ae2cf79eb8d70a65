/**
 * Maps and the kernel that makes one of them → {@link ConvolvePlan}. For our own functions, which have checked their arguments.
 * @module
 */
import type { Activation, Tensor } from '../types.js';
import type { ConvolvePlan } from './plan.js';
import { freshFloat32 } from './result.js';
import { viewOf } from './view.js';

/** What `convolve` takes beside x and the kernel. */
export interface ConvolveOptions {
  /** @default 0 */
  readonly bias?: number | undefined;
  readonly activation?: Activation | undefined;
  /** `[batch, height, width]`, apart from the others; new memory if there is none. */
  readonly out?: Tensor | undefined;
}

/**
 * @param name of the function that the caller called, for errors
 * @param x `[batch, maps, height, width]`
 * @param kernel `[maps, height, width]`, row-major, its height and width odd
 */
export function planConvolve(
  name: string,
  x: Tensor,
  kernel: Tensor,
  { bias = 0, activation, out }: ConvolveOptions = {},
): { readonly plan: ConvolvePlan; readonly result: Tensor } {
  const [batch = 0, maps = 0, height = 0, width = 0] = x.shape;
  const [, kernelHeight = 1, kernelWidth = 1] = kernel.shape;
  const result = out ?? freshFloat32(name, [batch, height, width]);
  const plan: ConvolvePlan = {
    op: 'convolve',
    name,
    batch,
    maps,
    height,
    width,
    kernelHeight,
    kernelWidth,
    bias,
    activation: activation ?? 'none',
    x: viewOf(x),
    kernel: kernel.data,
    out: viewOf(result),
  };
  return { plan, result };
}
