/** attentionPool against the formulas of its paper in float64, on every backend and target. */
import { afterAll, describe, expect, it } from 'vitest';
import { setBackend } from '../../src/node.js';
import { attentionPool, attentionPoolAsync } from '../../src/seq2seq/node.js';
import { faults } from '../check.js';
import { label, targets, use } from '../targets.js';
import { dense } from '../tensors.js';
import { textbookPool } from '../textbook/sequence.js';
import { arithmeticOf, sequenceBounds } from '../tolerance.js';
import { normals } from './sequences.js';

afterAll(() => setBackend('auto'));

const weights = (d: number, units: number) => ({
  weight: normals('W', [d, units], 1 / Math.sqrt(d), 'turned'),
  bias: normals('b', [units]),
  context: normals('context', [units], 1, 'spread'),
});

describe.each(targets.map((target) => ({ name: label(target), target })))('$name', ({ target }) => {
  it.each([
    ['a batch', [3, 19, 24, 17], undefined, true],
    ['without bias', [2, 19, 24, 17], undefined, false],
    ['with lengths', [3, 19, 24, 17], Int32Array.of(19, 0, 4), true],
    ['long sequences', [1, 340, 64, 8], Int32Array.of(333), true],
  ] as const)('attentionPool, %s', async (_, [b, t, d, units], lengths, hasBias) => {
    use(target);
    const x = normals('x', [b, t, d], 1, 'gapped');
    const { weight, bias, context } = weights(d, units);
    const options = hasBias ? { weight, bias, context, lengths } : { weight, context, lengths };
    const pooled = attentionPool(x, options);
    const sheet = textbookPool(x, options);
    const bounds = sequenceBounds(sheet, arithmeticOf(target));
    expect([pooled.output.shape, pooled.weights.shape]).toEqual([
      [b, d],
      [b, t],
    ]);
    expect(faults('output', dense(pooled.output).data, sheet.context, bounds.context, 'float32')).toEqual([]);
    expect(faults('weights', dense(pooled.weights).data, sheet.weights, bounds.weights, 'float32')).toEqual([]);
    expect(await attentionPoolAsync(x, options)).toEqual(pooled);
  });
});

describe('attentionPool', () => {
  const { weight, bias, context } = weights(4, 3);

  it('takes a sequence without its batch', () => {
    const x = normals('x', [5, 4]);
    const pooled = attentionPool(x, { weight, bias, context });
    const batched = attentionPool({ ...x, shape: [1, 5, 4] }, { weight, bias, context });
    expect(pooled.output).toEqual({ data: batched.output.data, shape: [4] });
    expect(pooled.weights).toEqual({ data: batched.weights.data, shape: [5] });
  });

  it('does not see NaN past a length', () => {
    const x = normals('x', [2, 5, 4]);
    const lengths = Int32Array.of(3, 5);
    const expected = attentionPool(x, { weight, context, lengths });
    const odd = { data: x.data.map((value, at) => (at >= 12 && at < 20 ? Number.NaN : value)), shape: x.shape };
    expect(attentionPool(odd, { weight, context, lengths })).toEqual(expected);
  });

  it.each([
    ['no sequences', [0, 5, 4]],
    ['no rows', [2, 0, 4]],
  ])('gives zeros for %s', (_, shape) => {
    const { output, weights } = attentionPool({ data: new Float32Array(0), shape }, { weight, bias, context });
    const [b = 0, t = 0] = shape;
    expect(output).toEqual({ data: new Float32Array(b * 4), shape: [b, 4] });
    expect(weights).toEqual({ data: new Float32Array(0), shape: [b, t] });
  });

  it('rejects when its signal has fired', async () => {
    const options = { weight, context, signal: AbortSignal.abort('enough') };
    await expect(attentionPoolAsync(normals('x', [2, 5, 4]), options)).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: 'enough' });
  });

  it('copies its inputs in the twin', async () => {
    const x = normals('x', [2, 5, 4]);
    const expected = attentionPool(x, { weight, context });
    const pending = attentionPoolAsync(x, { weight, context });
    x.data.fill(Number.NaN);
    expect(await pending).toEqual(expected);
  });
});
