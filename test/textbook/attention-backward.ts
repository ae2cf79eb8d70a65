/**
 * The gradients of attention from whole matrices, in float64 and straight from the caller's arguments, and how far a kernel may lie from
 * each: dS = P·(dP − D) is formed score by score with its error, and each gradient is a sum of such. Written apart from src/.
 */
import type { FloatData, Score, Tensor } from '../../src/types.js';
import type { AttentionCall } from '../calls.js';
import { dense } from '../tensors.js';
import { type Arithmetic, gamma, rawError, scoreError } from '../tolerance.js';
import { four, textbookAttention } from './attention.js';
import { type Slope, sloperOf } from './score-backward.js';

/** Values in row-major order of `[batch, heads, sequence, features]`, and how far each may be off. */
export interface Gradient {
  readonly value: Float64Array;
  readonly error: Float64Array;
}

export interface Gradients {
  readonly dQuery: Gradient;
  readonly dKey: Gradient;
  readonly dValue: Gradient;
  /** `[batch, heads, queries, keys]`, before it is added up to the bias's own shape. */
  readonly dScores: Gradient;
  /** `[batch, heads]` */
  readonly dSinks: Gradient;
  /** Of the score's weights, in their own shapes. */
  readonly dScore: Readonly<Record<string, Gradient>>;
}

interface Forward {
  readonly output: Tensor<FloatData>;
  readonly logSumExp: Tensor;
}

const gradientOf = (size: number) => ({ value: new Float64Array(size), error: new Float64Array(size) });

