/**
 * matmul's arguments → {@link MatmulPlan}: which dimensions meet, how the batches broadcast.
 * @module
 */
import { dtypeError, optionError, shapeError } from '../errors.js';
import type { FloatData, MatmulOptions, Tensor } from '../types.js';
import { broadcastShape, broadcastStrides } from '../validate/broadcast.js';
import { list } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { type Checked, type CheckedFloats, checkFloats } from '../validate/tensor.js';
import { matmulBatchRank } from './layout.js';
import { Packed } from './packed-matrix.js';
import type { MatmulPlan, Panels, View } from './plan.js';
import { freshResult, givenResult } from './result.js';

const op = 'matmul';

const rules = {
  transposeA: rule.boolean,
  transposeB: rule.boolean,
  bias: rule.float32Tensor,
  activation: rule.activation,
  out: rule.floatTensor,
} satisfies rule.Rules<MatmulOptions>;

export interface PlannedMatmul {
  readonly plan: MatmulPlan;
  readonly result: Tensor<FloatData>;
  /** b, where it is packed. */
  readonly kept: Packed | undefined;
}

export function planMatmul(a: unknown, b: unknown, options: unknown): PlannedMatmul {
  const left = checkFloats(op, 'a', a);
  const packed = Packed.of(b);
  const right = packed === undefined ? checkFloats(op, 'b', b) : packedOperand(packed);
  const given = rule.checkOptions(op, options, rules);
  checkRank('a', left);
  checkRank('b', right);
  if ('panels' in right) {
    if (given.transposeB) throw optionError(op, 'transposeB', 'true', 'false', 'b is a packed matrix; packMatrix has an option transpose');
  } else if (right.dtype !== left.dtype) throw dtypeError(op, 'b', `dtype ${right.dtype}`, `${left.dtype}, the dtype of a`);

  const rows = matrixOf(left, given.transposeA);
  const columns = matrixOf(right, given.transposeB);
  const shapes = () =>
    `a is ${list(left.shape)}${given.transposeA ? ' transposed' : ''}, b is ${list(right.shape)}${given.transposeB ? ' transposed' : ''}`;
  if (columns.rows !== rows.columns) throw shapeError(op, 'b', `${columns.rows} rows`, `${rows.columns}, the columns of a`, shapes());
  const batch = broadcastShape(rows.batch, columns.batch);
  const aStrides = batch && broadcastStrides(rows.batch, rows.batchStrides, batch);
  const bStrides = batch && broadcastStrides(columns.batch, columns.batchStrides, batch);
  if (batch === undefined || aStrides === undefined || bStrides === undefined) {
    throw shapeError(op, 'b', `batch ${list(columns.batch)}`, `one that broadcasts with ${list(rows.batch)}`, shapes());
  }
  const n = columns.columns;
  const bias = given.bias && biasView(given.bias, n);

  const shape = [...batch, rows.rows, n];
  const result = given.out
    ? givenResult(op, shape, left, given.out, { a: left, b: 'panels' in right ? undefined : right, bias: given.bias })
    : freshResult(op, shape, left);
  const strides = [...bStrides, columns.rowStride, columns.columnStride];
  const plan = withTallRows({
    op,
    batch,
    m: rows.rows,
    n,
    k: rows.columns,
    dtype: left.dtype,
    outDtype: result.dtype,
    a: { data: left.data, offset: left.offset, strides: [...aStrides, rows.rowStride, rows.columnStride] },
    b: 'panels' in right ? { ...right.panels, strides } : { data: right.data, offset: right.offset, strides },
    out: { data: result.data, offset: result.offset, strides: result.strides },
    bias,
    activation: given.activation ?? 'none',
  });
  return { plan, result: result.tensor, kept: packed };
}

/** A packed matrix: a matrix of so many rows and columns whose strides are those of its panels' memory. */
interface PackedOperand {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly panels: Panels;
}

function packedOperand(packed: Packed): PackedOperand {
  const panels = packed.panels(op);
  return { shape: packed.shape, strides: panels.strides, panels };
}

function checkRank(name: string, { shape }: Pick<CheckedFloats, 'shape'>): void {
  const highest = matmulBatchRank + 2;
  if (shape.length >= 2 && shape.length <= highest) return;
  const vector = shape.length === 1 ? '; a vector is a matrix of one row or one column' : '';
  throw shapeError(op, name, `rank ${shape.length}`, `rank 2 to ${highest}`, `${name} is ${list(shape)}${vector}`);
}

interface Matrix {
  readonly batch: readonly number[];
  readonly batchStrides: readonly number[];
  readonly rows: number;
  readonly columns: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** An operand taken apart; transposing swaps sizes and strides, no data. */
function matrixOf({ shape, strides }: Pick<CheckedFloats, 'shape' | 'strides'>, transposed: boolean | undefined): Matrix {
  const last = shape.length - 1;
  const row = transposed ? last : last - 1;
  const column = transposed ? last - 1 : last;
  return {
    batch: shape.slice(0, -2),
    batchStrides: strides.slice(0, -2),
    rows: shape[row] ?? 0,
    columns: shape[column] ?? 0,
    rowStride: strides[row] ?? 0,
    columnStride: strides[column] ?? 0,
  };
}

function biasView({ data, shape, strides, offset }: Checked, n: number): View {
  if (shape.length !== 1 || shape[0] !== n) throw shapeError(op, 'bias', `shape ${list(shape)}`, `[${n}], one for each column`);
  return { data, offset, strides };
}

/**
 * The same call with fewer batch dimensions: where b is the same for all indices of the last one, and a and out walk it in the
 * step of their rows, its matrices are one tall matrix. b is then packed once instead of once an index, and small m fill tiles.
 */
function withTallRows(plan: MatmulPlan): MatmulPlan {
  if (plan.batch.length === 0) return plan;
  const batch = [...plan.batch];
  const a = [...plan.a.strides];
  const b = [...plan.b.strides];
  const out = [...plan.out.strides];
  let { m } = plan;
  for (let i = batch.length - 1; i >= 0; i--) {
    const size = batch[i] ?? 1;
    if (size !== 1) {
      const aSteps = m === 1 || a[i] === m * (a.at(-2) ?? 0);
      const outSteps = m === 1 || out[i] === m * (out.at(-2) ?? 0);
      if (b[i] !== 0 || !aSteps || !outSteps) break;
      if (m === 1) {
        a[a.length - 2] = a[i] ?? 0;
        out[out.length - 2] = out[i] ?? 0;
      }
      m *= size;
    }
    batch.splice(i, 1);
    for (const strides of [a, b, out]) strides.splice(i, 1);
  }
  return { ...plan, batch, m, a: { ...plan.a, strides: a }, b: { ...plan.b, strides: b }, out: { ...plan.out, strides: out } };
}
