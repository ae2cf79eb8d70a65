/** The backends of this machine behind their one interface: each can be chosen, computes, and runs off the event loop, abortably. */
import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { active, choices } from '../src/backend/select.js';
import { statusError } from '../src/backend/status.js';
import {
  attention,
  backend,
  FoveaError,
  matmul,
  matmulAsync,
  setBackend,
  softmaxAsync,
  softmin,
  softminAsync,
  type Tensor,
} from '../src/node.js';
import { planSoftmax } from '../src/plan/softmax.js';
import { keySizes, querySizes, widths } from './cases/attention.js';
import { columnSizes, rowSizes } from './cases/matmul.js';

const here = choices().filter(({ error }) => error === undefined);
const each = here.map(({ name, target }) => ({ name, target: target ?? '' }));

afterEach(() => setBackend('auto'));

const n = 512;
const manyRows = 32 * n;
const digits: Tensor = { data: Float32Array.from({ length: n * n }, (_, i) => i % 5), shape: [n, n] };
const identity: Tensor = { data: Float32Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0)), shape: [n, n] };
const small: Tensor = { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] };

test('all three backends work on this machine, and the best target is the one at load', () => {
  expect(new Set(here.map(({ name }) => name))).toEqual(new Set(['native', 'wasm', 'reference']));
  expect(backend()).toMatchObject(here[0] ?? {});
});

test('what does not work says why', () => {
  for (const { error } of choices()) if (error !== undefined) expect(error.message).toMatch(/this CPU lacks|has no relaxed SIMD/);
});

test.each(each.filter(({ name }) => name === 'wasm'))('the table straddles the tiles of wasm $target', async ({ target }) => {
  const env = { memory: new WebAssembly.Memory({ initial: 512, maximum: 65536 }) };
  const file = await readFile(new URL(`../dist/fovea-${target}.wasm`, import.meta.url));
  const { instance } = await WebAssembly.instantiate(file, { env });
  const { tile_sizes: tileSizes } = instance.exports;
  if (typeof tileSizes !== 'function') throw new Error('it exports no tile_sizes');
  const [lanes = 0, rows = 0, columns = 0, queryTile = 0, keyTile = 0] = new Int32Array(env.memory.buffer, Number(tileSizes()), 5);
  const straddled = (sizes: readonly number[], border: number) =>
    border > 0 && [border - 1, border, border + 1].every((size) => size === 0 || sizes.includes(size));
  expect(lanes).toBe(4);
  for (const sizes of [rowSizes, querySizes]) expect(straddled(sizes, rows), `${rows} rows`).toBe(true);
  for (const sizes of [columnSizes, keySizes, widths]) {
    expect(straddled(sizes, columns), `${columns} columns`).toBe(true);
    expect(straddled(sizes, lanes), `${lanes} lanes`).toBe(true);
  }
  expect(straddled(querySizes, queryTile), `query tile of ${queryTile}`).toBe(true);
  expect(straddled(keySizes, keyTile), `key tile of ${keyTile}`).toBe(true);
});

