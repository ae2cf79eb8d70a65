/** toFloat16, fromFloat16, toBfloat16, fromBfloat16 on every target: all 65,536 codes there and back, every tie, any strides, bad input. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  fromBfloat16,
  fromBfloat16Async,
  fromFloat16,
  fromFloat16Async,
  setBackend,
  toBfloat16,
  toBfloat16Async,
  toFloat16,
  toFloat16Async,
} from '../src/node.js';
import type { ConvertOptions, Tensor } from '../src/types.js';
import { fromBits, toBits } from './numbers.js';
import { label, targets, use } from './targets.js';
import { dense, float32, floats } from './tensors.js';

/** The four functions of one half type, as the tests call them. */
interface Format {
  readonly dtype: 'float16' | 'bfloat16';
  readonly to: (x: Tensor | Float32Array, options?: ConvertOptions<Uint16Array>) => Tensor<Uint16Array>;
  readonly from: (x: Tensor<Uint16Array> | Uint16Array, options?: ConvertOptions<Float32Array>) => Tensor;
  readonly toLater: (x: Float32Array) => Promise<Tensor<Uint16Array>>;
  readonly fromLater: (x: Tensor<Uint16Array>) => Promise<Tensor>;
  readonly infinity: number;
}

const formats: readonly Format[] = [
  { dtype: 'float16', to: toFloat16, from: fromFloat16, toLater: toFloat16Async, fromLater: fromFloat16Async, infinity: 0x7c00 },
  { dtype: 'bfloat16', to: toBfloat16, from: fromBfloat16, toLater: toBfloat16Async, fromLater: fromBfloat16Async, infinity: 0x7f80 },
];
const codes = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
const isNaN16 = (bits: number, infinity: number): boolean => (bits & 0x7fff) > infinity;

/** Places where two arrays of bits differ, a NaN being like any other. */
function differences(actual: Uint16Array, expected: (i: number) => number, infinity: number): string[] {
  return [...actual].flatMap((bits, i) => {
    const right = expected(i);
    return bits === right || (isNaN16(bits, infinity) && isNaN16(right, infinity)) ? [] : [`[${i}] is ${bits}, expected ${right}`];
  });
}

describe.each(targets.map((target) => ({ name: label(target), target })))('$name', ({ target }) => {
  beforeAll(() => use(target));
  afterAll(() => setBackend('auto'));

  describe.each(formats)('$dtype', ({ dtype, to, from, toLater, fromLater, infinity }) => {
    it('every code becomes its number and comes back, the sign of 0 with it; NaN stays NaN', () => {
      const wide = from(codes);
      expect(wide.shape).toEqual([65536]);
      const wrong = [...wide.data].flatMap((x, bits) => (Object.is(x, fromBits(dtype, bits)) ? [] : [`${bits} is ${x}`]));
      expect(wrong.slice(0, 3)).toEqual([]);
      const back = to(wide);
      expect(back).toMatchObject({ shape: [65536], dtype });
      expect(differences(back.data, (bits) => bits, infinity).slice(0, 3)).toEqual([]);
    });

    it('between every two codes: ties go to even, everything else to the nearer; past the largest by half a step is Infinity', () => {
      const finite = codes.filter((bits) => (bits & 0x7fff) < infinity);
      const [at, next] = [finite, finite.map((bits) => bits + 1)].map((list) => Array.from(list, (bits) => fromBits(dtype, bits)));
      const largest = fromBits(dtype, infinity - 1);
      const beyond = largest + (largest - fromBits(dtype, infinity - 2));
      const between = (part: number) =>
        Float32Array.from({ length: finite.length }, (_, i) => {
          const [a, b] = [at?.[i] ?? 0, next?.[i] ?? 0];
          return a + part * ((Number.isFinite(b) ? b : Math.sign(b) * beyond) - a);
        });
      const half = between(0.5);
      const nudged = (by: number) => new Float32Array(Int32Array.from(new Int32Array(half.buffer), (bits) => bits + by).buffer);
      for (const x of [half, nudged(1), nudged(-1), between(0.25), between(0.75)]) {
        expect(differences(to(x).data, (i) => toBits(dtype, x[i] ?? 0), infinity).slice(0, 3)).toEqual([]);
      }
      const far = Float32Array.of(3e38, -3e38, Infinity, -Infinity, 1e-45, -1e-45, 3.4028234663852886e38, Number.NaN);
      expect(differences(to(far).data, (i) => toBits(dtype, far[i] ?? 0), infinity)).toEqual([]);
    });

    it('reads and writes any strides, and nothing between them', () => {
      for (const memory of ['packed', 'gapped', 'turned', 'spread'] as const)
        for (const shape of [[], [1], [7, 33], [3, 2, 19], [2, 1, 3, 1, 2, 2, 3, 5], [2, 0, 3]]) {
          const x = float32(shape, (i) => Math.sin(i) * 2 ** ((i % 40) - 20), memory);
          const narrow = floats(shape, dtype, () => 0.5, memory);
          const before = Uint16Array.from({ length: narrow.data.length }, (_, i) => narrow.data[i] ?? 0);
          const out = { ...narrow, data: before.slice() };
          expect(to(x, { out })).toBe(out);
          const right = [...dense(x).data].map((value) => fromBits(dtype, toBits(dtype, value)));
          expect([...dense(out).data]).toEqual(right);
          expect([...dense(to(x)).data]).toEqual(right);
          const wide = float32(shape, () => 0.25, memory);
          expect(from(out, { out: wide })).toBe(wide);
          expect([...dense(wide).data]).toEqual(right);
          const gaps = out.data.filter((bits, i) => bits === before[i]).length;
          expect(gaps).toBeGreaterThanOrEqual(out.data.length - right.length);
        }
    });

    it('its twin gives the same bits', async () => {
      const x = Float32Array.from({ length: 100 }, (_, i) => Math.sin(i));
      const later = await toLater(x);
      expect(later).toEqual(to(x));
      expect(await fromLater(later)).toEqual(from(later));
    });

    it.each<[string, string, string, () => unknown]>([
      ['an unknown option', 'ERR_OPTION', "unknown option 'ot', did you mean 'out'", () => to(new Float32Array(2), { ot: 1 } as never)],
      ['doubles', 'ERR_DTYPE', 'data that is a Float64Array, expected a Float32Array', () => to(new Float64Array(2) as never)],
      [
        'an out in float32',
        'ERR_DTYPE',
        `out has dtype float32, expected ${dtype}`,
        () => to(new Float32Array(2), { out: { data: new Float32Array(2), shape: [2] } as never }),
      ],
      [
        'an out of another shape',
        'ERR_SHAPE',
        'out has shape [3], expected [2]',
        () => to(new Float32Array(2), { out: { data: new Uint16Array(3), shape: [3], dtype } }),
      ],
      [
        'the other half type',
        'ERR_DTYPE',
        `expected ${dtype}`,
        () => from({ data: new Uint16Array(2), shape: [2], dtype: dtype === 'float16' ? 'bfloat16' : 'float16' }),
      ],
      ['nothing', 'ERR_DTYPE', 'x has no value', () => to(undefined as never)],
      [
        'out over x',
        'ERR_OPTION',
        'out is overlapping x',
        () => {
          const memory = new ArrayBuffer(16);
          to(new Float32Array(memory, 0, 4), { out: { data: new Uint16Array(memory, 8, 4), shape: [4], dtype } });
        },
      ],
    ])('%s is %s', (_, code, words, call) => {
      expect(call).toThrowError(expect.objectContaining({ code, message: expect.stringContaining(words) }));
    });
  });
});
