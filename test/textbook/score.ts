/**
 * What a query and a key give before the rules, by the formula of each kind, in float64: the raw score, and what a tolerance needs to know
 * of how it came about. Written apart from src/.
 */
import type { AttentionOptions, FloatData, Tensor } from '../../src/types.js';
import { dense } from '../tensors.js';

export interface RawScore {
  /** Before the scale. */
  readonly raw: number;
  /** What its roundings are relative to, times |scale|; of rbf what those of its exponent are. */
  readonly magnitude: number;
  /** How often what is lost below the normal range counts. */
  readonly below: number;
  /** Of additive |scale|·Σ|v|, of rbf the exponent. */
  readonly second: number;
  /** Σ|scale·q·k| of those products that have a number below 2^-126; of the dot product only. */
  readonly ofSubnormals: number;
}

/** Features of one query or key. */
type Features = (feature: number) => number;

export interface Sizes {
  readonly headDim: number;
  readonly keyDim: number;
  readonly scale: number;
}

/** Between which numbers the queries lie that share a key/value head, feature by feature. */
export interface Extent {
  readonly least: Float64Array;
  readonly most: Float64Array;
}

export type Scorer = (head: number, q: Features, k: Features, extent: Extent) => RawScore;

/** The kind, and how many roundings what it is made of may have passed. */
export interface ScoreKind {
  readonly kind: 'dot' | 'cosine' | 'euclidean' | 'rbf' | 'general' | 'additive';
  readonly roundings: number;
}

export function kindOf(score: AttentionOptions<FloatData>['score'], { headDim, keyDim }: Sizes): ScoreKind {
  const kind = typeof score === 'object' ? score.kind : (score ?? 'dot');
  switch (kind) {
    case 'dot': // scale rounded, q times that, d products, d − 1 additions
      return { kind, roundings: headDim + 2 };
    case 'general': // d products and additions of each feature, then as a dot product
      return { kind, roundings: headDim + keyDim + 3 };
    case 'cosine':
      // The length of each: its greatest number's inverse, a product with that, a square, d additions, halved by the root, the product
      // back; the inverse; q times it and the scale; the dot product; the constant and the product with the other factor.
      return { kind, roundings: 2 * headDim + 20 };
    case 'euclidean': // numbers moved to a centre, squares and products of those, d additions each, the three added up, the scale
    case 'rbf': // the same, then gamma and log₂e rounded, their product, that with the square
      return { kind, roundings: headDim + 8 };
    case 'additive': // both products, their sum with the bias; of what comes after only v's additions, which `second` carries
      return { kind, roundings: Math.max(headDim, keyDim) + 3 };
  }
}

export function scorerOf(score: AttentionOptions<FloatData>['score'], { headDim, keyDim, scale }: Sizes): Scorer {
  const size = Math.abs(scale);
  if (typeof score === 'object' && score.kind === 'additive') return additive(score, headDim, keyDim, size);
  if (typeof score === 'object' && score.kind === 'general') {
    const weight = perHead(score.weight, 2);
    return (head, q, k) => {
      let [raw, magnitude, below] = [0, 0, headDim + keyDim];
      for (let c = 0; c < keyDim; c++) {
        for (let p = 0; p < headDim; p++) {
          const product = q(p) * weight(head, p, c) * k(c);
          raw += product;
          magnitude += Math.abs(product) * size;
        }
        below += (headDim + 2) * Math.abs(k(c)) * Math.max(1, size);
      }
      return { raw, magnitude, below, second: 0, ofSubnormals: 0 };
    };
  }
  if (score === 'cosine') return (_, q, k) => cosine(q, k, headDim, size);
  if (score === undefined || score === 'dot') return (_, q, k) => dot(q, k, headDim, size);
  const rate = typeof score === 'object' ? score.gamma : undefined;
  return (_, q, k, extent) => {
    let [square, around] = [0, 0];
    for (let f = 0; f < headDim; f++) {
      const [least, most] = [extent.least[f] ?? 0, extent.most[f] ?? 0];
      square += (q(f) - k(f)) ** 2;
      around += (most - least + Math.max(Math.abs(k(f) - least), Math.abs(k(f) - most))) ** 2;
    }
    if (rate === undefined) return { raw: -square, magnitude: around * size, below: 4 * headDim * size, second: 0, ofSubnormals: 0 };
    return { raw: Math.exp(-rate * square), magnitude: around * rate, below: 4 * headDim * rate, second: rate * square, ofSubnormals: 0 };
  };
}

