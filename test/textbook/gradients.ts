/**
 * Gradients by their formulas, each number with how far one that is computed may lie from it (inexact.ts): of what a score is made of, the norms,
 * softmax and a linear layer. A sum is taken over all its terms at once, so that it holds for every order in which a kernel may nest it.
 */
import type { Activation, FloatData, LayerNormOptions, Score, Tensor } from '../../src/types.js';
import type { AttentionCall } from '../calls.js';
import { exact, type Inexact, inexactIn } from '../inexact.js';
import { dense } from '../tensors.js';
import { type Arithmetic, rawError } from '../tolerance.js';
import { activated } from './activation.js';
import { type AttentionSheet, four } from './attention.js';
import type { Gradient } from './attention-backward.js';
import { erf } from './erf.js';

export type Gradients = Readonly<Record<string, Gradient>>;

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const one = exact(1);
const negative = ({ value, error }: Inexact): Inexact => ({ value: -value, error });

/** Terms of sums, by the place of each. */
function sums(size: number) {
  const terms: Inexact[][] = range(size).map(() => []);
  return {
    add: (at: number, term: Inexact) => void terms[at]?.push(term),
    in: (arithmetic: Arithmetic): Gradient => apart(terms.map(inexactIn(arithmetic).sum)),
  };
}

function apart(numbers: readonly Inexact[]): Gradient {
  return { value: Float64Array.from(numbers, ({ value }) => value), error: Float64Array.from(numbers, ({ error }) => error) };
}

/** 1 − t² of a t = tanh x whose x may be off. */
function slopeOfTanh(x: Inexact, { tanh, u }: Arithmetic): { readonly t: Inexact; readonly slope: Inexact } {
  const [t, off] = [Math.tanh(x.value), Math.min(2, x.error + tanh)];
  return { t: { value: t, error: off }, slope: { value: 1 - t * t, error: (2 * Math.abs(t) + off) * off + 3 * u } };
}

/**
 * Of q, k and the fields of a general or additive score.
 * @param dScores of the scores after softcap, `[b, hq, sq, skv]`
 */
