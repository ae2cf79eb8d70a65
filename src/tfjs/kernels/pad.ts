/**
 * PadV2: a tensor with so many of one number before and after it along each dimension.
 * @module
 */
import type { PadV2Attrs } from '@tensorflow/tfjs-core';
import { rowMajor } from '../../validate/tensor.js';
import { kernel } from '../kernel.js';
import { copyRow, forRows, joined } from '../loops.js';
import { offsetOf, sizeOf } from '../shape.js';

const padV2 = kernel<'x', PadV2Attrs>(({ inputs: { x }, attrs: { paddings, constantValue }, backend }) => {
  const values = backend.numbers(x);
  if (values === undefined || paddings.some((own) => Math.min(...own) < 0)) return undefined;
  const shape = x.shape.map((size, i) => size + (paddings[i]?.[0] ?? 0) + (paddings[i]?.[1] ?? 0));
  const out = backend.roomLike(values, sizeOf(shape)).fill(constantValue);
  const steps = rowMajor(shape);
  const first = offsetOf(
    paddings.map(([before]) => before),
    steps,
  );
  const walk = joined(x.shape, [rowMajor(x.shape), steps]);
  // Where the last dimension is 1 and padded, neighbours of x are none in the result: each is a row of its own.
  const isApart = walk.steps[1]?.at(-1) !== 1;
  const { sizes, steps: own } = isApart ? { sizes: [...walk.sizes, 1], steps: walk.steps.map((each) => [...each, 1]) } : walk;
  forRows({ sizes, steps: own }, ([from = 0, to = 0]) => copyRow(values, from, 1, out, first + to, sizes.at(-1) ?? 1));
  return backend.tensor(shape, x.dtype, out);
});

export const padKernels = { PadV2: padV2 };
