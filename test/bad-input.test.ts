/** What a caller may get wrong: each row on every backend and target, with its code, the words one would search for, and `out` left as it was. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attention, FoveaError, setBackend, tensor } from '../src/node.js';
import { dtypes } from './bad-input/dtypes.js';
import { encode } from './bad-input/encode.js';
import { gradients } from './bad-input/gradients.js';
import { options } from './bad-input/options.js';
import { type Anything, k, q, v, zeros } from './bad-input/row.js';
import { shapes } from './bad-input/shapes.js';
import { vision } from './bad-input/vision.js';
import { label, targets, use } from './targets.js';
import { thrown } from './thrown.js';

describe.each(targets.map((target) => ({ name: label(target), target })))('$name', ({ target }) => {
  beforeAll(() => use(target));
  afterAll(() => setBackend('auto'));

  it.each([...shapes, ...dtypes, ...options, ...vision, ...encode, ...gradients])('$name', ({ code, words, call }) => {
    const out = { data: new Float32Array(200).fill(7), shape: [1, 4, 3, 6] };
    const before = out.data.slice();
    const error = thrown(() => call(out));
    expect(error).toBeInstanceOf(FoveaError);
    expect(error).toMatchObject({ code, name: 'FoveaError' });
    for (const word of words) expect(String(error)).toContain(word);
    expect(Buffer.from(out.data.buffer).equals(Buffer.from(before.buffer)), 'out is as it was').toBe(true);
  });

  it('a SharedArrayBuffer works, as input and as out', () => {
    const shared = (tensorOf: Anything) => {
      const data = new Float32Array(new SharedArrayBuffer(tensorOf.data.byteLength));
      data.set(tensorOf.data.map((_: number, i: number) => Math.sin(i)));
      return { ...tensorOf, data };
    };
    const owned = (tensorOf: Anything) => ({ ...tensorOf, data: tensorOf.data.map((_: number, i: number) => Math.sin(i)) });
    const out = shared(zeros(1, 4, 3, 6));
    attention(shared(q()), shared(k()), shared(v()), { out });
    expect(out.data).toEqual(attention(owned(q()), owned(k()), owned(v())).output.data);
  });

  it('a resizable buffer works while it is large enough', () => {
    const buffer = new (ArrayBuffer as Anything)(96 * 4, { maxByteLength: 96 * 8 });
    const data = new Float32Array(buffer).fill(0.5);
    expect(attention({ data, shape: [1, 4, 3, 8] }, k(), v()).output.data.length).toBe(72);
  });
});

describe('backends and tensors', () => {
  it.each([
    ['unknown backend', () => setBackend('cuda' as Anything), ["unknown backend 'cuda'", "'native'", "'wasm'", "'reference'"]],
    ['unknown target', () => setBackend('wasm', { target: 'avx9' }), ["unknown target 'avx9'", "'simd'"]],
    ['target of another backend', () => setBackend('reference', { target: 'avx2' }), ["unknown target 'avx2'", 'reference']],
  ])('%s', (_, call, words) => {
    const error = thrown(call);
    expect(error).toMatchObject({ code: 'ERR_BACKEND', name: 'FoveaError' });
    for (const word of words) expect(String(error)).toContain(word);
  });

  it('an unknown option of setBackend', () => {
    expect(thrown(() => setBackend('wasm', { traget: 'simd' } as Anything))).toMatchObject({
      code: 'ERR_OPTION',
      message: expect.stringContaining("'traget'"),
    });
  });

  it.each([
    ['data shorter than its shape', () => tensor(new Float32Array(5), [2, 3]), 'ERR_SHAPE', '5 elements'],
    ['Uint16Array without dtype', () => tensor(new Uint16Array(6), [2, 3]), 'ERR_DTYPE', 'without dtype'],
    ['negative size', () => tensor(new Float32Array(6), [2, -3]), 'ERR_SHAPE', 'size -3'],
  ])('tensor: %s', (_, call, code, word) => {
    expect(thrown(call)).toMatchObject({ code, message: expect.stringContaining(word) });
  });
});