describe.each(each)('$name $target', ({ name, target }) => {
  test('is what runs once it is set', () => {
    setBackend(name, { target });
    expect(backend()).toMatchObject({ name, target, ...(name === 'reference' && { threads: 1 }) });
    expect(backend().reason).toContain(`asked for by setBackend('${name}', { target: '${target}' })`);
    expect([...matmul(small, small).data]).toEqual([7, 10, 15, 22]);
    const { output, weights } = attention(small, small, small, { returnWeights: true });
    expect(output.data[0]).toBeGreaterThan(1);
    expect(weights?.data[0]).toBeCloseTo(1 - (weights?.data[1] ?? 0), 6);
  });

  test('says where async calls run', () => {
    setBackend(name, { target });
    expect(backend().reason).toContain(name === 'native' ? 'on threads of the addon' : 'in one worker with a memory of its own');
  });

  test('calls softmin by its name in errors, those of its kernels and twin included', async () => {
    setBackend(name, { target });
    const x: Tensor = { data: new Float32Array(n * n), shape: [n, n] };
    expect(() => softmin({ data: x.data, shape: [n, n, 2] })).toThrow(/^softmin: /);
    await expect(softminAsync(x, { signal: AbortSignal.abort() })).rejects.toThrow(/^softmin: /);
    const { plan } = planSoftmax('softmin', x, {}, -1);
    await expect(active('softmin').runAsync(plan, AbortSignal.abort())).rejects.toThrow(/^softmin: /);
    structuredClone(x.data.buffer, { transfer: [x.data.buffer as ArrayBuffer] });
    if (name !== 'reference') expect(() => active('softmin').run(plan)).toThrow(/^softmin: /); // which has no kernels
    expect(statusError(plan, 3).message).toMatch(/^softmin: a tensor reaches past/);
    expect(statusError({ ...plan, name: 'softmax' }, 3).message).toMatch(/^softmax: /);
  });

  test('leaves the event loop free: it turns many times while one product is computed', async () => {
    setBackend(name, { target });
    await matmulAsync(small, small); // starts what must be started
    let turns = 0;
    let done = false;
    const turn = () => {
      turns += 1;
      if (!done) setImmediate(turn);
    };
    setImmediate(turn);
    const a = name === 'native' ? bigger() : digits; // on a busy machine a few milliseconds are over before this thread's next turn
    const product = await matmulAsync(a, identity);
    done = true;
    expect(same(product.data, a.data)).toBe(true);
    expect(turns).toBeGreaterThan(10);
  });

  test('settles many calls at once, each with its own result', async () => {
    setBackend(name, { target });
    const scaled = (i: number): Tensor => ({ data: Float32Array.of(i, 0, 0, i), shape: [2, 2] });
    const calls = Array.from({ length: 20 }, (_, i) => matmulAsync(small, scaled(i)));
    const results = await Promise.all([...calls, softmaxAsync({ data: new Float32Array(4), shape: [4] })]);
    for (const [i, { data }] of results.slice(0, 20).entries()) expect([...data]).toEqual([i, 2 * i, 3 * i, 4 * i]);
    expect([...(results[20]?.data ?? [])]).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  test('an abort before the call rejects, and writes nothing', async () => {
    setBackend(name, { target });
    const out: Tensor = { data: new Float32Array(4).fill(7), shape: [2, 2] };
    const reason = new Error('enough');
    await expect(matmulAsync(small, small, { out, signal: AbortSignal.abort(reason) })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
      cause: reason,
    });
    expect([...out.data]).toEqual([7, 7, 7, 7]);
  });

  test('an abort midway rejects that call alone; those before and behind it, and later ones, are right', async () => {
    setBackend(name, { target });
    const controller = new AbortController();
    const reason = new Error('enough');
    const before = matmulAsync(small, small);
    const out: Tensor = { data: new Float32Array(n * n), shape: [n, n] };
    const aborted = matmulAsync(bigger(), identity, {
      out: { data: new Float32Array(manyRows * n), shape: [manyRows, n] },
      signal: controller.signal,
    });
    const behind = [matmulAsync(digits, identity, { out }), matmulAsync(small, small)];
    setTimeout(() => controller.abort(reason), 5);
    const error: unknown = await aborted.catch((it: unknown) => it);
    expect(error).toBeInstanceOf(FoveaError);
    expect(error).toMatchObject({ code: 'ERR_ABORTED', cause: reason });
    expect([...(await before).data]).toEqual([7, 10, 15, 22]);
    await Promise.all(behind);
    expect(same(out.data, digits.data)).toBe(true);
    expect([...(await matmulAsync(small, small)).data]).toEqual([7, 10, 15, 22]);
  });

  test('after an abort nothing more is written to out', async () => {
    setBackend(name, { target });
    const controller = new AbortController();
    const out: Tensor = { data: new Float32Array(manyRows * n), shape: [manyRows, n] };
    const aborted = matmulAsync(bigger(), identity, { out, signal: controller.signal });
    setTimeout(() => controller.abort(), 5);
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    out.data.fill(-1);
    await matmulAsync(digits, identity); // long enough for a stray thread to show itself
    expect(out.data.every((it) => it === -1)).toBe(true);
  });

  test('a call that waits in the row can be aborted too', async () => {
    setBackend(name, { target });
    const controller = new AbortController();
    const first = matmulAsync(digits, identity);
    const second = matmulAsync(digits, identity, { signal: controller.signal });
    const third = matmulAsync(small, small);
    controller.abort();
    await expect(second).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(same((await first).data, digits.data)).toBe(true);
    expect([...(await third).data]).toEqual([7, 10, 15, 22]);
  });

  test('writes into the gaps of a strided out neither now nor later', async () => {
    setBackend(name, { target });
    for (const compute of [matmul, matmulAsync]) {
      const data = new Float32Array(11).fill(-1);
      await compute(small, small, { out: { data, shape: [2, 2], strides: [5, 3], offset: 1 } });
      expect([...data]).toEqual([-1, 7, -1, -1, 10, -1, 15, -1, -1, 22, -1]);
    }
  });
});

/** Takes long enough on every backend to be aborted in the middle, on the fastest machine, too. */
function bigger(): Tensor {
  return { data: new Float32Array(manyRows * n).fill(1), shape: [manyRows, n] };
}

/** expect's own comparison takes seconds for arrays of this size. */
function same(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return a.length === b.length && Array.prototype.every.call(a, (value, i) => value === b[i]);
}
