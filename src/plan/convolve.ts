/**
 * Maps and the kernel that makes one of them → {@link ConvolvePlan}. For our own functions, which have checked their arguments.
 * @module
 */
import type { Tensor } from '../types.js';
import type { ConvolvePlan } from './plan.js';
import { freshFloat32 } from './result.js';
import { viewOf } from './view.js';

/**
 * @param name of the function that the caller called, for errors
 * @param x `[batch, maps, height, width]`
 * @param kernel `[maps, height, width]`, row-major, its height and width odd
 */
export function planConvolve(
  name: string,
  x: Tensor,
  kernel: Tensor,
  bias: number,
): { readonly plan: ConvolvePlan; readonly result: Tensor } {
  const [batch = 0, maps = 0, height = 0, width = 0] = x.shape;
  const [, kernelHeight = 1, kernelWidth = 1] = kernel.shape;
  const out = freshFloat32(name, [batch, height, width]);
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
    x: viewOf(x),
    kernel: kernel.data,
    out: viewOf(out),
  };
  return { plan, result: out };
}