export function textbookBackward(call: AttentionCall, forward: Forward, dOutput: Tensor<FloatData>, arithmetic: Arithmetic): Gradients {
  const { options } = call;
  const layout = options.layout ?? 'bhsd';
  const [query, key, val] = [call.q, call.k, call.v].map((tensor) => four(dense(tensor), layout));
  const [out, seed] = [forward.output, dOutput].map((tensor) => four(dense(tensor), layout));
  if (!query || !key || !val || !out || !seed) throw new Error('no tensors');
  const sheet = textbookAttention(call);
  const { batch, heads, queries, keys, valueDim, scale, softcap } = sheet;
  const [headDim, keyDim] = [query.sizes[3], key.sizes[3]];
  const kvHeads = key.sizes[1];
  const sums = dense(forward.logSumExp).data;
  const kind = sheet.kind.kind;
  const rate = typeof options.score === 'object' && options.score.kind === 'rbf' ? options.score.gamma : 0;
  const { u, smallest } = arithmetic;

  const dQuery = gradientOf(batch * heads * queries * headDim);
  const dKey = gradientOf(batch * kvHeads * keys * keyDim);
  const dValue = gradientOf(batch * kvHeads * keys * valueDim);
  const dScores = gradientOf(batch * heads * queries * keys);
  const dSinks = gradientOf(batch * heads);
  const weighted =
    typeof options.score === 'object' && options.score.kind !== 'rbf'
      ? { slopes: sloperOf(options.score, arithmetic), weights: weightsOf(options.score) }
      : undefined;
  const dScore = Object.fromEntries(
    Object.entries(weighted?.weights ?? {}).map(([name, { shape }]) => [name, gradientOf(shape.reduce((size, n) => size * n, 1))]),
  );
  /** Terms that a gradient is added up of, in whatever order; a gradient's last roundings. */
  const weightedTerms = weighted ? batch * queries * heads + keys + headDim + keyDim + sheet.units : 0;
  const terms = gamma(Math.max(queries * heads, keys, weightedTerms) + 8, arithmetic);
  const add = (to: Gradient, at: number, value: number, error: number, size: number) => {
    to.value[at] = (to.value[at] ?? 0) + value;
    to.error[at] = (to.error[at] ?? 0) + error + terms * (size + error) + 4 * smallest;
  };

  for (let b = 0; b < batch; b++)
    for (let h = 0; h < heads; h++)
      for (let i = 0; i < queries; i++) {
        const row = (b * heads + h) * queries + i;
        const g = Math.floor((h * kvHeads) / heads);
        const logSumExp = sums[row] ?? Number.NaN;
        if (logSumExp === Number.NEGATIVE_INFINITY || i >= (options.queryLengths?.[b] ?? queries)) continue;
        let [delta, ofDelta] = [0, 0];
        for (let c = 0; c < valueDim; c++) {
          const product = seed.at(b, h, i, c) * out.at(b, h, i, c);
          delta += product;
          ofDelta += Math.abs(product);
        }
        ofDelta *= gamma(valueDim + 1, arithmetic);
        if (options.sinks) {
          const weight = Math.exp((options.sinks[h] ?? 0) - logSumExp);
          const off = weight * (arithmetic.exp + 4 * u * Math.abs((options.sinks[h] ?? 0) - logSumExp));
          add(dSinks, b * heads + h, -weight * delta, off * Math.abs(delta) + weight * ofDelta, Math.abs(weight * delta));
        }
        for (let j = 0; j < keys; j++) {
          const at = row * keys + j;
          const score = sheet.scores[at] ?? 0;
          if (!sheet.seen[at] || score === Number.NEGATIVE_INFINITY) continue;
          const gap = score - logSumExp;
          const weight = Math.exp(gap);
          const ofWeight =
            weight * Math.expm1(scoreError(sheet, at, arithmetic) + 4 * u * Math.abs(gap)) * (1 + arithmetic.exp) +
            weight * arithmetic.exp +
            arithmetic.vanish;
          let [product, size] = [0, 0];
          for (let c = 0; c < valueDim; c++) {
            const part = seed.at(b, h, i, c) * val.at(b, g, j, c);
            product += part;
            size += Math.abs(part);
            add(
              dValue,
              ((b * kvHeads + g) * keys + j) * valueDim + c,
              weight * seed.at(b, h, i, c),
              ofWeight * Math.abs(seed.at(b, h, i, c)),
              Math.abs(weight * seed.at(b, h, i, c)),
            );
          }
          const ofDifference = gamma(valueDim + 1, arithmetic) * size + ofDelta + u * Math.abs(product - delta);
          let slope = weight * (product - delta);
          let error = ofWeight * (Math.abs(product - delta) + ofDifference) + weight * ofDifference + u * Math.abs(slope);
          dScores.value[at] = slope;
          dScores.error[at] = error;
          const raw = (sheet.raw[at] ?? 0) / (scale || 1);
          const ofRaw = rawError(sheet, at, arithmetic);
          if (softcap > 0) {
            const t = Math.tanh((scale * raw) / softcap);
            const factor = 1 - t * t;
            const off = 2 * (arithmetic.tanh + Math.min(1, ofRaw / softcap + 3 * u)) + 3 * u;
            error = error * (factor + off) + Math.abs(slope) * off;
            slope *= factor;
          }
          const [x, y] = [
            Array.from({ length: headDim }, (_, f) => query.at(b, h, i, f)),
            Array.from({ length: keyDim }, (_, f) => key.at(b, g, j, f)),
          ];
          const scaled = Math.abs(scale) * (Math.abs(slope) + error);
          const addSlope = (to: Gradient, at: number, { value, parts, off }: Slope) =>
            add(to, at, scale * slope * value, Math.abs(scale) * error * parts + scaled * off, scaled * parts);
          if (weighted) {
            const slopes = weighted.slopes(h, x, y);
            slopes.query.forEach((by, f) => {
              addSlope(dQuery, row * headDim + f, by);
            });
            slopes.key.forEach((by, f) => {
              addSlope(dKey, ((b * kvHeads + g) * keys + j) * keyDim + f, by);
            });
            for (const by of slopes.weights) addSlope(dScore[by.name] ?? gradientOf(0), by.at, by);
            continue;
          }
          const [ofX, ofY] = [Math.hypot(...x), Math.hypot(...y)];
          const lengths = Math.max(ofX * ofY, 1e-12);
          const along = ofX * ofY > 1e-12 ? raw : 0;
          for (let f = 0; f < headDim; f++) {
            const [a, c] = [x[f] ?? 0, y[f] ?? 0];
            // What the score's slope is, what it may be off by beside the roundings of sums, and how large its parts are.
            let [toX, toY, parts, off] = [c, a, Math.abs(a) + Math.abs(c), 0];
            if (kind === 'cosine') {
              toX = ofX === 0 ? 0 : c / lengths - (along * a) / ofX ** 2;
              toY = ofY === 0 ? 0 : a / lengths - (along * c) / ofY ** 2;
              parts = (Math.abs(a) + Math.abs(c)) / lengths + Math.abs(a) / (ofX ** 2 || 1) + Math.abs(c) / (ofY ** 2 || 1);
              off = gamma(2 * headDim + 30, arithmetic) * parts + (ofRaw / Math.abs(scale || 1)) * parts;
            } else if (kind === 'euclidean' || kind === 'rbf') {
              const factor = kind === 'rbf' ? 2 * rate * raw : 2;
              toX = factor * (c - a);
              toY = factor * (a - c);
              parts = Math.abs(factor) * 4 * (Math.abs(a) + Math.abs(c) + reach(f));
              off = kind === 'rbf' ? ((2 * rate * ofRaw) / Math.abs(scale || 1)) * parts + 4 * u * parts : 4 * u * parts;
            } else {
              off = 3 * u * parts;
            }
            addSlope(dQuery, row * headDim + f, { value: toX, parts, off });
            addSlope(dKey, ((b * kvHeads + g) * keys + j) * headDim + f, { value: toY, parts, off });
          }
        }
      }

  /** How far the queries lie from 0 in one feature: distances are measured from among them. */
  function reach(feature: number): number {
    let most = 0;
    for (let b = 0; b < batch; b++)
      for (let h = 0; h < heads; h++) for (let i = 0; i < queries; i++) most = Math.max(most, Math.abs(query?.at(b, h, i, feature) ?? 0));
    return most;
  }

  return { dQuery, dKey, dValue, dScores, dSinks, dScore };
}

function weightsOf(score: Score): Record<string, Tensor> {
  const fields = typeof score === 'object' ? Object.entries(score) : [];
  return Object.fromEntries(fields.filter(([name, field]) => name !== 'kind' && field !== undefined)) as Record<string, Tensor>;
}
