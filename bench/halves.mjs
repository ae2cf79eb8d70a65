// @ts-check
/** float16 and bfloat16: numbers rounded to them, and their 16 bits. */

/** Bits of the significand that are stored, and the exponent below which numbers are subnormal. */
const formats = { float16: { fraction: 10, least: -14, bias: 15 }, bfloat16: { fraction: 7, least: -126, bias: 127 } };

/** @typedef {keyof typeof formats} Half */

/** To the nearest number of the format, to even where two are as near. @param {Float32Array} data @param {Half} dtype */
export function rounded(data, dtype) {
  const { fraction, least } = formats[dtype];
  return data.map((value) => {
    if (value === 0) return value;
    const exponent = Math.max(least, Math.floor(Math.log2(Math.abs(value))));
    const shift = 1.5 * 2 ** (exponent - fraction + 52); // adding it leaves no bit below the last one that the format has
    return value + shift - shift;
  });
}

/** The bits of numbers that the format has. @param {Float32Array} data @param {Half} dtype */
export function bitsOf(data, dtype) {
  const { fraction, least, bias } = formats[dtype];
  return Uint16Array.from(data, (value) => {
    const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
    const size = Math.abs(value);
    const exponent = size === 0 ? least : Math.max(least, Math.floor(Math.log2(size)));
    const units = Math.round(size / 2 ** (exponent - fraction)); // the leading one of a normal number carries into the exponent
    return sign | ((exponent + bias - 1) * 2 ** fraction + units);
  });
}

/** @param {Uint16Array} bits @param {Half} dtype */
export function numbersOf(bits, dtype) {
  const { fraction, least, bias } = formats[dtype];
  return Float32Array.from(bits, (word) => {
    const stored = (word & 0x7fff) >> fraction;
    const exponent = stored === 0 ? least : stored - bias;
    const units = (word & (2 ** fraction - 1)) + (stored === 0 ? 0 : 2 ** fraction);
    return (word & 0x8000 ? -1 : 1) * units * 2 ** (exponent - fraction);
  });
}
