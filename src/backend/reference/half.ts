/**
 * The half types as numbers: IEEE 754 binary16 (float16) and the upper half of binary32 (bfloat16), one formula for both.
 * @module
 */
import { roundToEven } from '../../plan/int8.js';

export interface HalfFormat {
  readonly exponentBits: number;
  readonly fractionBits: number;
}

export const float16: HalfFormat = { exponentBits: 5, fractionBits: 10 };
export const bfloat16: HalfFormat = { exponentBits: 8, fractionBits: 7 };

/** The number that 16 bits stand for: ±1.fraction · 2^exponent, or ±0.fraction · 2^smallest when the exponent's bits are 0. */
export function decodeHalf(bits: number, { exponentBits, fractionBits }: HalfFormat): number {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> fractionBits) & (2 ** exponentBits - 1);
  const fraction = bits & (2 ** fractionBits - 1);
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Infinity : NaN;
  const steps = exponent === 0 ? fraction : fraction + 2 ** fractionBits;
  return sign * steps * 2 ** (Math.max(exponent, 1) - bias(exponentBits) - fractionBits);
}

/** The nearest half number's bits, ties to even, in one rounding from float64; too large is Infinity. */
export function encodeHalf(value: number, { exponentBits, fractionBits }: HalfFormat): number {
  const infinity = (2 ** exponentBits - 1) * 2 ** fractionBits;
  if (Number.isNaN(value)) return infinity + 2 ** (fractionBits - 1);
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude === Infinity) return sign + infinity;
  const smallest = 1 - bias(exponentBits);
  const exponent = Math.max(Math.floor(Math.log2(magnitude)), smallest);
  const steps = roundToEven(magnitude / 2 ** (exponent - fractionBits));
  // steps has its leading 1 at 2^fractionBits, which the addition carries into the exponent; rounding up may carry once more.
  return sign + Math.min((exponent - smallest) * 2 ** fractionBits + steps, infinity);
}

function bias(exponentBits: number): number {
  return 2 ** (exponentBits - 1) - 1;
}
