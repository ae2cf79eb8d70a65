/**
 * How far a result may lie from the exact one, derived; no figure here was found by trying. If a case fails, a kernel or a
 * derivation is wrong, not the digit.
 *
 * Model: every operation rounds once, fl(x ∘ y) = (x ∘ y)(1 + δ), |δ| ≤ u; n roundings in a row are at most γₙ = nu / (1 − nu)
 * (Higham 2002, §3.1). Sums may be taken in any order, and products are counted as rounded: sse4 and wasm's simd fuse nothing,
 * and where a target fuses there are fewer roundings, not more. Inputs in half types are read exactly; a half output is the
 * float32 result rounded once more, which is monotone, so that an interval's ends may simply be rounded as well.
 */
import type { Activation } from '../src/types.js';
import type { ActivationSheet } from './textbook/activation.js';
import type { AttentionSheet } from './textbook/attention.js';
import type { MatmulSheet } from './textbook/matmul.js';
import type { MergeSheet } from './textbook/merge.js';
import type { NormSheet } from './textbook/norm.js';
import type { RotarySheet } from './textbook/rotary.js';
import type { SequenceSheet } from './textbook/sequence.js';
import type { SoftmaxSheet } from './textbook/softmax.js';

/** What a backend computes in. */
export interface Arithmetic {
  /** Unit roundoff. */
  readonly u: number;
  /** Relative error of exp: an ulp is at most 2u of its number. */
  readonly exp: number;
  /** Relative error of log. */
  readonly log: number;
  /** Absolute error of tanh. */
  readonly tanh: number;
  /** Absolute error of the tail of the normal distribution, Φ(−x). */
  readonly tail: number;
  /** Relative error of the logistic function; 0 may stand for what is below twice `vanish`. */
  readonly sigmoid: number;
  /** Smallest positive number: what a product may lose when it falls below the normal range. */
  readonly smallest: number;
  /** Below this, what goes into a product of two bfloat16 or comes out of one counts as 0. */
  readonly flushed: number;
  /** Relative error of a weight before it is multiplied with a value in bfloat16. */
  readonly weight: number;
  /** Relative error of what one step leaves in memory for the next, beside the step's own: that is float32, whatever computes. */
  readonly stored: number;
  /** Below this, exp may be 0. */
  readonly vanish: number;
  /** Keys between two steps of the running maximum, at least. */
  readonly keyTile: number;
  /** Elements of a softmax row between two steps of the running maximum, at least. */
  readonly softmaxTile: number;
}

const unit = 2 ** -24;
/** native/kernels/math.inl, as test/native tests it: exp2 ≤ 2 ulp and zero below 2^−126, tanh and sigmoid ≤ 4 ulp of at most 1, log ≤ 1 ulp. */
export const kernelArithmetic: Arithmetic = {
  u: unit,
  exp: 4 * unit,
  log: 2 * unit,
  tanh: 8 * unit,
  tail: 2 * unit,
  sigmoid: 8 * unit,
  smallest: 2 ** -149,
  flushed: 0,
  weight: 0,
  stored: 0,
  vanish: 2 ** -126,
  keyTile: 64,
  softmaxTile: 1, // across rows it is streamed: the maximum may move at every element
};

/**
 * avx512bf16: what is bfloat16 throughout goes through vdpbf16ps, two fused multiply-adds that know no subnormal numbers. In attention the
 * weights become bfloat16, too, 8 bits, rounded to nearest.
 */
export const pairArithmetic: Arithmetic = { ...kernelArithmetic, flushed: 2 ** -126, weight: 2 ** -8 };

const doubleUnit = 2 ** -53;
/** src/backend/reference: float64 with V8's exp, log and tanh (fdlibm: < 1 ulp). */
export const referenceArithmetic: Arithmetic = {
  u: doubleUnit,
  exp: 2 * doubleUnit,
  log: 2 * doubleUnit,
  tanh: 2 * doubleUnit,
  tail: 2 ** -45, // of erf's series: src/backend/reference/activation.ts
  sigmoid: 5 * doubleUnit, // exp, the sum, the quotient
  smallest: 2 ** -1074,
  flushed: 0,
  weight: 0,
  stored: unit,
  vanish: 2 ** -1022,
  keyTile: 1,
  softmaxTile: 1,
};

