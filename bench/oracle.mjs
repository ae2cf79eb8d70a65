// @ts-check
/**
 * The right answer in float64, and how far a float32 result may be from it. Whole results would take minutes in plain
 * JavaScript, so rows are checked: all of a small case, a spread sample of a large one, always with the first and the last.
 * Written apart from fovea's reference backend, which is a contender here like the others.
 */
import { attentionRow, isPadding } from './oracle/attention.mjs';
import { backwardRows } from './oracle/attention-backward.mjs';
import { convolutionRows } from './oracle/convolution.mjs';
import { imageRows } from './oracle/images.mjs';
import { matmulRow } from './oracle/matmul.mjs';
import { sampled, unitRoundoff } from './oracle/rounding.mjs';
import { opRow } from './oracle/rows.mjs';
import { scoreOf } from './oracle/scores.mjs';
import { sentenceRows } from './oracle/sentences.mjs';
import { softmaxRow } from './oracle/softmax.mjs';
import { trainingRows } from './oracle/training.mjs';

/** @import { Row } from './oracle/rounding.mjs' */
/** @import { Case, Inputs } from './types.js' */

/**
 * @param {Case} item
 * @param {Inputs} inputs
 * @param {number} work multiplications and additions that the check may cost
 * @returns {{ readonly length: number, readonly rows: readonly Row[] }}
 */
export function oracleOf(item, inputs, work) {
  switch (item.op) {
    case 'matmul': {
      const rows = item.batch * item.m;
      return { length: rows * item.n, rows: sampled(rows, item.n * item.k, work).map((index) => matmulRow(item, inputs, index)) };
    }
    case 'softmax': {
      const [rows, columns] = item.shape;
      const count = item.axis === 1 ? rows : columns;
      const indices = sampled(count, 32 * item.shape[item.axis], work);
      return { length: rows * columns, rows: indices.map((index) => softmaxRow(item, inputs, index)) };
    }
    case 'attention': {
      const rows = item.batch * item.queryHeads * item.queryLength;
      const workEach = item.keyLength * (item.headDim + item.valueDim + 16 * (item.units ?? 0));
      const indices = sampled(rows, workEach, work).filter((index) => !isPadding(item, index));
      const score = scoreOf(item, inputs);
      return { length: rows * item.valueDim, rows: indices.map((index) => attentionRow(item, inputs, score, index)) };
    }
    case 'attentionBackward':
      return backwardRows(item, inputs, work);
    case 'layerNorm':
    case 'rmsNorm':
    case 'rotary':
    case 'gelu': {
      const [rows, columns] = item.shape;
      return { length: rows * columns, rows: sampled(rows, 32 * columns, work).map((index) => opRow(item, inputs, index)) };
    }
    case 'squeezeExcite':
    case 'spatialAttention':
      return { length: item.shape.reduce((product, size) => product * size, 1), rows: imageRows(item, inputs, work) };
    case 'encoder':
      return sentenceRows();
    case 'convolution':
      return convolutionRows(item, inputs, work);
    case 'translationStep':
    case 'convnetStep':
      return trainingRows(item, inputs); // whole: a gradient is a sum over all of it
  }
}

/**
 * The largest distance from the right answer, and in words what is wrong where one is too large.
 * @param {Float32Array} output
 * @param {{ readonly length: number, readonly rows: readonly Row[] }} oracle
 * @returns {{ readonly maxError: number, readonly wrong?: string }}
 */
export function check(output, oracle) {
  if (output.length !== oracle.length) return { maxError: Number.NaN, wrong: `${output.length} numbers, expected ${oracle.length}` };
  let maxError = 0;
  for (const { start, step, exact, bound } of oracle.rows) {
    for (let i = 0; i < exact.length; i++) {
      const at = start + i * step;
      const error = Math.abs(output[at] - exact[i]);
      // Not `error > bound`, so that NaN is wrong too. The last rounding to float32 is always allowed.
      const allowed = bound[i] + unitRoundoff * Math.abs(exact[i]);
      if (!(error <= allowed))
        return { maxError: error, wrong: `element ${at} is ${output[at]}, expected ${exact[i]} ± ${allowed.toExponential(1)}` };
      maxError = Math.max(maxError, error);
    }
  }
  return { maxError };
}