function dot(q: Features, k: Features, headDim: number, size: number): RawScore {
  let [raw, magnitude, below, ofSubnormals] = [0, 0, headDim, 0];
  for (let f = 0; f < headDim; f++) {
    const product = q(f) * k(f);
    raw += product;
    magnitude += Math.abs(product);
    below += Math.abs(k(f));
    if (Math.min(Math.abs(k(f)), Math.abs(q(f))) < 2 ** -126) ofSubnormals += Math.abs(product);
  }
  return { raw, magnitude: magnitude * size, below, second: 0, ofSubnormals: ofSubnormals * size };
}

function cosine(q: Features, k: Features, headDim: number, size: number): RawScore {
  const { raw, magnitude } = dot(q, k, headDim, size);
  const lengthOf = (x: Features) => Math.hypot(...Array.from({ length: headDim }, (_, f) => x(f)));
  const [ofQuery, ofKey] = [lengthOf(q), lengthOf(k)];
  const lengths = Math.max(ofQuery * ofKey, 1e-12);
  // What is lost of a product with a key is divided by that key's length, what is lost of the query multiplied with at most all of it.
  const below = headDim * (Math.min(1 / ofKey, ofQuery / 1e-12) + 1) * Math.max(1, size);
  return { raw: raw / lengths, magnitude: magnitude / lengths, below, second: 0, ofSubnormals: 0 };
}

type Additive = Extract<AttentionOptions<FloatData>['score'], { readonly kind: 'additive' }>;

function additive(score: Additive, headDim: number, keyDim: number, size: number): Scorer {
  const vector = perHead(score.v, 1);
  const bias = score.bias && perHead(score.bias, 1);
  const [ofQuery, ofKey] = [score.queryWeight && perHead(score.queryWeight, 2), score.keyWeight && perHead(score.keyWeight, 2)];
  const units = score.v.shape.at(-1) ?? 0;
  /** Feature c of a product, and the sum of its sizes. */
  const projected = (x: Features, width: number, weight: Reader | undefined, head: number, c: number): [number, number] => {
    if (!weight) return [x(c), Math.abs(x(c))];
    let [sum, sizes] = [0, 0];
    for (let p = 0; p < width; p++) {
      const product = x(p) * weight(head, p, c);
      sum += product;
      sizes += Math.abs(product);
    }
    return [sum, sizes];
  };
  return (head, q, k) => {
    let [raw, magnitude, second] = [0, 0, 0];
    for (let c = 0; c < units; c++) {
      const [a, sizeOfA] = projected(q, headDim, ofQuery, head, c);
      const [b, sizeOfB] = projected(k, keyDim, ofKey, head, c);
      const shift = bias?.(head, 0, c) ?? 0;
      const factor = vector(head, 0, c);
      raw += factor * Math.tanh(a + b + shift);
      magnitude += Math.abs(factor) * (sizeOfA + sizeOfB + Math.abs(shift)) * size;
      second += Math.abs(factor) * size;
    }
    return { raw, magnitude, below: (headDim + keyDim + units) * Math.max(1, second), second, ofSubnormals: 0 };
  };
}

type Reader = (head: number, row: number, column: number) => number;

/** A weight of rank `rank`, or with the heads before that. */
export function perHead(tensor: Tensor, rank: 1 | 2): Reader {
  const { shape, data } = dense(tensor);
  const [rows, columns] = [rank === 2 ? (shape.at(-2) ?? 0) : 1, shape.at(-1) ?? 0];
  const ofHead = shape.length > rank ? rows * columns : 0;
  return (head, row, column) => data[head * ofHead + row * columns + column] ?? Number.NaN;
}