/** The textbook itself: the same, and nothing between two steps is float32. */
export const textbookArithmetic: Arithmetic = { ...referenceArithmetic, stored: 0 };

export function arithmeticOf({ name, target }: { readonly name: string; readonly target: string }): Arithmetic {
  if (name === 'reference') return referenceArithmetic;
  return target === 'avx512bf16' ? pairArithmetic : kernelArithmetic;
}

/** How far each element may lie from the oracle's, and where it lies for certain (an average lies among what it averages). */
export interface Bound {
  readonly slack: Float64Array;
  readonly low?: Float64Array;
  readonly high?: Float64Array;
}

export const gamma = (n: number, { u }: Arithmetic): number => (n * u) / (1 - n * u);

/**
 * Matmul: each product is rounded and passes through at most k − 1 additions and the bias's; then the activation. A packed b counts as
 * what it was rounded to; int8's step and whole number meet in one more rounding. Where subnormal bfloat16 counts as 0, its products are
 * lost, and with each multiply-add what the sum has below the normal range.
 */
export function matmulBound(sheet: MatmulSheet, arithmetic: Arithmetic): Bound {
  const { k, weightRoundings, activation, sums, magnitude, bfloat16, ofSubnormals } = sheet;
  const slack = magnitude.map((size, at) => {
    const flushed = bfloat16 && arithmetic.flushed > 0 ? (ofSubnormals[at] ?? 0) + k * arithmetic.flushed : 0;
    const error = gamma(k + 1 + weightRoundings, arithmetic) * size + (k + 1) * arithmetic.smallest + flushed;
    return activatedError(activation, Math.abs(sums[at] ?? 0), error, arithmetic);
  });
  return { slack };
}

/**
 * What an activation makes of a sum's error. relu and tanh have a slope of at most 1, gelu of at most 1.13, sigmoid of ¼. gelu computes
 * max(0, x) − |x|·Φ(−|x|): the tail's own error; the product, of at most |x|/2; the difference, of at most |x|.
 */
function activatedError(activation: Activation | undefined, sum: number, error: number, arithmetic: Arithmetic): number {
  const { u, tail, tanh, sigmoid, vanish, smallest } = arithmetic;
  switch (activation) {
    case undefined:
    case 'relu':
      return error;
    case 'tanh':
      return error + tanh;
    case 'sigmoid':
      return error / 4 + sigmoid + 2 * vanish;
    case 'gelu':
      return 1.13 * error + (sum + error) * (tail + u / 2 + u) * (1 + 4 * u) + smallest;
  }
}

/** An activation of numbers that are exact: relu chooses one of two, what tanh and sigmoid are off by is relative. */
export function activationBound({ activation, x, output }: ActivationSheet, arithmetic: Arithmetic): Bound {
  const { tanh, sigmoid, vanish, smallest } = arithmetic;
  const errors: Record<Activation, (x: number, value: number) => number> = {
    relu: () => 0,
    gelu: (size) => activatedError('gelu', size, 0, arithmetic),
    tanh: (_, value) => tanh * Math.abs(value) + smallest,
    sigmoid: (_, value) => sigmoid * value + 2 * vanish,
  };
  return { slack: output.map((value, at) => errors[activation](Math.abs(x[at] ?? 0), value)) };
}

/**
 * A turned pair: sine and cosine are rounded to float32, whatever computes; then two products and their sum. The angle is a float64: the power,
 * its product with the position.
 */
