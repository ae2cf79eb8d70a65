/**
 * Calls that pass over much memory once are cut into pieces that fit a cache: what is copied in is still there when the kernels read it, and
 * what they write when it is copied out. The bits are the same, and the arena stays small.
 * @module
 */
import type { ActivatePlan, MatmulPlan, MultiplyPlan, Plan, PoolPlan, SoftmaxPlan, View } from '../../plan/plan.js';
import type { Data } from '../../plan/tensors.js';

/** Of the largest tensor of a piece, for each thread that works on it: half of a small L2, a quarter of a large one. */
const bytesOfThread = 2 ** 18;

/** Rows of b that the kernels add up at a time (native/kernels/matmul.inl): a cut between two such steps changes no bit. */
const rowsOfStep = 4;

/** The plans to run one after another instead of this one; undefined: it is not cut. */
export function piecesOf(plan: Plan, threads: number): readonly Plan[] | undefined {
  const pieceBytes = bytesOfThread * threads;
  switch (plan.op) {
    case 'softmax':
      return ofSoftmax(plan, pieceBytes);
    case 'activate':
      return ofElements(plan, pieceBytes);
    case 'matmul':
      return plan.m === 1 && plan.n * plan.k > pieceBytes / 4 && plan.batch.every((size) => size === 1)
        ? ofVector(plan, pieceBytes)
        : undefined;
    case 'pool':
      return ofPool(plan, pieceBytes);
    case 'multiply':
      return ofMultiply(plan, pieceBytes);
    default:
      return undefined;
  }
}

/** Along the first of the other dimensions, where what belongs to one index lies apart from what belongs to the next. */
function ofSoftmax(plan: SoftmaxPlan, pieceBytes: number): readonly SoftmaxPlan[] | undefined {
  const { outer, x, mask, out } = plan;
  const count = outer[0] ?? 1;
  if (count === 1) return undefined;
  const step = stepOf(pieceBytes, Math.max(bytesAt(x, plan), bytesAt(out, plan)));
  if (count <= step || !isApart(x, plan) || !isApart(out, plan) || (mask && !isApart(mask, plan))) return undefined;
  const rest = outer.slice(1);
  return range(count, step).map(([begin, end]) => ({
    ...plan,
    outer: [end - begin, ...rest],
    x: from(x, 0, begin),
    mask: mask && from(mask, 0, begin),
    out: from(out, 0, begin),
  }));
}

/** Elements in one line, as they are where nothing lies between them. */
function ofElements(plan: ActivatePlan, pieceBytes: number): readonly ActivatePlan[] | undefined {
  const { outer, length, x, out } = plan;
  const step = stepOf(
    pieceBytes,
    Math.max((x.strides[0] ?? 0) * x.data.BYTES_PER_ELEMENT, (out.strides[0] ?? 0) * out.data.BYTES_PER_ELEMENT),
  );
  if (outer.length > 0 || length <= step) return undefined;
  return range(length, step).map(([begin, end]) => ({ ...plan, length: end - begin, x: from(x, 0, begin), out: from(out, 0, begin) }));
}

/** A row times a matrix: along n if its columns are contiguous; along k if its rows are, each piece upon what those before have added up. */
function ofVector(plan: MatmulPlan, pieceBytes: number): readonly MatmulPlan[] | undefined {
  const { a, b, bias, out, n, k } = plan;
  if ('panelColumns' in b) return undefined;
  const rank = plan.batch.length;
  const [rowStride = 0, columnStride = 0] = b.strides.slice(rank);
  if (rowStride === 1 && columnStride >= k) {
    const step = stepOf(pieceBytes, k * b.data.BYTES_PER_ELEMENT);
    return range(n, step).map(([begin, end]) => ({
      ...plan,
      n: end - begin,
      b: from(b, rank + 1, begin),
      bias: bias && from(bias, 0, begin),
      out: from(out, rank + 1, begin),
    }));
  }
  const sums = out.data;
  if (columnStride !== 1 || rowStride < n || !(sums instanceof Float32Array)) return undefined;
  const step = Math.ceil(stepOf(pieceBytes, n * b.data.BYTES_PER_ELEMENT) / rowsOfStep) * rowsOfStep;
  const added: View = { data: sums, offset: out.offset, strides: out.strides.slice(-1) };
  return range(k, step).map(([begin, end]) => ({
    ...plan,
    k: end - begin,
    a: from(a, rank + 1, begin),
    b: from(b, rank, begin),
    bias: begin === 0 ? bias : added,
    activation: end === k ? plan.activation : 'none',
  }));
}