export function gradientsOfScore(call: AttentionCall, sheet: AttentionSheet, dScores: Gradient, arithmetic: Arithmetic): Gradients {
  const { product, sum } = inexactIn(arithmetic);
  const [query, key] = [four(dense(call.q), 'bhsd'), four(dense(call.k), 'bhsd')];
  const { batch, heads, queries, keys, scale, softcap, units } = sheet;
  const [[, , , headDim], [, kvHeads, , keyDim]] = [query.sizes, key.sizes];
  const score = call.options.score as Exclude<Score, string>;
  const [dQuery, dKey] = [sums(batch * heads * queries * headDim), sums(batch * kvHeads * keys * keyDim)];
  const fields = new Map(
    Object.entries(score).flatMap(([name, field]) => {
      if (typeof field !== 'object') return [];
      const { data, shape } = dense(field as Tensor);
      const rank = name === 'v' || name === 'bias' ? 1 : 2;
      const [size, columns] = [shape.slice(-rank).reduce((n, m) => n * m, 1), shape.at(-1) ?? 0];
      const place = (h: number, row: number, column: number) => (shape.length > rank ? h * size : 0) + row * columns + column;
      return [[name, { data, place, gradient: sums(data.length) }] as const];
    }),
  );
  /** A field's number at a place of a head, and where its gradient is added up. */
  const field = (name: string, h: number, row: number, column: number) => {
    const found = fields.get(name);
    const at = found?.place(h, row, column) ?? 0;
    return found && { number: exact(found.data[at] ?? Number.NaN), add: (term: Inexact) => found.gradient.add(at, term) };
  };
  const times = (...factors: readonly Inexact[]) => factors.reduce(product);

  for (const b of range(batch))
    for (const h of range(heads))
      for (const i of range(queries))
        for (const j of range(keys)) {
          const at = ((b * heads + h) * queries + i) * keys + j;
          const [value, error] = [dScores.value[at] ?? 0, dScores.error[at] ?? 0];
          if (value === 0 && error === 0) continue;
          let slope = product({ value, error }, exact(scale));
          if (softcap > 0) {
            const capped = { value: (sheet.raw[at] ?? 0) / softcap, error: rawError(sheet, at, arithmetic) / softcap + 3 * arithmetic.u };
            slope = product(slope, slopeOfTanh(capped, arithmetic).slope);
          }
          const g = Math.floor((h * kvHeads) / heads);
          const [q, k] = [(f: number) => exact(query.at(b, h, i, f)), (f: number) => exact(key.at(b, g, j, f))];
          const [ofQ, ofK] = [((b * heads + h) * queries + i) * headDim, ((b * kvHeads + g) * keys + j) * keyDim];
          if (score.kind === 'general')
            for (const f of range(headDim))
              for (const e of range(keyDim)) {
                const weight = field('weight', h, f, e);
                dQuery.add(ofQ + f, times(slope, weight?.number ?? one, k(e)));
                dKey.add(ofK + e, times(slope, weight?.number ?? one, q(f)));
                weight?.add(times(slope, q(f), k(e)));
              }
          else
            for (const c of range(units)) {
              const side = (x: (f: number) => Inexact, width: number, name: string) =>
                fields.has(name) ? range(width).map((f) => product(x(f), field(name, h, f, c)?.number ?? one)) : [x(c)];
              const [v, bias] = [field('v', h, 0, c), field('bias', h, 0, c)];
              const inside = sum([...side(q, headDim, 'queryWeight'), ...side(k, keyDim, 'keyWeight'), bias?.number ?? exact(0)]);
              const { t, slope: ofTanh } = slopeOfTanh(inside, arithmetic);
              const own = times(slope, v?.number ?? one, ofTanh);
              v?.add(product(slope, t));
              bias?.add(own);
              const outward = (name: string, width: number, x: (f: number) => Inexact, add: (f: number, term: Inexact) => void) => {
                if (!fields.has(name)) return add(c, own);
                for (const f of range(width)) {
                  const weight = field(name, h, f, c);
                  add(f, product(own, weight?.number ?? one));
                  weight?.add(product(own, x(f)));
                }
              };
              outward('queryWeight', headDim, q, (f, term) => dQuery.add(ofQ + f, term));
              outward('keyWeight', keyDim, k, (f, term) => dKey.add(ofK + f, term));
            }
        }
  const ofFields = [...fields].map(([name, { gradient }]) => [`dScore.${name}`, gradient.in(arithmetic)] as const);
  return { dQuery: dQuery.in(arithmetic), dKey: dKey.in(arithmetic), ...Object.fromEntries(ofFields) };
}

/** dX = r·(g − mean g − x̂·mean(g·x̂)) with g = dOutput·gamma, r = 1/√(σ² + epsilon); without the mean for rmsNorm. */
export function gradientsOfNorm(
  op: 'layerNorm' | 'rmsNorm',
  x: Tensor,
  dOutput: Tensor,
  { gamma, epsilon = op === 'layerNorm' ? 1e-5 : 1e-6 }: LayerNormOptions<FloatData>,
  arithmetic: Arithmetic,
): Gradients {
  const { product, sum, mean } = inexactIn(arithmetic);
  const d = x.shape.at(-1) ?? 0;
  const [dX, dGamma, dBeta] = [[] as Inexact[], sums(d), sums(d)];
  const [numbers, seeds] = [dense(x).data, dense(dOutput).data];
  for (const row of range(numbers.length / d)) {
    const part = (all: Float64Array) => [...all.subarray(row * d, (row + 1) * d)].map(exact);
    const [own, seed] = [part(numbers), part(seeds)];
    const middle = op === 'layerNorm' ? negative(mean(own)) : exact(0);
    const apartBy = own.map((number) => sum([number, middle]));
    const variance = sum([mean(apartBy.map((number) => product(number, number))), exact(epsilon)]);
    const root = 1 / Math.sqrt(variance.value);
    const r = { value: root, error: root * (variance.error / (2 * (variance.value - variance.error)) + 4 * arithmetic.u) };
    const normed = apartBy.map((number) => product(number, r));
    const g = seed.map((number, c) => product(number, exact(gamma ? (gamma.data[c] ?? Number.NaN) : 1)));
    const ofMean = op === 'layerNorm' ? negative(mean(g)) : exact(0);
    const along = negative(mean(g.map((number, c) => product(number, normed[c] ?? one))));
    g.forEach((number, c) => {
      dX.push(product(r, sum([number, ofMean, product(normed[c] ?? one, along)])));
      dGamma.add(c, product(seed[c] ?? one, normed[c] ?? one));
      dBeta.add(c, seed[c] ?? one);
    });
  }
  return { dX: apart(dX), dGamma: dGamma.in(arithmetic), dBeta: dBeta.in(arithmetic) };
}

