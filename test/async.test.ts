/** The promise twins: the same bits as the sync ops, inputs taken at the call, aborts that settle and leave nothing running. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attention, attentionAsync, FoveaError, matmulAsync, setBackend, type Tensor } from '../src/node.js';
import { inputsOf, type Results, run, runAsync } from './calls.js';
import { cases } from './cases.js';
import { random } from './random.js';
import { label, targets, use } from './targets.js';
import { float32 } from './tensors.js';

/** A few rows of every op, with options of every kind: the twins differ from the ops only in how a plan is run. */
const some = [
  'attention: no options',
  'attention: mask + bias',
  'attention: alibi + sinks',
  'attention: keyLengths + queryLengths',
  'attention: weights + logSumExp',
  'attention: queryOffset a row',
  'attention: gapped tensors + bfloat16',
  'attention: turned tensors + out with gaps',
  'attention: float16 + out in float32 with gaps',
  'attention: bshd + one key head',
  'attention: mask + causal, across tiles',
  'attention: batch = 0',
  'attention: no keys, sinks',
  'matmul: transposeA + bias with gaps',
  'matmul: batches that stretch each other + gapped b',
  'matmul: float16 + out with gaps',
  'softmax: mask + out with gaps',
  'softmax: softmin + first axis',
  'merge: sinks + many parts',
  'merge: bfloat16 + out turned in memory',
];
const rows = some.map((name) => {
  const row = cases.find((one) => one.name === name);
  if (!row) throw new Error(`no row named ${name}`);
  return row;
});

/** All bytes of all results, gaps included. */
const bits = (results: Results): string =>
  Object.entries(results)
    .map(([name, { data }]) => `${name} ${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex')}`)
    .join('\n');