export function rotaryBound({ terms, sizes, angles }: RotarySheet, arithmetic: Arithmetic): Bound {
  const slack = terms.map((size, at) => {
    const ofAngle = 8 * doubleUnit * (angles[at] ?? 0) + 4 * doubleUnit;
    const factor = unit + gamma(2, arithmetic) * (1 + unit);
    return factor * size + ofAngle * (sizes[at] ?? 0) * (1 + factor) + 2 * arithmetic.smallest + 2 ** -149 * (sizes[at] ?? 0);
  });
  return { slack };
}

/** A softmax over a few scores whose errors are known, and what they weigh. */
interface Terms {
  readonly scores: readonly number[];
  /** Absolute error of each score. */
  readonly errors: readonly number[];
  /** Whether two scores are made of the same numbers: their errors are then the same one. */
  readonly alike: (a: number, b: number) => boolean;
  /** Times that the running maximum may move. */
  readonly steps: number;
}

interface Weighing {
  /** exp(score − greatest score): exact, at least, at most. */
  readonly exact: number[];
  readonly least: number[];
  readonly most: number[];
  /** What a term and its rounding in a sum may be off by. */
  readonly stray: number[];
  /** Their sums, the roundings of adding them up included. */
  readonly sum: number;
  readonly sumLeast: number;
  readonly sumMost: number;
  /** Error of logSumExp. */
  readonly logSumExp: number;
}

/**
 * Softmax does not change when one number is added to all scores, so measure from the greatest, w: its own term is 1 whatever
 * its error, and every other term j carries both, eⱼ + e_w, or nothing where j is alike w: a score is computed in one order
 * wherever its key stands. On top: the subtraction of the running maximum, log₂e rounded and the product with it, 3u·|gap|, once
 * when the term is made and once for all later moves of the maximum together (their gaps add up to at most the whole), exp's own
 * error, and for each move another exp and the product with it. A term may become 0 where exp vanishes, at each of these.
 */
function weigh({ scores, errors, alike, steps }: Terms, arithmetic: Arithmetic): Weighing {
  const { u, exp, log, vanish } = arithmetic;
  const count = scores.length;
  const winner = scores.reduce((best, s, j) => (s > (scores[best] ?? 0) ? j : best), 0);
  const greatest = scores[winner] ?? Number.NEGATIVE_INFINITY;
  const winnerError = errors[winner] ?? 0;
  const floor = (steps + 1) * vanish;
  const exact: number[] = [];
  const least: number[] = [];
  const most: number[] = [];
  let reach = 0; // how far the computed maximum may lie from w
  for (let j = 0; j < count; j++) {
    const gap = greatest - (scores[j] ?? 0);
    const error = alike(j, winner) ? 0 : (errors[j] ?? 0) + winnerError;
    const relative = error + 6 * u * gap + exp + steps * (exp + 2 * u);
    const slack = relative * (1 + relative * 2 ** -10) + relative ** 2 * Number(relative < 1); // (1 + δ) against e^δ
    exact.push(Math.exp(-gap));
    least.push(Math.max(0, Math.exp(-gap - slack) - floor));
    most.push(Math.exp(-gap + slack) + floor);
    if (gap <= error) reach = Math.max(reach, error);
  }
  const total = (terms: number[]) => terms.reduce((sum, x) => sum + x, 0);
  const g = gamma(count, arithmetic);
  const stray = exact.map((p, j) => Math.max((most[j] ?? 0) - p, p - (least[j] ?? 0)) + g * (most[j] ?? 0));
  const [sum, sumLeast, sumMost] = [total(exact), total(least) * (1 - g), total(most) * (1 + g)];
  // m + ln ℓ: logarithm, sum. However wrong the scores, ℓ lies between 1 and count.
  const shift = Math.min(
    winnerError + Math.max(Math.log(sumMost / sum), Math.log(sum / sumLeast)),
    winnerError + reach + Math.log(count) + g,
  );
  const logSumExp = shift + gamma(2, arithmetic) * (Math.abs(greatest) + Math.log(sum)) + log * Math.log(count + 1) + log;
  return { exact, least, most, stray, sum, sumLeast, sumMost, logSumExp };
}

