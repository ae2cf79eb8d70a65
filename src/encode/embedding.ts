/**
 * embedding: rows of a table, by their numbers.
 * @module
 */
import { optionError, shapeError } from '../errors.js';
import { fromBfloat16, fromFloat16 } from '../ops/convert.js';
import { checkApart, resultIn } from '../plan/result.js';
import type { EmbeddingOptions, FloatData, OutData, Tensor } from '../types.js';
import { list } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { type Checked, type CheckedFloats, checkFloats, checkInt32, rowMajor } from '../validate/tensor.js';
import { Workspace } from '../validate/workspace.js';

const op = 'embedding';

const rules = { out: rule.floatTensor } satisfies rule.Rules<EmbeddingOptions>;

/**
 * Rows of a table: result[…, :] = table[ids[…], :].
 * @param ids any shape and strides; a bare Int32Array is a tensor of one dimension
 * @param table `[rows, d]`, any strides
 * @returns `[…shape of ids, d]` in the dtype of the table, or `out`
 * @throws {FoveaError} ERR_OPTION for an id that the table has no row for, ERR_SHAPE, ERR_DTYPE, ERR_OUT_OF_MEMORY, all before anything is
 * written; ERR_NOT_READY where half types are widened into `out`, in a browser before `init`
 */
export function embedding<D extends FloatData, O extends FloatData = never>(
  ids: Tensor<Int32Array> | Int32Array,
  table: Tensor<D>,
  options?: EmbeddingOptions<O>,
): Tensor<OutData<D, O>> {
  const workspace = new Workspace();
  const wanted = checkInt32(op, 'ids', ArrayBuffer.isView(ids) ? { data: ids, shape: [ids.length] } : ids, workspace);
  const rows = checkFloats(op, 'table', table, workspace);
  const { out } = rule.checkOptions(op, options, rules, workspace);
  if (rows.shape.length !== 2)
    throw shapeError(op, 'table', `rank ${rows.shape.length}`, 'rank 2, [rows, d]', `table is ${list(rows.shape)}`);
  const [count = 0, width = 0] = rows.shape;
  checkIds(wanted, count);
  const shape = [...wanted.shape, width];
  const result = resultIn(op, out, shape, rows, workspace);
  checkApart(op, out, 'ids', wanted);
  checkApart(op, out, 'table', rows);
  if (width > 0) {
    if (result.dtype === rows.dtype) copyRows(wanted, rows, result);
    else copyWidened(wanted, rows, result, shape);
  }
  return result.source as Tensor<OutData<D, O>>;
}

function checkIds(ids: Checked<Int32Array>, count: number): void {
  eachIndex(ids.shape, ids.offset, ids.strides, 0, [], (at, _, index) => {
    const id = ids.data[at] ?? -1;
    if (id >= 0 && id < count) return;
    const expected = count === 0 ? 'no id at all' : `0 to ${count - 1}`;
    throw optionError(op, index.length === 0 ? 'ids' : `ids${list(index)}`, String(id), expected, `table has ${count} rows`);
  });
}

function copyRows(ids: Checked<Int32Array>, table: CheckedFloats, result: CheckedFloats): void {
  const [, width = 0] = table.shape;
  const [rowStride = 0, stride = 0] = table.strides;
  const outStride = result.strides.at(-1) ?? 0;
  const isContiguous = stride === 1 && outStride === 1;
  eachIndex(ids.shape, ids.offset, ids.strides, result.offset, result.strides, (at, to) => {
    const from = table.offset + (ids.data[at] ?? 0) * rowStride;
    if (isContiguous) result.data.set(table.data.subarray(from, from + width), to);
    else for (let i = 0; i < width; i++) result.data[to + i * outStride] = table.data[from + i * stride] ?? 0;
  });
}

/** Half types into float32: gathered as they are, then converted together. */
function copyWidened(ids: Checked<Int32Array>, table: CheckedFloats, result: CheckedFloats, shape: readonly number[]): void {
  const { dtype } = table;
  const gathered = { ...result, data: new Uint16Array(shape.reduce((size, n) => size * n, 1)), strides: rowMajor(shape), offset: 0 };
  copyRows(ids, table, gathered);
  const widen = dtype === 'float16' ? fromFloat16 : fromBfloat16;
  widen({ data: gathered.data, shape, dtype }, { out: result.source as Tensor });
}

/** Calls visit for every index of a shape, in row-major order, with where it lies in two walks. */
function eachIndex(
  shape: readonly number[],
  offset: number,
  strides: readonly number[],
  otherOffset: number,
  otherStrides: readonly number[],
  visit: (at: number, other: number, index: readonly number[]) => void,
): void {
  if (shape.includes(0)) return;
  const index = shape.map(() => 0);
  let [at, other] = [offset, otherOffset];
  for (;;) {
    visit(at, other, index);
    let d = shape.length - 1;
    for (; d >= 0; d--) {
      const [size, stride, otherStride] = [shape[d] ?? 1, strides[d] ?? 0, otherStrides[d] ?? 0];
      const next = (index[d] ?? 0) + 1;
      index[d] = next < size ? next : 0;
      at += next < size ? stride : -(size - 1) * stride;
      other += next < size ? otherStride : -(size - 1) * otherStride;
      if (next < size) break;
    }
    if (d < 0) return;
  }
}
