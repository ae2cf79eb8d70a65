/**
 * One tiny matmul, softmax and attention against known numbers: what a backend must pass before anybody's numbers depend on it.
 * It finds a binary that does not fit this machine or this version, not a wrong kernel (the tests do that).
 * @module
 */
import { FoveaError } from '../errors.js';
import type { AttentionPlan, MatmulPlan, SoftmaxPlan, View } from '../plan/plan.js';
import type { Backend } from './backend.js';

/** Known to eight digits; float32 and a few ulp of the exponential stay far below. */
const tolerance = 1e-5;
const passed = new WeakSet<Backend>();

/** The backend itself, once it has given the known numbers. @throws {FoveaError} ERR_BACKEND with what it gave instead */
export function checked(backend: Backend): Backend {
  if (passed.has(backend)) return backend;
  for (const { plan, expected } of [matmul(), softmax(), attention()]) {
    backend.run(plan);
    const received = plan.out.data;
    if (!expected.every((number, i) => Math.abs((received[i] ?? Number.NaN) - number) <= tolerance)) {
      throw new FoveaError(
        'ERR_BACKEND',
        `self-check: ${plan.op} of ${backend.name} ${backend.target} gave ${received.join(' ')}, expected ${expected.join(' ')}`,
      );
    }
  }
  passed.add(backend);
  return backend;
}

interface Check {
  readonly plan: MatmulPlan | SoftmaxPlan | AttentionPlan;
  readonly expected: readonly number[];
}

function rows(numbers: readonly number[], ...strides: number[]): View<Float32Array> {
  return { data: Float32Array.from(numbers), offset: 0, strides };
}

/** [[1, 2, 3], [4, 5, 6]] · [[1, 0], [0, 1], [1, 1]] + [10, 20] */
function matmul(): Check {
  const plan: MatmulPlan = {
    op: 'matmul',
    batch: [],
    m: 2,
    n: 2,
    k: 3,
    dtype: 'float32',
    outDtype: 'float32',
    a: rows([1, 2, 3, 4, 5, 6], 3, 1),
    b: rows([1, 0, 0, 1, 1, 1], 2, 1),
    bias: rows([10, 20], 1),
    activation: 'none',
    out: rows([0, 0, 0, 0], 2, 1),
  };
  return { plan, expected: [14, 25, 20, 31] };
}

/** softmax([0, 1, 2, 3]) */
function softmax(): Check {
  const plan: SoftmaxPlan = {
    op: 'softmax',
    outer: [],
    length: 4,
    dtype: 'float32',
    outDtype: 'float32',
    scale: 1,
    x: rows([0, 1, 2, 3], 1),
    mask: undefined,
    out: rows([0, 0, 0, 0], 1),
  };
  return { plan, expected: [0.0320586, 0.08714432, 0.23688282, 0.64391426] };
}

/** q = [[1, 2], [0, −1]], k = [[1, 0], [0, 1], [1, 1]], v = [[1, 2], [3, 4], [5, 6]], scale 1/√2, no rules. */
function attention(): Check {
  const plan: AttentionPlan = {
    op: 'attention',
    batch: 1,
    queryHeads: 1,
    kvHeads: 1,
    queryLength: 2,
    keyLength: 3,
    headDim: 2,
    valueDim: 2,
    dtype: 'float32',
    outDtype: 'float32',
    score: 'dot',
    keyDim: 2,
    units: 0,
    gamma: 0,
    queryWeight: undefined,
    keyWeight: undefined,
    scoreBias: undefined,
    scoreVector: undefined,
    scale: Math.SQRT1_2,
    softcap: 0,
    windowLeft: Number.POSITIVE_INFINITY,
    windowRight: Number.POSITIVE_INFINITY,
    queryOffset: 1,
    queryOffsets: undefined,
    q: rows([1, 2, 0, -1], 4, 4, 2, 1),
    k: rows([1, 0, 0, 1, 1, 1], 6, 6, 2, 1),
    v: rows([1, 2, 3, 4, 5, 6], 6, 6, 2, 1),
    out: rows([0, 0, 0, 0], 4, 4, 2, 1),
    mask: undefined,
    bias: undefined,
    alibi: undefined,
    sinks: undefined,
    keyLengths: undefined,
    queryLengths: undefined,
    weights: undefined,
    logSumExp: undefined,
  };
  return { plan, expected: [3.8718922, 4.8718922, 2.48953047, 3.48953047] };
}
