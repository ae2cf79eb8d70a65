/**
 * Add, Multiply and the like, and comparisons, of float32, And and Or of bool: in rows, along which each operand goes on or stays where it is.
 * @module
 */
import { broadcast_util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Tensor } from '../../types.js';
import type { FoveaBackend } from '../backend.js';
import { type Kernel, kernel } from '../kernel.js';
import { broadcastWalk, forRows, type Walk } from '../loops.js';
import { sizeOf } from '../shape.js';
import {
  add,
  and,
  divide,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  maximum,
  minimum,
  multiply,
  notEqual,
  or,
  power,
  prelu,
  type Row,
  squaredDifference,
  subtract,
} from './binary-rows.js';
import { type Factors, isForProducts, multiplyInto } from './products.js';
import { type Loop, negative, square } from './unary-loops.js';

/** Operands, both walked as `[batch, rows, columns]`, as the kernel takes them. */
type OnKernel = (a: Tensor, b: Tensor) => Factors;

/** Along a row: what stays where it is is better y than x. */
function goesOn({ strides }: Tensor): boolean {
  return strides?.at(-1) !== 0;
}

const minusOne: Tensor = { data: Float32Array.of(-1), shape: [1, 1, 1], strides: [0, 0, 0] };

/** Of what is one long row, so that threads share it. */
const rowOfMany = 2 ** 12;

/** Whether the kernel has done it. */
function ranOnKernel(name: string, onKernel: OnKernel, walk: Walk, a: Float32Array, b: Float32Array, out: Float32Array): boolean {
  if (walk.sizes.length > 3 || !isForProducts(out.length, walk.sizes.at(-1) ?? 1)) return false;
  const { sizes, steps } = walk.sizes.length === 1 && out.length % rowOfMany === 0 ? inRows(walk) : walk;
  const shape = [...Array<number>(3 - sizes.length).fill(1), ...sizes];
  const front = Array<number>(3 - sizes.length).fill(0);
  const operand = (data: Float32Array, own: readonly number[] = []): Tensor => ({ data, shape, strides: [...front, ...own] });
  multiplyInto(name, onKernel(operand(a, steps[0]), operand(b, steps[1])), { data: out, shape });
  return true;
}

function inRows({ sizes: [length = 0], steps }: Walk): Walk {
  return { sizes: [length / rowOfMany, rowOfMany], steps: steps.map(([step = 0]) => [rowOfMany * step, step]) };
}

/** @param read the numbers of an operand; undefined of other dtypes @param dtype of the result, which has `room` in such an array */
function rowwise<Out extends Float32Array | Uint8Array, In>(
  row: Row<Out, In>,
  read: (backend: FoveaBackend, x: TensorInfo) => In | undefined,
  dtype: 'float32' | 'bool',
  room: (backend: FoveaBackend, length: number) => Out,
  run?: (walk: Walk, a: In, b: In, out: Out) => boolean,
): Kernel {
  return kernel<'a' | 'b'>(({ inputs: { a, b }, backend }) => {
    const [left, right] = [read(backend, a), read(backend, b)];
    if (left === undefined || right === undefined) return undefined;
    const shape = broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
    const out = room(backend, sizeOf(shape));
    const walk = broadcastWalk(shape, [a.shape, b.shape]);
    if (run?.(walk, left, right, out)) return backend.tensor(shape, dtype, out);
    const last = walk.sizes.length - 1;
    const length = walk.sizes[last] ?? 1;
    const [as, bs] = [walk.steps[0]?.[last] ?? 0, walk.steps[1]?.[last] ?? 0];
    forRows(walk, ([i = 0, j = 0], at) => row(left, i, as, right, j, bs, out, at, length));
    return backend.tensor(shape, dtype, out);
  });
}

const floats = (backend: FoveaBackend, x: TensorInfo) => backend.floats(x);
const room = (backend: FoveaBackend, length: number) => backend.room(length);
const truths = (backend: FoveaBackend, x: TensorInfo) => {
  const values = x.dtype === 'bool' ? backend.numbers(x) : undefined;
  return values instanceof Uint8Array ? values : undefined;
};
const roomForTruths = (_backend: FoveaBackend, length: number) => new Uint8Array(length);

function arithmetic(row: Row<Float32Array>, name = '', onKernel?: OnKernel): Kernel {
  const run = onKernel && ((...args: [Walk, Float32Array, Float32Array, Float32Array]) => ranOnKernel(name, onKernel, ...args));
  return rowwise(row, floats, 'float32', room, run);
}
const comparison = (row: Row<Uint8Array>) => rowwise(row, floats, 'bool', roomForTruths);
const logical = (row: Row<Uint8Array, Uint8Array>) => rowwise(row, truths, 'bool', roomForTruths);

/** With operands of other names. */
const ofPrelu = arithmetic(prelu);
const preluKernel = kernel<'x' | 'alpha'>(({ inputs: { x, alpha }, attrs, backend }) =>
  ofPrelu({ inputs: { a: x, b: alpha }, attrs, backend }),
);

/** A product of each number with itself, or with the same one. */
function ofOne(name: string, onKernel: OnKernel, loop: Loop): Kernel {
  return kernel<'x'>(({ inputs: { x }, backend }) => {
    const values = backend.floats(x);
    if (values === undefined) return undefined;
    const out = backend.room(values.length);
    if (!ranOnKernel(name, onKernel, { sizes: [values.length], steps: [[1], [1]] }, values, values, out)) loop(values, out);
    return backend.tensor(x.shape, 'float32', out);
  });
}
/** Large ones, where fovea runs natively, on the multiply kernel; all others in loops. */
export const productKernels = {
  Add: arithmetic(add, 'Add', (a, b) => (goesOn(a) ? { x: a, plus: b } : { x: b, plus: a })),
  Sub: arithmetic(subtract, 'Sub', (plus, x) => ({ x, y: minusOne, plus })),
  Multiply: arithmetic(multiply, 'Multiply', (a, b) => (goesOn(a) ? { x: a, y: b } : { x: b, y: a })),
  Square: ofOne('Square', (x) => ({ x, y: x }), square),
  Neg: ofOne('Neg', (x) => ({ x, y: minusOne }), negative),
};

export const binaryKernels = {
  RealDiv: arithmetic(divide),
  Maximum: arithmetic(maximum),
  Minimum: arithmetic(minimum),
  SquaredDifference: arithmetic(squaredDifference),
  Pow: arithmetic(power),
  Prelu: preluKernel,
  Equal: comparison(equal),
  NotEqual: comparison(notEqual),
  Greater: comparison(greater),
  GreaterEqual: comparison(greaterEqual),
  Less: comparison(less),
  LessEqual: comparison(lessEqual),
  LogicalAnd: logical(and),
  LogicalOr: logical(or),
};