/** dX = scale · y · (dOutput − Σ dOutput·y), along an axis. */
export function gradientsOfSoftmax(
  y: { readonly shape: readonly number[]; readonly data: Float64Array },
  dOutput: Tensor,
  { axis = -1, scale = 1 }: { readonly axis?: number | undefined; readonly scale?: number | undefined },
  arithmetic: Arithmetic,
): Gradients {
  const { product, sum, dot } = inexactIn(arithmetic);
  const at = axis < 0 ? axis + y.shape.length : axis;
  const [length, step] = [y.shape[at] ?? 0, y.shape.slice(at + 1).reduce((n, m) => n * m, 1)];
  const seeds = dense(dOutput).data;
  const dX: Inexact[] = [];
  for (const first of range(y.data.length).filter((place) => Math.floor(place / step) % length === 0)) {
    const places = range(length).map((i) => first + i * step);
    const [own, seed] = [y.data, seeds].map((all) => places.map((place) => exact(all[place] ?? Number.NaN)));
    const total = negative(dot(own ?? [], seed ?? []));
    places.forEach((place, i) => {
      dX[place] = product(product(exact(scale), own?.[i] ?? one), sum([seed?.[i] ?? one, total]));
    });
  }
  return { dX: apart(dX) };
}

/** The slope of an activation at a number that may be off; gelu's is Φ(z) + z·φ(z), whose own slope is below 1.13. */
function slopeOf(activation: Activation | undefined, z: Inexact, arithmetic: Arithmetic): Inexact {
  const { u, tail, exp } = arithmetic;
  switch (activation) {
    case undefined:
      return one;
    case 'relu':
      return exact(z.value > 0 ? 1 : 0);
    case 'tanh':
      return slopeOfTanh(z, arithmetic).slope;
    case 'sigmoid': {
      const [s, off] = [activated(z.value, 'sigmoid'), z.error / 4 + arithmetic.sigmoid];
      return { value: s * (1 - s), error: off * (1 + off) + 2 * u };
    }
    case 'gelu': {
      const density = (z.value * Math.exp(-(z.value ** 2) / 2)) / Math.sqrt(2 * Math.PI);
      const error = 1.13 * z.error + tail + 6 * u + Math.abs(density) * (exp + 4 * u * (1 + z.value ** 2));
      return { value: (1 + erf(z.value / Math.SQRT2)) / 2 + density, error };
    }
  }
}

/** dz = dOutput · activation′(x·W + b); dX = dz·Wᵀ, dWeight = xᵀ·dz, dBias = Σ dz. */
export function gradientsOfLinear(
  x: Tensor,
  weight: Tensor,
  dOutput: Tensor,
  { bias, activation }: { readonly bias?: Tensor | undefined; readonly activation?: Activation | undefined },
  arithmetic: Arithmetic,
): Gradients {
  const { product, sum } = inexactIn(arithmetic);
  const [from = 0, to = 0] = weight.shape;
  const [dX, dWeight, dBias] = [sums(x.data.length), sums(from * to), sums(to)];
  const at = ({ data }: Tensor, place: number) => exact(data[place] ?? Number.NaN);
  for (const row of range(x.data.length / from))
    for (const column of range(to)) {
      const terms = range(from).map((f) => product(at(x, row * from + f), at(weight, f * to + column)));
      const z = sum([...terms, bias ? at(bias, column) : exact(0)]);
      const dz = product(at(dOutput, row * to + column), slopeOf(activation, z, arithmetic));
      dBias.add(column, dz);
      for (const f of range(from)) {
        dX.add(row * from + f, product(dz, at(weight, f * to + column)));
        dWeight.add(f * to + column, product(dz, at(x, row * from + f)));
      }
    }
  return { dX: dX.in(arithmetic), dWeight: dWeight.in(arithmetic), dBias: dBias.in(arithmetic) };
}
