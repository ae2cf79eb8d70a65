/** Images of two to four handwritten digits side by side, and what they are called in words. */
import { side } from './digits.mjs';

/** Of an image, in pixels. */
export const [height, width] = [side, 4 * side];
/** Digits of an image. */
const [fewest, most] = [2, 4];
/** From one digit to the next: some touch, none hides another. */
const [nearest, farthest] = [21, side];

export const words = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
export const mostWords = most;

/**
 * @typedef {object} Image
 * @property {Float32Array} pixels `[height, width]`, from 0 (paper) to 1 (ink)
 * @property {readonly string[]} words from left to right
 */

/**
 * @param {import('./digits.mjs').Digits} digits
 * @param {() => number} uniform evenly in [0, 1)
 * @returns {Image}
 */
export function compose(digits, uniform) {
  /** A whole number from a up to b. @param {number} a @param {number} b */
  const between = (a, b) => a + Math.floor(uniform() * (b - a + 1));
  const steps = Array.from({ length: between(fewest, most) }, (_, i) => (i === 0 ? 0 : between(nearest, farthest)));
  const wide = steps.reduce((sum, step) => sum + step, side);
  let x = between(0, width - wide);
  const pixels = new Float32Array(height * width);
  const named = steps.map((step) => {
    x += step;
    const digit = between(0, digits.length - 1);
    draw(pixels, digits[digit][between(0, digits[digit].length - 1)], x);
    return words[digit];
  });
  return { pixels, words: named };
}

/** Where two digits meet, the darker ink. @param {Float32Array} pixels @param {Float32Array} digit @param {number} left */
function draw(pixels, digit, left) {
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const at = row * width + left + column;
      pixels[at] = Math.max(pixels[at], digit[row * side + column]);
    }
}