/** Each weight: its own term is in the sum as well, so that it never exceeds 1. Two roundings for the quotient. */
function weightSlack({ exact, least, most, sum, sumLeast, sumMost }: Weighing, j: number, arithmetic: Arithmetic): number {
  const [p, low, high] = [exact[j] ?? 0, least[j] ?? 0, most[j] ?? 0];
  const weight = p / sum;
  const g = gamma(exact.length + 2, arithmetic);
  const above = high === Number.POSITIVE_INFINITY ? 1 : high / (high + Math.max(0, sumLeast - low));
  const below = sumMost === Number.POSITIVE_INFINITY ? 0 : low / (low + Math.max(0, sumMost - high));
  return Math.max(above * (1 + g) - weight, weight - below * (1 - g)) + arithmetic.smallest;
}

/**
 * Σ p·v / Σ p: the terms' errors times |v|, γₙ for adding up, the sum's error, two roundings for the quotient. Weights that are rounded
 * to fewer bits, p(1 + δ), are divided by the sum of the same: the average moves by Σ pδ(v − average) / Σ p(1 + δ).
 */
function averageBound(
  weighing: Weighing,
  value: (term: number) => number,
  steps: number,
  arithmetic: Arithmetic,
): { slack: number; low: number; high: number } {
  const { exact, stray, most, sum, sumLeast, sumMost } = weighing;
  const count = exact.length;
  let [numerator, size, error] = [0, 0, 0];
  let [low, high, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (let j = 0; j < count; j++) {
    const [p, v] = [exact[j] ?? 0, value(j)];
    numerator += p * v;
    size += p * Math.abs(v);
    if (v !== 0) error += (stray[j] ?? 0) * Math.abs(v);
    low = Math.min(low, v);
    high = Math.max(high, v);
    greatest = Math.max(greatest, Math.abs(v));
  }
  error += 2 * (count + steps) * (arithmetic.smallest + arithmetic.flushed);
  if (arithmetic.flushed > 0) error += arithmetic.flushed * sumMost; // of the values
  const bySum = Math.max(1 / sumLeast - 1 / sum, 1 / sum - 1 / sumMost) * Math.abs(numerator);
  const slack = error / sumLeast + bySum + (gamma(2, arithmetic) * (size + error)) / sumLeast + arithmetic.smallest;
  const { weight } = arithmetic;
  let moved = 0;
  if (weight > 0) for (let j = 0; j < count; j++) moved += (most[j] ?? 0) * (Math.abs(value(j) - numerator / sum) + slack);
  moved *= weight / (1 - weight) / sumLeast;
  // However wrong the weights are, they are not negative and what divides them is their sum: the average stays among the values.
  const beside =
    gamma(2 * count + 2 * steps + 4, arithmetic) * greatest +
    2 * (count + steps) * arithmetic.smallest +
    (2 * (count + steps) + 1) * arithmetic.flushed;
  return { slack: slack + moved, low: low - beside, high: high + beside };
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Softmax: scale is rounded to float32, then its product with x: two roundings of each score. */
export function softmaxBound({ rows, seen, scores }: SoftmaxSheet, arithmetic: Arithmetic): Bound {
  const slack = new Float64Array(scores.length);
  for (const places of rows) {
    const part = places.filter((at) => seen[at] && scores[at] !== Number.NEGATIVE_INFINITY);
    const own = part.map((at) => scores[at] ?? 0);
    const steps = Math.ceil(part.length / arithmetic.softmaxTile);
    const errors = own.map((s) => gamma(2, arithmetic) * Math.abs(s) + arithmetic.smallest);
    const weighing = weigh({ scores: own, errors, alike: (a, b) => own[a] === own[b], steps }, arithmetic);
    part.forEach((at, j) => {
      slack[at] = weightSlack(weighing, j, arithmetic);
    });
  }
  return {
    slack,
    low: new Float64Array(scores.length),
    high: new Float64Array(scores.length).fill(1 + gamma(4 + Math.max(0, ...rows.map((r) => r.length)), arithmetic)),
  };
}

/**
 * A normalised row. The mean: n − 1 additions, 1/n rounded and the product with it. A distance carries that error and its own rounding (from
 * 0, without a mean, it is exact); its square, n additions, the product with 1/n; epsilon rounded and added, and as squares are not negative it is
 * a floor; the root and its inverse, one rounding each; then the product with that, with gamma, the sum with beta.
 */
export function normBound(sheet: NormSheet, arithmetic: Arithmetic): Bound {
  const { length, centered, epsilon, x, means, variances, gamma: scales, beta: shifts } = sheet;
  const { u, smallest } = arithmetic;
  const slack = new Float64Array(x.length);
  means.forEach((mean, row) => {
    const distances = x.subarray(row * length, (row + 1) * length).map((value) => Math.abs(value - mean));
    let size = 0;
    for (let j = 0; j < length; j++) size += Math.abs(x[row * length + j] ?? 0) / length;
    const ofMean = centered ? gamma(length + 1, arithmetic) * size + smallest : 0;
    const errors = distances.map((distance) => (centered ? ofMean * (1 + u) + u * distance : 0));
    let moved = 0;
    for (let j = 0; j < length; j++) moved += (errors[j] ?? 0) * (2 * (distances[j] ?? 0) + (errors[j] ?? 0));
    const variance = variances[row] ?? 0;
    const ofVariance = moved / length + gamma(length + 3, arithmetic) * (variance + moved / length) + 2 * smallest;
    const exact = variance + epsilon;
    const error = ofVariance + u * epsilon + u * (exact + ofVariance + u * epsilon);
    const factor = 1 / Math.sqrt(exact);
    const [low, high] = [Math.max(exact - error, epsilon * (1 - 2 * u)), exact + error];
    const [least, most] = [(1 / Math.sqrt(high)) * (1 - 2 * u), (1 / Math.sqrt(low)) * (1 + 3 * u)];
    for (let j = 0; j < length; j++) {
      const [distance, scale] = [distances[j] ?? 0, Math.abs(scales[j] ?? 0)];
      const product = (errors[j] ?? 0) * most + distance * Math.max(most - factor, factor - least);
      const value = scale * (distance * factor + product);
      slack[row * length + j] =
        scale * product + gamma(2, arithmetic) * value + gamma(1, arithmetic) * (value + Math.abs(shifts[j] ?? 0)) + smallest * (2 + scale);
    }
  });
  return { slack };
}

/**
 * A score before softmax. What it is made of: textbook/score.ts counts the roundings; what falls below the normal range loses the smallest
 * number, of a dot product times k where it was q. Softcap (slope ≤ 1, so it does not enlarge that): tanh's
 * own error and 2u of its argument (c rounded, the quotient), where x·tanh′(x) < ½, all times c; two roundings of the result (c,
 * the product). ALiBi: the product with the distance; adding it and the bias: one each. Pairs take the scale after the sum, which is as
 * many roundings, and lose what is subnormal: whole products, and of each sum what is below the normal range, times the scale.
 */
export function scoreError(sheet: AttentionSheet, at: number, arithmetic: Arithmetic): number {
  const { softcap } = sheet;
  const part = (values: Float64Array) => Math.abs(values[at] ?? 0);
  const capped = softcap > 0 ? softcap * (arithmetic.tanh + 2 * arithmetic.u) + gamma(2, arithmetic) * part(sheet.capped) : 0;
  return (
    rawError(sheet, at, arithmetic) +
    capped +
    gamma(2, arithmetic) * part(sheet.capped) +
    gamma(3, arithmetic) * part(sheet.slope) +
    gamma(1, arithmetic) * part(sheet.bias)
  );
}

/**
 * The same before softcap. An additive score: the error of what goes into tanh (its slope is at most 1), tanh's own, both times |v|, u additions
 * and the products with v and with the scale. rbf: the exponent's error, in which gamma and log₂e, their product and that with the square
 * are four more; exp's own; it may vanish; the product with the scale.
 */
export function rawError(sheet: AttentionSheet, at: number, arithmetic: Arithmetic): number {
  const { kind, scale, raw } = sheet;
  const [magnitude, below, second] = [sheet.magnitude[at] ?? 0, sheet.below[at] ?? 0, sheet.second[at] ?? 0];
  const made = gamma(kind.roundings, arithmetic) * magnitude + arithmetic.smallest * below;
  switch (kind.kind) {
    case 'dot': {
      const flushed = (kind.roundings - 2) * arithmetic.flushed * Math.max(1, Math.abs(scale));
      return made + (arithmetic.flushed > 0 ? (sheet.ofSubnormals[at] ?? 0) + flushed : 0);
    }
    case 'additive':
      return made + (arithmetic.tanh + gamma(sheet.units + 3, arithmetic)) * second;
    case 'rbf': {
      const size = Math.abs(scale);
      const nearest = Math.max(0, second - made - gamma(4, arithmetic) * second);
      const most = size * Math.exp(-nearest) * (1 + arithmetic.exp);
      return most - Math.abs(raw[at] ?? 0) + gamma(2, arithmetic) * most + arithmetic.vanish * size;
    }
    default:
      return made;
  }
}

/** Output [b, hq, sq, dv] and, should the call give them, weights and logSumExp. A sink is one more term, of value 0. */
export function attentionBounds(sheet: AttentionSheet, given: Arithmetic): { output: Bound; weights: Bound; logSumExp: Bound } {
  const { batch, heads, queries, keys, valueDim, seen, scores, sinks } = sheet;
  const arithmetic = sheet.bfloat16 ? given : { ...given, flushed: 0, weight: 0 };
  const rows = batch * heads * queries;
  const output = {
    slack: new Float64Array(rows * valueDim),
    low: new Float64Array(rows * valueDim),
    high: new Float64Array(rows * valueDim),
  };
  const weights = { slack: new Float64Array(rows * keys), low: new Float64Array(rows * keys), high: new Float64Array(rows * keys) };
  const logSumExp = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const [b, h, i] = [Math.floor(row / queries / heads), Math.floor(row / queries) % heads, row % queries];
    // A score of −Infinity weighs exactly nothing, seen or not; so does such a sink.
    const visible = range(keys).filter((j) => seen[row * keys + j] && scores[row * keys + j] !== Number.NEGATIVE_INFINITY);
    const sink = sinks?.[h];
    const own = visible.map((j) => scores[row * keys + j] ?? 0);
    const errors = visible.map((j) => scoreError(sheet, row * keys + j, arithmetic));
    if (sink !== undefined && sink !== Number.NEGATIVE_INFINITY && sheet.logSumExp[row] !== Number.NEGATIVE_INFINITY) {
      own.push(sink);
      errors.push(0);
    }
    if (own.length === 0) continue; // zeros and −Infinity, exactly
    const alike = (x: number, y: number) =>
      x === y || (x < visible.length && y < visible.length && sheet.alike(b, h, i, visible[x] ?? 0, visible[y] ?? 0));
    const steps = Math.max(0, Math.ceil(keys / arithmetic.keyTile) - 1); // the first tile moves the maximum from nothing
    const weighing = weigh({ scores: own, errors, alike, steps }, arithmetic);
    logSumExp[row] = weighing.logSumExp;
    visible.forEach((j, term) => {
      weights.slack[row * keys + j] = weightSlack(weighing, term, arithmetic);
      weights.high[row * keys + j] = 1 + gamma(keys + 2 * steps + 4, arithmetic);
    });
    for (let e = 0; e < valueDim && visible.length > 0; e++) {
      const value = (term: number) => (term < visible.length ? sheet.value(b, h, visible[term] ?? 0, e) : 0);
      const { slack, low, high } = averageBound(weighing, value, steps, arithmetic);
      output.slack[row * valueDim + e] = slack;
      output.low[row * valueDim + e] = low;
      output.high[row * valueDim + e] = high;
    }
  }
  return { output, weights, logSumExp: { slack: logSumExp } };
}

/** Merge: an average of the parts' outputs whose scores are their logSumExps, exactly. */
export function mergeBounds(sheet: MergeSheet, arithmetic: Arithmetic): { output: Bound; logSumExp: Bound } {
  const { valueDim, parts } = sheet;
  const size = sheet.output.length;
  const output = { slack: new Float64Array(size), low: new Float64Array(size), high: new Float64Array(size) };
  const logSumExp = new Float64Array(sheet.logSumExp.length);
  for (let row = 0; row < logSumExp.length; row++) {
    const present = range(parts).filter((part) => sheet.score(part, row) !== Number.NEGATIVE_INFINITY);
    const own = present.map((part) => sheet.score(part, row));
    if (sheet.sink(row) !== Number.NEGATIVE_INFINITY) own.push(sheet.sink(row));
    if (own.length === 0) continue;
    const errors = own.map(() => 0);
    const weighing = weigh({ scores: own, errors, alike: (a, b) => own[a] === own[b], steps: parts }, arithmetic);
    logSumExp[row] = weighing.logSumExp;
    for (let e = 0; e < valueDim && present.length > 0; e++) {
      const value = (term: number) => (term < present.length ? sheet.value(present[term] ?? 0, row, e) : 0);
      const { slack, low, high } = averageBound(weighing, value, parts, arithmetic);
      output.slack[row * valueDim + e] = slack;
      output.low[row * valueDim + e] = low;
      output.high[row * valueDim + e] = high;
    }
  }
  return { output, logSumExp: { slack: logSumExp } };
}

/**
 * Decoder steps and attention pooling: as attention, of scores whose roundings the sheet has counted. What a call hands to the next is float32 on
 * every backend.
 */
export function sequenceBounds(sheet: SequenceSheet, given: Arithmetic): { context: Bound; weights: Bound } {
  const { batch, steps: count, length, valueDim, lengths, roundings, kept, units } = sheet;
  const arithmetic = { ...given, flushed: 0, weight: 0 };
  const float32 = { ...arithmetic, u: unit };
  const context = { slack: new Float64Array(sheet.context.length), low: sheet.context.slice(), high: sheet.context.slice() };
  const weights = {
    slack: new Float64Array(sheet.weights.length),
    low: new Float64Array(sheet.weights.length),
    high: new Float64Array(sheet.weights.length),
  };
  for (let at = 0; at < batch * count; at++) {
    const [row, step] = [Math.floor(at / count), at % count];
    const visible = range(lengths[row] ?? 0);
    if (visible.length === 0) continue; // zeros, exactly
    const scores = visible.map((position) => sheet.score(row, step, position));
    const errors = scores.map(({ magnitude, below, throughTanh }) => {
      const made = (gamma(roundings, arithmetic) + gamma(kept, float32)) * magnitude + (arithmetic.smallest + kept * 2 ** -149) * below;
      return made + (units === 0 ? 0 : (arithmetic.tanh + gamma(units + 3, arithmetic)) * throughTanh);
    });
    const steps = Math.max(0, Math.ceil(length / arithmetic.keyTile) - 1);
    const weighing = weigh({ scores: scores.map(({ score }) => score), errors, alike: (a, b) => a === b, steps }, arithmetic);
    for (const position of visible) {
      weights.slack[at * length + position] = weightSlack(weighing, position, arithmetic);
      weights.high[at * length + position] = 1 + gamma(length + 2 * steps + 4, arithmetic);
    }
    for (let e = 0; e < valueDim; e++) {
      const { slack, low, high } = averageBound(weighing, (position) => sheet.value(row, position, e), steps, arithmetic);
      context.slack[at * valueDim + e] = slack;
      context.low[at * valueDim + e] = low;
      context.high[at * valueDim + e] = high;
    }
  }
  return { context, weights };
}
