/**
 * A batch of matrices as one tall matrix, where the memory allows it.
 * @module
 */
import { sized, type Workspace } from '../validate/workspace.js';

/** What of a plan it changes. */
interface Matrices {
  batch: readonly number[];
  /** Rows of a and out. */
  m: number;
}

/**
 * The same call with fewer batch dimensions: where b is the same for all indices of the last one, and a and out walk it in the
 * step of their rows, its matrices are one tall matrix. b is then packed once instead of once an index, and small m fill tiles.
 * @param a strides of `[...batch, row, column]`, as of b and out
 */
export function joinRows(plan: Matrices, a: number[], b: number[], out: number[], workspace: Workspace): void {
  const { batch } = plan;
  const row = batch.length; // behind the batch are the strides of the row and of the column
  let outer = row;
  for (; outer > 0; outer--) {
    const last = outer - 1;
    const size = batch[last] ?? 1;
    if (size === 1) continue;
    const isTall = b[last] === 0 && (plan.m === 1 || (isStep(a, last, row, plan.m) && isStep(out, last, row, plan.m)));
    if (!isTall) break;
    if (plan.m === 1) {
      a[row] = a[last] ?? 0;
      out[row] = out[last] ?? 0;
    }
    plan.m *= size;
  }
  if (outer === row) return;
  const left = workspace.list(outer);
  for (let i = 0; i < outer; i++) left[i] = batch[i] ?? 1;
  plan.batch = left;
  for (const strides of [a, b, out]) {
    strides.copyWithin(outer, row);
    sized(strides, outer + 2);
  }
}

/** Whether the next matrix begins where the rows of one end. */
function isStep(strides: readonly number[], outer: number, row: number, rows: number): boolean {
  return strides[outer] === rows * (strides[row] ?? 0);
}
