/** What a caller of KVCache may get wrong, and that nothing of the cache is lost by it; that its memory comes back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FoveaError, KVCache, setBackend } from '../src/node.js';
import { cacheRows, filled, k, v } from './bad-input/cache.js';
import { zeros } from './bad-input/row.js';
import { jsonOf } from './child.js';
import { label, targets, use } from './targets.js';
import { thrown } from './thrown.js';

describe.each(targets.map((target) => ({ name: label(target), target })))('KVCache: bad input, $name', ({ target }) => {
  beforeAll(() => use(target));
  afterAll(() => setBackend('auto'));

  it.each(cacheRows)('%s', (_, call, code, words) => {
    const cache = filled();
    const before = cache.toTensors();
    const error = thrown(() => call(cache));
    expect(error).toBeInstanceOf(FoveaError);
    expect(error).toMatchObject({ code });
    for (const word of words) expect(String(error)).toContain(word);
    expect(cache.toTensors()).toEqual(before);
    cache.append(k(), v());
  });

  it('everything is ERR_DISPOSED after dispose, which may be called twice', () => {
    const cache = filled();
    const fork = cache.fork();
    cache.dispose();
    cache.dispose();
    const calls = [
      () => cache.append(k(), v()),
      () => cache.attention(zeros(2, 4, 1, 8)),
      () => cache.truncate(0),
      () => cache.reorder([0, 1]),
      () => cache.fork(),
      () => cache.toTensors(),
      () => cache.lengths,
    ];
    for (const call of calls) expect(thrown(call)).toMatchObject({ code: 'ERR_DISPOSED' });
    expect(cache.bytes).toBe(0);
    expect([...fork.lengths]).toEqual([3, 3]);
  });

  it('Symbol.dispose ends it, where the engine has that symbol', () => {
    const cache = filled();
    if (Symbol.dispose === undefined) return;
    cache[Symbol.dispose]();
    expect(cache.bytes).toBe(0);
  });

  it('a block that cannot be had is ERR_OUT_OF_MEMORY, and the cache is as it was', () => {
    const cache = new KVCache({ batch: 1, kvHeads: 2 ** 40, headDim: 1, capacity: 16 });
    const huge = { data: new Float32Array(1), shape: [1, 2 ** 40, 1, 1], strides: [0, 0, 0, 0] };
    expect(thrown(() => cache.append(huge, huge))).toMatchObject({ code: 'ERR_OUT_OF_MEMORY' });
    expect([...cache.lengths]).toEqual([0]);
    expect(cache.bytes).toBe(0);
  });
});

describe('KVCache: memory', () => {
  it('is reported as external, and comes back when a cache is forgotten or disposed of', () => {
    const told = jsonOf(
      `
      import { KVCache } from 'fovea';
      const external = () => process.memoryUsage().arrayBuffers / 2 ** 20;
      const settle = async () => { for (let i = 0; i < 10; i++) { await new Promise((done) => setTimeout(done, 20)); globalThis.gc(); } };
      const x = { data: new Float32Array(8 * 64), shape: [1, 8, 1, 64] };
      const made = () => { const cache = new KVCache({ batch: 1, kvHeads: 8, headDim: 64, capacity: 300 }); cache.append(x, x); return cache; };
      const before = external();
      let caches = Array.from({ length: 64 }, made);
      const full = external() - before;
      for (const cache of caches.slice(32)) cache.dispose();
      await settle();
      const half = external() - before;
      caches = [];
      await settle();
      console.log(JSON.stringify([full, half, external() - before]));
    `,
      { flags: ['--expose-gc', '--input-type=module'], env: { FOVEA_BACKEND: 'native' } },
    ) as number[];
    const [full = 0, half = 0, after = 0] = told;
    expect(full).toBeGreaterThan(60); // a block of 1 MB each
    expect(half).toBeLessThan(full - 30);
    expect(after).toBeLessThan(4);
  });
});
