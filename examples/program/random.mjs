/** Numbers by chance that are the same on every machine and run. */

/**
 * mulberry32 (T. Ettinger).
 * @param {number} seed a whole number
 * @returns {() => number} evenly in [0, 1)
 */
export function seededRandom(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal (Box & Muller 1958); 1 − uniform is never 0. @param {() => number} uniform @returns {() => number} */
export const normalOf = (uniform) => () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
