/** What kernels that move rows to and from places of several dimensions are called with. */
import { floats, type Given, integers, type Row, special, truths } from './given.js';

/** Of so many dimensions, all below `most`; one after another. */
const places = (most: readonly number[], count: number): Given => {
  const each = most.map((size) => integers(size, count).values);
  const values = Int32Array.from({ length: count * most.length }, (_, i) => each[i % most.length]?.[Math.floor(i / most.length)] ?? 0);
  return { shape: [count, most.length], dtype: 'int32', values };
};
/** Each once, from the last to the first. */
const once = (count: number): Given => ({
  shape: [count, 1],
  dtype: 'int32',
  values: Int32Array.from({ length: count }, (_, i) => count - 1 - i),
});
const none: Given = { shape: [0, 2], dtype: 'int32', values: new Int32Array(0) };
const shaped = ({ dtype, values }: Given, ...shape: number[]): Given => ({ shape, dtype, values });

/** Kernel → what it is called with. */
export const placeRows: Readonly<Record<string, readonly Row[]>> = {
  GatherNd: [
    { inputs: { params: floats(5, 70), indices: places([5], 8) } },
    { inputs: { params: floats(4, 5, 3), indices: places([4, 5], 7) } },
    { inputs: { params: floats(4, 5, 3), indices: shaped(places([4, 5, 3], 6), 2, 3, 3) } },
    { inputs: { params: integers(99, 4, 5), indices: places([4], 3) } },
    { inputs: { params: truths(4, 30), indices: places([4], 3) } },
    { inputs: { params: special(), indices: once(6) } },
    { inputs: { params: floats(4, 5, 3), indices: none } },
  ],
  ScatterNd: [
    { inputs: { indices: once(9), updates: floats(9, 70) }, attrs: { shape: [12, 70] } },
    { inputs: { indices: places([4, 5], 40), updates: floats(40, 3) }, attrs: { shape: [4, 5, 3] } },
    { inputs: { indices: once(6), updates: special() }, attrs: { shape: [7] } },
    { inputs: { indices: shaped(once(4), 4), updates: floats(4) }, attrs: { shape: [9] } },
    { inputs: { indices: places([3], 8), updates: integers(2 ** 30, 8, 2) }, attrs: { shape: [3, 2] } },
    { inputs: { indices: places([3], 5), updates: truths(5) }, attrs: { shape: [3] } },
    { inputs: { indices: once(2), updates: floats(2, 0) }, attrs: { shape: [3, 0] } },
    { inputs: { indices: none, updates: floats(0, 3) }, attrs: { shape: [4, 5, 3] } },
  ],
  SparseToDense: [
    { inputs: { sparseIndices: once(9), sparseValues: floats(9), defaultValue: floats() }, attrs: { outputShape: [12] } },
    { inputs: { sparseIndices: places([4, 5], 9), sparseValues: floats(9), defaultValue: floats() }, attrs: { outputShape: [4, 5] } },
    { inputs: { sparseIndices: once(3), sparseValues: floats(), defaultValue: floats() }, attrs: { outputShape: [5] } },
    { inputs: { sparseIndices: once(3), sparseValues: integers(9, 3), defaultValue: integers(9) }, attrs: { outputShape: [5] } },
    { inputs: { sparseIndices: once(3), sparseValues: truths(3), defaultValue: truths() }, attrs: { outputShape: [5] } },
  ],
};
