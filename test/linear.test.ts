/** linear on every target: a matrix product of the rows of x, whatever their rank, strides and dtype, and whatever holds the weight. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linear, linearAsync, matmul, packMatrix, setBackend } from '../src/node.js';
import type { DType, FloatData, Tensor } from '../src/types.js';
import { faults } from './check.js';
import { textbook } from './oracle.js';
import { random } from './random.js';
import { label, targets, use } from './targets.js';
import { dense, float32, floats, formatOf } from './tensors.js';
import { thrown } from './thrown.js';
import { arithmeticOf } from './tolerance.js';

const { normal } = random('linear');
const [width, outWidth] = [19, 23];
const shapes = [[width], [1, width], [7, width], [2, 3, width], [2, 1, 3, 1, 2, 1, 2, width], [0, width], [3, 0, width]];
const rowsOf = (shape: readonly number[]) => shape.slice(0, -1).reduce((a, b) => a * b, 1);
const dtypes: readonly DType[] = ['float32', 'float16', 'bfloat16'];

/** The same numbers as rows `[n, in]` in memory of their own. */
function asRows(x: Tensor<FloatData>, dtype: DType): Tensor<FloatData> {
  const { data } = dense(x);
  return floats([rowsOf(x.shape), width], dtype, (at) => data[at] ?? Number.NaN);
}

describe.each(targets.map((target) => ({ name: label(target), target })))('$name', ({ target }) => {
  beforeAll(() => use(target));
  afterAll(() => setBackend('auto'));
  const bias = float32([outWidth], normal);

  it.each(dtypes)('any rank and strides in %s', async (dtype) => {
    const weight = floats([width, outWidth], dtype, normal, 'turned');
    for (const shape of shapes)
      for (const memory of ['packed', 'gapped', 'turned', 'spread'] as const) {
        const x = floats(shape, dtype, normal, memory);
        const options = { bias, activation: 'gelu' } as const;
        const sheet = textbook({ op: 'matmul', a: asRows(x, dtype), b: weight, options });
        const expected = { answer: sheet.answers.output, bound: sheet.bounds(arithmeticOf(target)).output };
        const wrong = (result: Tensor<FloatData>) =>
          expected.answer && expected.bound && faults('output', dense(result).data, expected.answer, expected.bound, formatOf(result));
        const result = linear(x, weight, options);
        expect(result.shape).toEqual([...shape.slice(0, -1), outWidth]);
        expect(formatOf(result)).toBe(dtype);
        expect(wrong(result)).toEqual([]);
        const out = floats(result.shape, 'float32', () => Number.NaN, memory);
        expect(linear(x, weight, { ...options, out })).toBe(out);
        expect(wrong(out)).toEqual([]);
        expect(dense(await linearAsync(x, weight, options)).data).toEqual(dense(result).data);
      }
  });

  it.each(['float32', 'bfloat16', 'int8'] as const)('a weight packed as %s', async (dtype) => {
    const packed = packMatrix(float32([width, outWidth], normal), { dtype });
    const x = float32([2, 3, width], normal);
    const expected = matmul({ data: x.data, shape: [6, width] }, packed, { bias }).data;
    expect(linear(x, packed, { bias }).data).toEqual(expected);
    expect((await linearAsync(x, packed, { bias })).data).toEqual(expected);
    expect(linear({ data: x.data.subarray(0, width), shape: [width] }, packed).shape).toEqual([outWidth]);
    packed.dispose();
    const error = thrown(() => linear(x, packed));
    expect(error).toMatchObject({ code: 'ERR_DISPOSED', message: 'linear: weight is a packed matrix that has been disposed of' });
  });
});

it('a weight that was packed for another backend is named', () => {
  setBackend('reference');
  const packed = packMatrix(float32([2, 2], normal));
  setBackend('wasm');
  const error = thrown(() => linear(float32([2], normal), packed));
  expect(error).toMatchObject({ code: 'ERR_BACKEND', message: expect.stringContaining('linear: weight is packed for reference js') });
  setBackend('auto');
});
