/**
 * The number formats of tensors, written from IEEE 754 and independent of src/: rounding to nearest (ties to even) from float64,
 * and bits in both directions. 'float64' is what the widened oracle answers in.
 */
import type { DType } from '../src/types.js';

export type Format = DType | 'float64';

interface Layout {
  /** Significant bits, the hidden one included. */
  readonly precision: number;
  /** Exponent of the smallest normal number. */
  readonly minExponent: number;
  readonly maxExponent: number;
}

const layouts: Record<Format, Layout> = {
  float16: { precision: 11, minExponent: -14, maxExponent: 15 },
  bfloat16: { precision: 8, minExponent: -126, maxExponent: 127 },
  float32: { precision: 24, minExponent: -126, maxExponent: 127 },
  float64: { precision: 53, minExponent: -1022, maxExponent: 1023 },
};

const view = new DataView(new ArrayBuffer(8));

/** Exponent of a finite positive float64: 2^e ≤ x < 2^(e+1); −1023 for what is subnormal there. */
function exponentOf(x: number): number {
  view.setFloat64(0, x);
  return ((view.getUint32(0) >>> 20) & 0x7ff) - 1023;
}

/** The nearest whole number, ties to the even one. */
export function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** The nearest number of a format; what is past its largest by half a step becomes Infinity. */
export function roundTo(format: Format, x: number): number {
  if (format === 'float64' || !Number.isFinite(x) || x === 0) return x;
  if (format === 'float32') return Math.fround(x);
  const { precision, minExponent, maxExponent } = layouts[format];
  const magnitude = Math.abs(x);
  const step = 2 ** (Math.max(exponentOf(magnitude), minExponent) - precision + 1);
  const rounded = roundHalfToEven(magnitude / step) * step;
  return Math.sign(x) * (rounded >= 2 ** (maxExponent + 1) ? Number.POSITIVE_INFINITY : rounded);
}

/** Bits of a half type. */
export function toBits(format: 'float16' | 'bfloat16', x: number): number {
  const { precision, minExponent, maxExponent } = layouts[format];
  const fraction = precision - 1;
  const exponents = maxExponent + 1 - minExponent + 1; // the field's value for Infinity and NaN
  const value = roundTo(format, x);
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return (exponents << fraction) | (1 << (fraction - 1));
  if (magnitude === Number.POSITIVE_INFINITY) return sign | (exponents << fraction);
  const exponent = Math.max(exponentOf(magnitude), minExponent);
  const significand = magnitude / 2 ** (exponent - fraction);
  // A normal number's significand holds the hidden bit, which carries into the field and so counts as its 1.
  return sign | (((exponent - minExponent) << fraction) + significand);
}

/** The number that the bits of a half type stand for. */
export function fromBits(format: 'float16' | 'bfloat16', bits: number): number {
  const { precision, minExponent, maxExponent } = layouts[format];
  const fraction = precision - 1;
  const field = (bits & 0x7fff) >>> fraction;
  const low = bits & ((1 << fraction) - 1);
  const sign = bits & 0x8000 ? -1 : 1;
  if (field === maxExponent + 1 - minExponent + 1) return low ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (field === 0 ? low : low + (1 << fraction)) * 2 ** (Math.max(field - 1, 0) + minExponent - fraction);
}
