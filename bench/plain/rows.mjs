// @ts-check
/** layerNorm, rmsNorm, rotary and gelu, a number after another. */
import { epsilons, rotaryBase } from '../rows-options.mjs';
import { jobOf } from './job.mjs';
import { layerNorm, rmsNorm } from './norms.mjs';

/** @import { Inputs, Job, RowsCase } from '../types.js' */

/** @param {RowsCase} item @param {Inputs} inputs @returns {Job} */
export function rowsJob({ op, shape: [rows, columns], heads = 1, allocates }, { x, gamma, beta }) {
  const angles = op === 'rotary' ? anglesOf(rows, columns / heads) : undefined;
  return jobOf(allocates, rows * columns, (out) => {
    if (op === 'layerNorm') layerNorm(out, x, gamma, beta, epsilons.layerNorm);
    else if (op === 'rmsNorm') rmsNorm(out, x, gamma, epsilons.rmsNorm);
    else if (angles) rotary(out, x, angles, rows, heads, columns / heads);
    else gelu(out, x);
  });
}

/** Kept from call to call, as everybody keeps them. @param {number} positions @param {number} dim */
function anglesOf(positions, dim) {
  const half = dim / 2;
  const [sines, cosines] = [new Float32Array(positions * half), new Float32Array(positions * half)];
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * rotaryBase ** ((-2 * i) / dim);
      sines[position * half + i] = Math.sin(angle);
      cosines[position * half + i] = Math.cos(angle);
    }
  }
  return { sines, cosines };
}

/** @param {Float32Array} out @param {Float32Array} x `[positions, heads, dim]` @param {ReturnType<typeof anglesOf>} angles @param {number} positions @param {number} heads @param {number} dim */
function rotary(out, x, { sines, cosines }, positions, heads, dim) {
  const half = dim / 2;
  for (let position = 0; position < positions; position++) {
    for (let head = 0; head < heads; head++) {
      const start = (position * heads + head) * dim;
      for (let i = 0; i < half; i++) {
        const [sine, cosine] = [sines[position * half + i], cosines[position * half + i]];
        const [first, second] = [x[start + i], x[start + i + half]];
        out[start + i] = first * cosine - second * sine;
        out[start + i + half] = second * cosine + first * sine;
      }
    }
  }
}

/** JavaScript has no erf: the approximation of Abramowitz & Stegun 1964 (7.1.26), right to 1.5·10⁻⁷. @param {Float32Array} out @param {Float32Array} x */
function gelu(out, x) {
  for (let i = 0; i < x.length; i++) {
    const z = Math.abs(x[i]) / Math.SQRT2;
    const t = 1 / (1 + 0.3275911 * z);
    const polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    const erf = 1 - polynomial * Math.exp(-z * z);
    out[i] = (x[i] / 2) * (1 + (x[i] < 0 ? -erf : erf));
  }
}
