/** The reference backend's half types against the ones the tests compute for themselves: every pattern of 16 bits, every tie. */
import { describe, expect, test } from 'vitest';
import { bfloat16, decodeHalf, encodeHalf, float16 } from '../src/backend/reference/half.js';
import { fromBits, toBits } from './numbers.js';

const formats = { float16, bfloat16 };

describe.each(['float16', 'bfloat16'] as const)('%s', (name) => {
  const format = formats[name];
  const patterns = Array.from({ length: 0x10000 }, (_, bits) => bits);

  test('reads every pattern of bits', () => {
    const wrong = patterns.filter((bits) => !Object.is(decodeHalf(bits, format), fromBits(name, bits)));
    expect(wrong).toEqual([]);
  });

  test('writes every number back to its own bits', () => {
    const numbers = patterns.filter((bits) => !Number.isNaN(decodeHalf(bits, format)));
    expect(numbers.filter((bits) => encodeHalf(decodeHalf(bits, format), format) !== bits)).toEqual([]);
  });

  test('rounds what lies between two neighbours to the nearer one, a tie to the even one', () => {
    const infinity = (2 ** format.exponentBits - 1) * 2 ** format.fractionBits;
    const wrong: number[] = [];
    for (let bits = 0; bits < infinity - 1; bits++) {
      const below = decodeHalf(bits, format);
      const above = decodeHalf(bits + 1, format);
      const step = above - below;
      const tie = bits % 2 === 0 ? bits : bits + 1;
      const rounded = [0.25, 0.5, 0.75].map((part) => encodeHalf(below + part * step, format));
      if (rounded[0] !== bits || rounded[1] !== tie || rounded[2] !== bits + 1) wrong.push(bits);
    }
    expect(wrong).toEqual([]);
  });

  test('what is past the largest number by half a step is Infinity, NaN stays NaN', () => {
    const infinity = (2 ** format.exponentBits - 1) * 2 ** format.fractionBits;
    const largest = decodeHalf(infinity - 1, format);
    const step = largest - decodeHalf(infinity - 2, format);
    expect(encodeHalf(largest + step * 0.49, format)).toBe(infinity - 1);
    expect(encodeHalf(largest + step * 0.5, format)).toBe(infinity);
    expect(encodeHalf(-1e300, format)).toBe(0x8000 + infinity);
    expect(encodeHalf(1e-300, format)).toBe(0);
    expect(decodeHalf(encodeHalf(Number.NaN, format), format)).toBeNaN();
    expect(toBits(name, Number.NaN)).toBe(encodeHalf(Number.NaN, format));
  });
});