function ofPool(plan: PoolPlan, pieceBytes: number): readonly PoolPlan[] | undefined {
  const { x, factor, mean, max } = plan;
  return ofRows(plan, pieceBytes)?.map(([batch, rows]) => ({
    ...plan,
    batch: batch.count,
    rows: rows.count,
    x: fromRow(x, batch, rows),
    factor: factor && from(factor, 0, batch.begin),
    mean: fromRow(mean, batch, rows),
    max: fromRow(max, batch, rows),
  }));
}

function ofMultiply(plan: MultiplyPlan, pieceBytes: number): readonly MultiplyPlan[] | undefined {
  const { x, y, z, plus, out } = plan;
  return ofRows(plan, pieceBytes)?.map(([batch, rows]) => ({
    ...plan,
    batch: batch.count,
    rows: rows.count,
    x: fromRow(x, batch, rows),
    y: y && fromRow(y, batch, rows),
    z: z && fromRow(z, batch, rows),
    plus: plus && fromRow(plus, batch, rows),
    out: fromRow(out, batch, rows),
  }));
}

interface Stretch {
  readonly begin: number;
  readonly count: number;
}

/** Whole images, if a piece holds one; else rows of one, where they lie apart. Undefined: it is one piece, or the images are not apart. */
function ofRows(
  { batch, rows, columns, x }: PoolPlan | MultiplyPlan,
  pieceBytes: number,
): readonly (readonly [Stretch, Stretch])[] | undefined {
  const [ofBatch = 0, ofRow = 0, ofColumn = 0] = x.strides;
  const row = (columns - 1) * ofColumn + 1;
  const image = (rows - 1) * ofRow + row;
  if (batch > 1 && ofBatch < image) return undefined;
  const rowStep = ofRow < row ? rows : Math.min(rows, stepOf(pieceBytes, row * x.data.BYTES_PER_ELEMENT));
  const batchStep = rowStep < rows ? 1 : Math.min(batch, stepOf(pieceBytes, image * x.data.BYTES_PER_ELEMENT));
  if (rowStep === rows && batchStep === batch) return undefined;
  const stretches = (count: number, step: number) => range(count, step).map(([begin, end]): Stretch => ({ begin, count: end - begin }));
  return stretches(batch, batchStep).flatMap((ofBatches) => stretches(rows, rowStep).map((ofRows) => [ofBatches, ofRows] as const));
}

function fromRow(view: View, batch: Stretch, rows: Stretch): View {
  return from(from(view, 0, batch.begin), 1, rows.begin);
}

/** Indices of a piece, of which each takes so many bytes. */
function stepOf(pieceBytes: number, bytes: number): number {
  return Math.max(1, Math.floor(pieceBytes / Math.max(1, bytes)));
}

function range(count: number, step: number): readonly (readonly [begin: number, end: number])[] {
  return Array.from({ length: Math.max(1, Math.ceil(count / step)) }, (_, i) => [i * step, Math.min(i * step + step, count)]);
}

/** Of one index of the first dimension. */
function bytesAt(view: View<Data>, plan: SoftmaxPlan): number {
  return extentAt(view, plan) * view.data.BYTES_PER_ELEMENT;
}

function isApart(view: View<Data>, plan: SoftmaxPlan): boolean {
  const [stride = 0] = view.strides;
  return stride === 0 || stride >= extentAt(view, plan);
}

/** From the first element of an index of the first dimension to its last. */
function extentAt({ strides }: View<Data>, { outer, length }: SoftmaxPlan): number {
  let last = (length - 1) * (strides[outer.length] ?? 0);
  for (let i = 1; i < outer.length; i++) last += ((outer[i] ?? 1) - 1) * (strides[i] ?? 0);
  return last + 1;
}

function from<D extends Data>(view: View<D>, axis: number, index: number): View<D> {
  return { ...view, offset: view.offset + index * (view.strides[axis] ?? 0) };
}
