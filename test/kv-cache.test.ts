/** KVCache on every backend and target: what it holds, what attention over it gives, and whose memory it is. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backend, KVCache, setBackend } from '../src/node.js';
import type { CacheDType, Tensor } from '../src/types.js';
import { asFloat32, dtypes, expectSame, tokens } from './cache/decoding.js';
import { expectWithin } from './check.js';
import { type Format, roundHalfToEven, roundTo } from './numbers.js';
import { oracle, textbook } from './oracle.js';
import { stepOf } from './packed-weights.js';
import { random } from './random.js';
import { label, targets, use } from './targets.js';
import { booleans, dense, float32, floats } from './tensors.js';
import { kernelArithmetic, referenceArithmetic } from './tolerance.js';

const seed = Number(process.env.FOVEA_SEED ?? Date.now() % 2 ** 31);

describe.each(targets.map((target) => ({ name: label(target), target })))(`$name (FOVEA_SEED=${seed})`, ({ target }) => {
  beforeAll(() => use(target));
  afterAll(() => setBackend('auto'));
  const arithmetic = target.name === 'reference' ? referenceArithmetic : kernelArithmetic;
  const { normal } = random('kv cache');
  const numbers = (...shape: number[]) => float32(shape, normal);

  it.each(dtypes)('%s: greedy decoding step by step gives what the full causal pass gives', (dtype) => {
    const [length, prompt, d, dv] = [37, 5, 20, 12];
    const [q, k, v] = [numbers(2, 4, length, d), numbers(2, 2, length, d), numbers(2, 2, length, dv)];
    const cache = new KVCache({ batch: 2, kvHeads: 2, headDim: d, valueDim: dv, capacity: length, dtype });
    const data = new Float32Array(2 * 4 * length * dv);
    for (let from = 0; from < length; ) {
      const to = from === 0 ? prompt : from + 1;
      cache.append(tokens(k, from, to), tokens(v, from, to));
      const { output } = cache.attention(tokens(q, from, to));
      const rows = to - from;
      for (let head = 0; head < 8; head++)
        data.set(output.data.subarray(head * rows * dv, (head + 1) * rows * dv), (head * length + from) * dv);
      from = to;
    }
    const held = cache.toTensors();
    const call = { op: 'attention', q, k: asFloat32(held.k), v: asFloat32(held.v), options: { causal: true } } as const;
    const sheet = textbook(call);
    const output = { data, shape: [2, 4, length, dv] };
    expectWithin(call, { output }, oracle(call), { output: sheet.bounds(arithmetic).output ?? { slack: new Float64Array() } });
    cache.dispose();
  });

  it.each(dtypes)('%s: holds what was appended, rounded once, as the docs say', (dtype) => {
    const cache = new KVCache({ batch: 1, kvHeads: 3, headDim: 37, valueDim: 5, capacity: 400, dtype });
    const [k, v] = [numbers(1, 3, 300, 37), numbers(1, 3, 300, 5)];
    cache.append(tokens(k, 0, 270), tokens(v, 0, 270));
    for (let i = 270; i < 300; i++) cache.append(tokens(k, i, i + 1), tokens(v, i, i + 1));
    const held = cache.toTensors();
    expect(held.k.shape).toEqual([1, 3, 300, 37]);
    expect([held.start, ...held.lengths]).toEqual([0, 300]);
    for (const [given, kept] of [
      [k, held.k],
      [v, held.v],
    ] as const)
      expectRounded(dtype, given, kept);
  });

  it('half inputs go into a cache of their dtype bit by bit, whatever their strides', () => {
    for (const dtype of ['float16', 'bfloat16'] as const) {
      const cache = new KVCache({ batch: 1, kvHeads: 2, headDim: 9, capacity: 20, dtype });
      const k = floats([1, 2, 7, 9], dtype, normal, 'turned');
      cache.append(k, k);
      expect([...dense(cache.toTensors().k).data]).toEqual([...dense(k).data]);
      const { output } = cache.attention(floats([1, 2, 1, 9], dtype, normal));
      expect(output.dtype).toBe(dtype);
    }
  });

  it.each(dtypes)('%s: every option as attention has it, rows of different lengths', (dtype) => {
    const cache = new KVCache({ batch: 3, kvHeads: 2, headDim: 16, valueDim: 24, capacity: 600, dtype });
    for (const [row, n] of [300, 7, 0].entries()) cache.append(numbers(2, n, 16), numbers(2, n, 24), { row });
    expect([...cache.lengths]).toEqual([300, 7, 0]);
    for (const sq of [1, 3, 20]) {
      const q = numbers(3, 4, sq, 16);
      const mask = booleans([3, 1, sq, 300], (i) => i % 3 !== 0);
      const bias = float32([4, sq, 300], normal);
      expectSame(cache, q, {}, target.name);
      expectSame(cache, q, { causal: false, returnWeights: true, returnLogSumExp: true }, target.name);
      expectSame(cache, q, { mask, bias, softcap: 3, scale: 0.3 }, target.name);
      expectSame(cache, q, { window: [17, 0], sinks: Float32Array.of(0, 1, -1, 2), alibi: Float32Array.of(0.1, 0.2, 0, 1) }, target.name);
      expectSame(cache, q, { queryOffset: Int32Array.of(100, 3, 0), queryLengths: Int32Array.of(sq, 1, 0) }, target.name);
    }
  });

  it('a row without tokens gives 0', () => {
    const cache = new KVCache({ batch: 1, kvHeads: 2, headDim: 8, capacity: 10 });
    const { output, logSumExp } = cache.attention(numbers(1, 4, 3, 8), { returnLogSumExp: true });
    expect(output.data.every((x) => x === 0)).toBe(true);
    expect(logSumExp.data.every((x) => x === Number.NEGATIVE_INFINITY)).toBe(true);
    const weights = cache.attention(numbers(1, 4, 3, 8), { returnWeights: true }).weights;
    expect(weights.shape).toEqual([1, 4, 3, 0]);
  });

  it('what is masked is not read into the result, NaN or not; memory past the end is not read at all', () => {
    const cache = new KVCache({ batch: 1, kvHeads: 1, headDim: 8, capacity: 300 });
    const k = numbers(1, 1, 280, 8);
    cache.append(k, k);
    const q = numbers(1, 2, 4, 8);
    const before = cache.attention(q, { queryOffset: 256 }).output.data.slice();
    const bad = float32([1, 1, 15, 8], () => Number.NaN);
    cache.append(bad, bad);
    expect(cache.attention(q, { queryOffset: 256 }).output.data).toEqual(before);
    cache.truncate(280);
    expect(cache.attention(q, { queryOffset: 256, causal: false }).output.data.some(Number.isNaN)).toBe(false);
  });

  it.each(dtypes)('%s: a window keeps memory bounded and positions absolute', (dtype) => {
    const cache = new KVCache({ batch: 2, kvHeads: 1, headDim: 16, capacity: 400, dtype, window: [100, 0] });
    let most = 0;
    for (let n = 0; n < 3000; n += 60) {
      cache.append(numbers(2, 1, 60, 16), numbers(2, 1, 60, 16));
      most = Math.max(most, cache.bytes);
    }
    expect([...cache.lengths]).toEqual([3000, 3000]);
    const block = new KVCache({ batch: 1, kvHeads: 1, headDim: 16, capacity: 256, dtype });
    block.append(numbers(1, 1, 1, 16), numbers(1, 1, 1, 16));
    expect(most).toBeLessThanOrEqual(2 * 4 * block.bytes);
    for (const sq of [1, 5, 60]) {
      expectSame(cache, numbers(2, 2, sq, 16), {}, target.name);
      expectSame(cache, numbers(2, 2, sq, 16), { window: [30, 0], causal: false }, target.name);
    }
    const mask = booleans([5, 3000], (i) => i % 2 === 0);
    const { weights } = cache.attention(numbers(2, 2, 5, 16), { returnWeights: true, mask });
    expect(weights.shape).toEqual([2, 2, 5, 3000]);
    expect(weights.data.subarray(0, 2800).every((x) => x === 0)).toBe(true);
    expect(weights.data.subarray(0, 3000).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    cache.truncate(2900);
    expectSame(cache, numbers(2, 2, 5, 16), {}, target.name);
    expect(() => cache.truncate(0)).toThrow(/has given up/);
    expect(() => cache.attention(numbers(2, 2, 5, 16), { queryOffset: 0 })).toThrow(/left the cache's window/);
  });

  it('grows, forks, reorders and is cut as lists of tokens are', () => {
    const [batch, kvHeads, d] = [3, 2, 4];
    const step = fc.oneof(
      fc.record({ kind: fc.constant('append' as const), n: fc.integer({ min: 0, max: 40 }), row: fc.option(fc.nat(batch - 1)) }),
      fc.record({ kind: fc.constant('truncate' as const), part: fc.double({ min: 0, max: 1, noNaN: true }), row: fc.nat(batch - 1) }),
      fc.record({ kind: fc.constant('reorder' as const), rows: fc.array(fc.nat(batch - 1), { minLength: batch, maxLength: batch }) }),
      fc.record({ kind: fc.constant('fork' as const) }),
      fc.record({ kind: fc.constant('turn' as const) }),
      fc.record({ kind: fc.constant('end' as const) }),
    );
    let next = 1;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        interface Model {
          readonly cache: KVCache;
          rows: number[][];
        }
        let models: Model[] = [
          { cache: new KVCache({ batch, kvHeads, headDim: d, capacity: 500 }), rows: Array.from({ length: batch }, () => []) },
        ];
        for (const it of steps) {
          const model = models[0];
          if (model === undefined) break;
          const { cache, rows } = model;
          if (it.kind === 'append') {
            const chosen = it.row === null ? [0, 1, 2] : [it.row];
            if (chosen.some((row) => (rows[row]?.length ?? 0) + it.n > 500)) continue;
            const base = next;
            next += batch * it.n;
            // Token t of row b is base + b · n + t, of head h that plus h / 4; the value is its negative.
            const value = (i: number) =>
              base + Math.floor(i / (kvHeads * it.n * d)) * it.n + (Math.floor(i / d) % it.n) + (Math.floor(i / (it.n * d)) % kvHeads) / 4;
            const shape = [chosen.length, kvHeads, it.n, d];
            cache.append(
              float32(shape, value),
              float32(shape, (i) => -value(i)),
              it.row === null ? {} : { row: it.row },
            );
            for (const [b, row] of chosen.entries())
              rows[row] = [...(rows[row] ?? []), ...Array.from({ length: it.n }, (_, t) => base + b * it.n + t)];
          } else if (it.kind === 'truncate') {
            const length = Math.floor(it.part * (rows[it.row]?.length ?? 0));
            cache.truncate(length, { row: it.row });
            rows[it.row] = rows[it.row]?.slice(0, length) ?? [];
          } else if (it.kind === 'reorder') {
            cache.reorder(it.rows);
            model.rows = it.rows.map((row) => rows[row] ?? []);
          } else if (it.kind === 'fork') {
            if (models.length < 4) models.push({ cache: cache.fork(), rows: [...rows] });
          } else if (it.kind === 'turn') models = [...models.slice(1), model];
          else if (models.length > 1) {
            cache.dispose();
            models = models.slice(1);
          }
        }
        for (const { cache, rows } of models) {
          const longest = Math.max(...rows.map((row) => row.length));
          const { k, v, lengths } = cache.toTensors();
          expect([...lengths]).toEqual(rows.map((row) => row.length));
          const expected = rows.flatMap((row) =>
            [0, 1].flatMap((h) =>
              Array.from({ length: longest * d }, (_, i) => (i < row.length * d ? (row[Math.floor(i / d)] ?? 0) + h / 4 : 0)),
            ),
          );
          expect([...k.data]).toEqual(expected);
          expect([...v.data].map((x) => -x + 0)).toEqual(expected);
          cache.dispose();
        }
      }),
      { seed, numRuns: 60 },
    );
  });

  it('async attention sees what was there at its call, whatever comes after', async () => {
    const cache = new KVCache({ batch: 1, kvHeads: 2, headDim: 16, capacity: 1000 });
    cache.append(numbers(1, 2, 300, 16), numbers(1, 2, 300, 16));
    const q = numbers(1, 4, 3, 16);
    const expected = cache.attention(q).output.data.slice();
    const running = Array.from({ length: 4 }, () => cache.attentionAsync(q));
    cache.append(numbers(1, 2, 500, 16), numbers(1, 2, 500, 16));
    cache.truncate(10);
    cache.append(numbers(1, 2, 100, 16), numbers(1, 2, 100, 16));
    const late = cache.attentionAsync(q);
    cache.dispose();
    q.data.fill(Number.NaN);
    for (const { output } of await Promise.all(running)) expect(output.data).toEqual(expected);
    expect((await late).output.data.some(Number.isNaN)).toBe(false);
    await expect(cache.attentionAsync(q)).rejects.toMatchObject({ code: 'ERR_DISPOSED' });
  });

  it('stays with the backend that it was made on', () => {
    const cache = new KVCache({ batch: 1, kvHeads: 1, headDim: 8, capacity: 8 });
    cache.append(numbers(1, 1, 3, 8), numbers(1, 1, 3, 8));
    const q = numbers(1, 1, 1, 8);
    const before = cache.attention(q).output.data.slice();
    setBackend('reference');
    expect(cache.attention(q).output.data).toEqual(before);
    expect(cache.fork().attention(q).output.data).toEqual(before);
    use(target);
    expect(backend().name).toBe(target.name);
  });

  it('int8 refuses what is not finite, and is then as it was', () => {
    const cache = new KVCache({ batch: 1, kvHeads: 1, headDim: 5, capacity: 8, dtype: 'int8' });
    cache.append(numbers(1, 1, 2, 5), numbers(1, 1, 2, 5));
    const before = cache.toTensors();
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const x = float32([1, 1, 2, 5], (i) => (i === 7 ? bad : 1));
      expect(() => cache.append(x, numbers(1, 1, 2, 5))).toThrow(
        expect.objectContaining({ code: 'ERR_OPTION', message: expect.stringContaining('finite') }),
      );
      expect(() => cache.append(numbers(1, 1, 2, 5), x)).toThrow(/finite/);
    }
    expect(cache.toTensors()).toEqual(before);
  });

  it.each([2 ** -149, 60 * 2 ** -149, 5e-39, 2 ** -126, 127 * 2 ** -126, 1, (2 - 2 ** -23) * 2 ** 127])(
    'int8 of numbers up to %d: whole steps, none of them subnormal, and finite',
    (most) => {
      const width = 19;
      const cache = new KVCache({ batch: 1, kvHeads: 2, headDim: width, capacity: 4, dtype: 'int8' });
      const x = float32([1, 2, 3, width], (i) => Math.fround(most * ([1, -1, 0.49, 0.01, -0.3, 0][i % 6] ?? 0)));
      cache.append(x, x);
      const { k, v } = cache.toTensors();
      const step = stepOf(Math.fround(most));
      const expected = Float64Array.from(x.data, (value) => roundHalfToEven(value / step) * step + 0); // + 0: int8 has no −0
      for (const kept of [k, v]) expect([...dense(kept).data]).toEqual([...expected.map(Math.fround)]);
      expect(expected.every((value) => Math.fround(value) < Number.POSITIVE_INFINITY)).toBe(true);
    },
  );
});

/** Half types to nearest even; int8 within half a step of its token and head. */
function expectRounded(dtype: CacheDType, given: Tensor, kept: Tensor<Float32Array | Uint16Array>): void {
  const [x, y] = [dense(given).data, dense(kept).data];
  if (dtype !== 'int8') {
    expect([...y]).toEqual([...x].map((value) => roundTo(dtype as Format, value)));
    return;
  }
  const width = given.shape.at(-1) ?? 1;
  for (let token = 0; token < x.length; token += width) {
    const row = x.subarray(token, token + width);
    const step = stepOf(row.reduce((max, value) => Math.max(max, Math.abs(value)), 0));
    // Half a step; the scale, the quotient and the product round once each, of at most 127 steps.
    const bound = step * (0.5 + 127 * 3 * 2 ** -24);
    row.forEach((value, i) => {
      expect(Math.abs(value - (y[token + i] ?? Number.NaN))).toBeLessThanOrEqual(bound);
    });
  }
}
