/**
 * int8 numbers: x ≈ q · step, q = x / step to the nearest whole number, ties to even, and step = max |x| / 127 over the numbers that share
 * it: a column of a packed matrix, a token's features of one head of a cache. native/kernels/append.inl says the same.
 * @module
 */

/** So that a step is a normal number: of a subnormal one, hardly a digit is left. */
const leastStep = 2 ** -126;
/** The largest float32 number below 2^128 / 127: 127 steps are finite. */
const mostStep = 0x810203 * 2 ** 98;

/** The step of numbers up to ±greatest, a float32 number; 0 where all are 0. */
export function stepOf(greatest: number): number {
  return greatest === 0 ? 0 : Math.min(Math.max(Math.fround(greatest / 127), leastStep), mostStep);
}

/** How many steps a number is. */
export function inSteps(x: number, step: number): number {
  return step === 0 ? 0 : Math.max(-127, Math.min(127, roundToEven(x / step)));
}

/** To the nearest whole number, ties to even, of numbers below 2^51: beside 1.5 · 2^52 a double has no fraction. */
export function roundToEven(x: number): number {
  return x + 0x18000000000000 - 0x18000000000000;
}
