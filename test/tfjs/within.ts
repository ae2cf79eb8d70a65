/** Tensors of TensorFlow.js beside numbers that know how far they may be off. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { exact, type Inexact } from '../inexact.js';
import { expectNear } from '../vision/images.js';

/** Every element within its own bound, and none of them missing. */
export function expectWithin(found: Tensor, expected: readonly Inexact[], what: string): void {
  expectNear(what, Float64Array.from(found.dataSync()), expected);
}

/** `[b, s, d]` as rows of numbers that are what they are. */
export function rowsOf(x: Tensor): Inexact[][][] {
  return (x.arraySync() as number[][][]).map((sequence) => sequence.map((row) => row.map(exact)));
}
