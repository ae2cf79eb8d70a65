/**
 * What of its tensors' memory a plan touches: for the backends that work on copies (wasm in its arena, a worker in its thread).
 * Copies hold the touched extent only, and results go back element by element where a view has gaps that belong to others.
 * @module
 */
import type { Plan, View } from '../plan/plan.js';
import { type Data, extentOf } from '../plan/tensors.js';
import { shrunkError } from './status.js';

/**
 * The elements from the first to the last that a view touches, as a typed array on the same memory.
 * @throws {FoveaError} ERR_SHAPE when that memory is no longer there
 */
export function touched<D extends Data>(plan: Plan, view: View<D>, sizes: readonly number[]): D {
  const length = extentOf(sizes, view.strides);
  if (view.offset + length > view.data.length) throw shrunkError(plan);
  return view.data.subarray(view.offset, view.offset + length) as D;
}

/** Copies the elements of a view out of a copy of its extent, and leaves what lies between them alone. */
export function writeBack<D extends Data>(view: View<D>, sizes: readonly number[], copy: D): void {
  const [outer, run] = contiguousTail(sizes, view.strides);
  if (sizes.includes(0)) return;
  const index = new Array<number>(outer).fill(0);
  for (let from = 0; ; ) {
    if (run === 1) view.data[view.offset + from] = copy[from] ?? 0;
    else view.data.set(copy.subarray(from, from + run), view.offset + from);
    let axis = outer - 1;
    for (; axis >= 0; axis -= 1) {
      const stride = view.strides[axis] ?? 0;
      const next = (index[axis] ?? 0) + 1;
      if (next < (sizes[axis] ?? 0)) {
        index[axis] = next;
        from += stride;
        break;
      }
      index[axis] = 0;
      from -= (next - 1) * stride;
    }
    if (axis < 0) return;
  }
}

/** How many leading dimensions stay to walk when the last ones lie side by side, and the elements of one such run. */
function contiguousTail(sizes: readonly number[], strides: readonly number[]): [outer: number, run: number] {
  let run = 1;
  for (let axis = sizes.length - 1; axis >= 0; axis -= 1) {
    const size = sizes[axis] ?? 0;
    if (size !== 1 && strides[axis] !== run) return [axis + 1, run];
    run *= size;
  }
  return [0, run];
}
