/**
 * Numbers taken from where a walk finds them: large ones on the multiply kernel, as a product of one factor, which is faster than JavaScript at
 * it and shared by threads; others row by row.
 * @module
 */
import type { Numbers } from '../backend.js';
import { copyRow, forRows, type Walk } from '../loops.js';
import { sizeOf } from '../shape.js';
import { isForProducts, multiplyInto } from './products.js';

/** out = x along the walk of one operand, which begins at `first`. @param name of the kernel, for errors */
export function copyAlong(name: string, walk: Walk, x: Numbers, first: number, out: Numbers): void {
  const length = walk.sizes.at(-1) ?? 1;
  const step = walk.steps[0]?.at(-1) ?? 1;
  if (x instanceof Float32Array && out instanceof Float32Array && isForKernel(walk)) copyOnKernel(name, walk, x, first, out);
  else forRows(walk, ([from = 0], at) => copyRow(x, first + from, step, out, at, length));
}

/** Numbers from which on a call of the kernel costs less than copies of rows. */
const large = 2 ** 16;

function isForKernel({ sizes, steps }: Walk): boolean {
  const inner = sizeOf(sizes.slice(-3));
  const isForward = steps[0]?.every((step) => step >= 0) ?? false;
  return isForProducts(inner, sizes.at(-1) ?? 1, large) && steps[0]?.at(-1) === 1 && isForward;
}

/** Three dimensions at a time. */
function copyOnKernel(name: string, { sizes, steps: [steps = []] }: Walk, x: Float32Array, first: number, out: Float32Array): void {
  const own = sizes.slice(-3);
  const front = 3 - own.length;
  const shape = [...Array<number>(front).fill(1), ...own];
  const strides = [...Array<number>(front).fill(0), ...steps.slice(-3)];
  const size = sizeOf(own);
  const outer: Walk = { sizes: [...sizes.slice(0, -3), size], steps: [[...steps.slice(0, -3), 0]] };
  forRows(outer, ([from = 0], at) => {
    multiplyInto(name, { x: { data: x.subarray(first + from), shape, strides } }, { data: out.subarray(at, at + size), shape });
  });
}