/** Takes long enough on every target to be caught at it: n³ products. */
function square(n: number): Tensor {
  const { normal } = random(`square of ${n}`);
  return float32([n, n], normal);
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe.each(targets.map((target) => ({ name: label(target), target })))('$name', ({ target }) => {
  const long = square(target.name === 'reference' ? 400 : 1500);
  beforeAll(() => use(target));
  afterAll(() => setBackend('auto'));

  it.each(rows)('the same bits, copied or borrowed: $name', async ({ call }) => {
    const sync = bits(run(call()));
    expect(bits(await runAsync(call()))).toBe(sync);
    expect(bits(await runAsync(call(), { copy: false }))).toBe(sync);
  });

  it.each(rows)('inputs may be changed once the call has returned: $name', async ({ call }) => {
    const sync = bits(run(call()));
    const built = call();
    const promise = runAsync(built);
    for (const data of inputsOf(built)) new Uint8Array(data.buffer, data.byteOffset, data.byteLength).fill(0x7f);
    expect(bits(await promise)).toBe(sync);
  });

  it('inputs may be transferred away once the call has returned', async () => {
    const [q, k, v] = [float32([6, 8], (at) => Math.sin(at)), float32([9, 8], (at) => Math.cos(at)), float32([9, 4], (at) => at)];
    const sync = attention(q, k, v).output.data.slice();
    const promise = attentionAsync(q, k, v);
    structuredClone(q.data.buffer, { transfer: [q.data.buffer, k.data.buffer, v.data.buffer] as ArrayBuffer[] });
    expect(q.data.length).toBe(0);
    expect((await promise).output.data).toEqual(sync);
  });

  it('copies only what a view touches', async () => {
    const all = new Float32Array(2 ** 22);
    const view = (offset: number): Tensor => ({ data: all, shape: [3, 4], offset });
    const before = process.memoryUsage().arrayBuffers;
    const promises = Array.from({ length: 16 }, (_, i) => matmulAsync(view(1000 * i), view(64), { transposeB: true }));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(all.byteLength);
    await Promise.all(promises);
  });

  it('many at once, each its own result', async () => {
    const results = await Promise.all(
      Array.from({ length: 24 }, (_, i) =>
        matmulAsync(
          float32([2, 2], (at) => at + i),
          float32([2, 2], (at) => (at % 3 === 0 ? 1 : 0)),
        ),
      ),
    );
    expect(results.map(({ data }) => data[0])).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });

  it('leaves the event loop free', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await matmulAsync(long, long);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
  });

  it('reads options that its object inherits, as the op does', async () => {
    const a = float32([2, 2], (count) => count + 1);
    const product = await matmulAsync(a, a, Object.create({ transposeB: true }));
    expect([...product.data]).toEqual([5, 11, 11, 25]);
  });

  it('a signal that has fired: rejected, nothing written', async () => {
    const out = float32([2, 2], () => 7);
    const error = await errorOf(
      matmulAsync(
        float32([2, 2], () => 1),
        float32([2, 2], () => 1),
        { out, signal: AbortSignal.abort('enough') },
      ),
    );
    expect(error).toBeInstanceOf(FoveaError);
    expect(error).toMatchObject({ code: 'ERR_ABORTED', message: expect.stringContaining('matmul'), cause: 'enough' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([...out.data]).toEqual([7, 7, 7, 7]);
  });

  // Other processes may take the core just then, hence another try.
  it('a signal that fires midway: rejected soon, nothing written afterwards, the next call works', { retry: 2 }, async () => {
    const controller = new AbortController();
    const out = float32([...long.shape], () => 7);
    const begin = performance.now();
    const promise = errorOf(matmulAsync(long, long, { out, signal: controller.signal }));
    setTimeout(() => controller.abort(new Error('enough')), 10);
    const error = await promise;
    const took = performance.now() - begin;
    expect(error).toMatchObject({ code: 'ERR_ABORTED', message: expect.stringContaining('matmul: aborted'), cause: new Error('enough') });
    const after = out.data.slice();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(out.data.every((value, i) => Object.is(value, after[i]))).toBe(true);
    const whole = performance.now();
    await matmulAsync(long, long);
    expect(took, 'an abort ends the call early').toBeLessThan(20 + (performance.now() - whole));
    expect(
      (
        await matmulAsync(
          float32([1, 1], () => 3),
          float32([1, 1], () => 4),
        )
      ).data[0],
    ).toBe(12);
  });

  it('a signal that fires while the call waits behind another', async () => {
    const controller = new AbortController();
    const first = matmulAsync(long, long);
    const waiting = errorOf(matmulAsync(long, long, { signal: controller.signal }));
    controller.abort();
    expect(await waiting).toMatchObject({ code: 'ERR_ABORTED' });
    expect((await first).shape).toEqual(long.shape);
  });

  it('a signal that fires afterwards changes nothing', async () => {
    const controller = new AbortController();
    const result = await matmulAsync(
      float32([1, 1], () => 3),
      float32([1, 1], () => 4),
      { signal: controller.signal },
    );
    controller.abort();
    expect(result.data[0]).toBe(12);
  });

  it('what the op throws, the twin rejects with', async () => {
    const promise = matmulAsync(
      float32([2, 3], () => 0),
      float32([2, 3], () => 0),
    );
    await expect(promise).rejects.toMatchObject({ code: 'ERR_SHAPE', message: expect.stringContaining('b has 2 rows') });
    await expect(matmulAsync(long, long, { copy: 1 as unknown as boolean })).rejects.toMatchObject({
      code: 'ERR_OPTION',
      message: expect.stringContaining('copy is 1'),
    });
    await expect(matmulAsync(long, long, { signal: {} as AbortSignal })).rejects.toMatchObject({
      code: 'ERR_OPTION',
      message: expect.stringContaining('signal'),
    });
  });

  it('copy: false of a resizable buffer, which could shrink under the kernel', async () => {
    const Resizable = ArrayBuffer as unknown as new (bytes: number, options: { maxByteLength: number }) => ArrayBuffer;
    const a: Tensor = { data: new Float32Array(new Resizable(16, { maxByteLength: 32 })), shape: [2, 2] };
    await expect(matmulAsync(a, square(2), { copy: false })).rejects.toMatchObject({
      code: 'ERR_OPTION',
      message: expect.stringMatching(/copy.*resizable/),
    });
    expect((await matmulAsync(a, square(2))).shape).toEqual([2, 2]);
  });
});
