/** What a caller of KVCache may get wrong, and that nothing of the cache is lost by it; that its memory comes back. */
import { describe, expect, it } from 'vitest';
import { FoveaError, KVCache } from '../src/node.js';
import { type Anything, zeros } from './bad-input/row.js';
import { jsonOf } from './child.js';
import { thrown } from './thrown.js';

const sizes = { batch: 2, kvHeads: 2, headDim: 8, valueDim: 6, capacity: 10 };
const made = (options: Anything = {}) => new KVCache({ ...sizes, ...options });
const k = (...change: number[]) => zeros(...[2, 2, 3, 8].map((size, i) => change[i] ?? size));
const v = (...change: number[]) => zeros(...[2, 2, 3, 6].map((size, i) => change[i] ?? size));

/** A cache of three tokens a row. */
function filled(options: Anything = {}): KVCache {
  const cache = made(options);
  cache.append(k(), v());
  return cache;
}

const rows: readonly [string, (cache: Anything) => unknown, string, readonly string[]][] = [
  ['no batch', () => made({ batch: undefined }), 'ERR_OPTION', ['KVCache: batch is undefined', 'whole number from 1']],
  ['capacity 0', () => made({ capacity: 0 }), 'ERR_OPTION', ['capacity is 0']],
  ['half a capacity', () => made({ capacity: 1.5 }), 'ERR_OPTION', ['capacity is 1.5']],
  ['a capacity whose bytes overflow', () => made({ capacity: 2 ** 53 - 1 }), 'ERR_OUT_OF_MEMORY', ['overflow']],
  ['more positions than lengths can say', () => made({ capacity: 2 ** 31 }), 'ERR_OPTION', ['at most 2147483647']],
  ['an unknown dtype', () => made({ dtype: 'int4' }), 'ERR_OPTION', ["'int4'", "'int8'"]],
  ['a misspelt option', () => made({ headdim: 8 }), 'ERR_OPTION', ["did you mean 'headDim'"]],
  ['no options', () => new (KVCache as Anything)(), 'ERR_OPTION', ['batch is undefined']],
  ['past capacity', (cache) => cache.append(k(2, 2, 8), v(2, 2, 8)), 'ERR_SHAPE', ['8 tokens', 'at most 7', 'the capacity is 10']],
  ['wrong kv heads', (cache) => cache.append(k(2, 3), v(2, 3)), 'ERR_SHAPE', ['3 heads', 'expected 2']],
  ['wrong head dim', (cache) => cache.append(k(2, 2, 3, 9), v()), 'ERR_SHAPE', ['key has head dim 9', 'expected 8']],
  ['wrong value dim', (cache) => cache.append(k(), v(2, 2, 3, 8)), 'ERR_SHAPE', ['value has value dim 8', 'expected 6']],
  ['another batch', (cache) => cache.append(k(3), v(3)), 'ERR_SHAPE', ['batch 3', 'expected 2']],
  ['all rows where one is named', (cache) => cache.append(k(), v(), { row: 1 }), 'ERR_SHAPE', ['batch 2', 'expected 1']],
  ['lengths that differ', (cache) => cache.append(k(), v(2, 2, 4)), 'ERR_SHAPE', ['length 4', 'expected 3']],
  ['rank 2', (cache) => cache.append(zeros(3, 8), zeros(3, 6)), 'ERR_SHAPE', ['rank 2']],
  ['a row that is not there', (cache) => cache.append(k(1), v(1), { row: 2 }), 'ERR_OPTION', ['row is 2', '0 to 1']],
  ['halves into float32', (cache) => cache.append({ ...k(), data: new Uint16Array(96), dtype: 'float16' }, v()), 'ERR_DTYPE', ['float16']],
  ['a query of another batch', (cache) => cache.attention(zeros(3, 4, 1, 8)), 'ERR_SHAPE', ['batch 3', 'expected 2']],
  ['a query of another head dim', (cache) => cache.attention(zeros(2, 4, 1, 9)), 'ERR_SHAPE', ['head dim 9', 'expected 8']],
  ['query heads that are no multiple', (cache) => cache.attention(zeros(2, 3, 1, 8)), 'ERR_SHAPE', ['3 heads', 'a multiple of the 2']],
  [
    'keyLengths',
    (cache) => cache.attention(zeros(2, 4, 1, 8), { keyLengths: Int32Array.of(1, 1) }),
    'ERR_OPTION',
    ['keyLengths', 'truncate'],
  ],
  [
    'a mask of another length',
    (cache) => cache.attention(zeros(2, 4, 1, 8), { mask: { data: new Uint8Array(4), shape: [4] } }),
    'ERR_SHAPE',
    ['mask', '[2, 4, 1, 3]'],
  ],
  ['an option of the twin', (cache) => cache.attention(zeros(2, 4, 1, 8), { signal: undefined }), 'ERR_OPTION', ['attentionAsync']],
  [
    'append: an option of a twin that it has not',
    (cache) => cache.append(k(), v(), { signal: 1 } as Anything),
    'ERR_OPTION',
    ["unknown option 'signal'"],
  ],
  ['truncate beyond the length', (cache) => cache.truncate(4), 'ERR_OPTION', ['length is 4', 'at most 3']],
  ['truncate to less than nothing', (cache) => cache.truncate(-1), 'ERR_OPTION', ['-1']],
  ['reorder: too few rows', (cache) => cache.reorder([0]), 'ERR_SHAPE', ['1 entries', 'expected 2']],
  ['reorder: a row that is not there', (cache) => cache.reorder([0, 2]), 'ERR_OPTION', ['0 to 1']],
  ['reorder: no list', (cache) => cache.reorder('01'), 'ERR_DTYPE', ["'01'"]],
];

describe('KVCache: bad input', () => {
  it.each(rows)('%s', (_, call, code, words) => {
    const cache = filled();
    const error = thrown(() => call(cache));
    expect(error).toBeInstanceOf(FoveaError);
    expect(error).toMatchObject({ code });
    for (const word of words) expect(String(error)).toContain(word);
    expect([...cache.lengths]).toEqual([3, 3]);
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
