/**
 * The layers of Keras that attend, and cells of decoders that do, as their pages and papers write them: plain loops over single numbers, each with how far it
 * may be off. Nothing of src/ is used.
 */
import { exact, type Inexact, inexactIn } from '../inexact.js';
import { kernelArithmetic } from '../tolerance.js';

const { product, sum, dot, tanh, softmax } = inexactIn(kernelArithmetic);

export type Row = readonly Inexact[];

/** One sequence: a row each step. */
export type Rows = readonly Row[];

export interface Answer {
  readonly output: Inexact[][];
  /** Of each head, `[sq][skv]`. */
  readonly weights: Inexact[][][];
}

export type Sees = (i: number, j: number) => boolean;

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const zero = exact(0);

/** row · weight + bias, by weight[p][j]. */
export function affine(row: Row, weight: readonly (readonly number[])[], bias?: readonly number[]): Inexact[] {
  return range(weight[0]?.length ?? 0).map((j) => {
    const column = weight.map((line) => exact(line[j] ?? Number.NaN));
    return bias ? sum([dot(row, column), exact(bias[j] ?? Number.NaN)]) : dot(row, column);
  });
}

/** q · k · scale */
export const dotScore =
  (scale = 1) =>
  (q: Row, k: Row): Inexact =>
    product(dot(q, k), exact(scale));

/** Σ v · tanh(q + k) */
export const additiveScore =
  (v: readonly number[]) =>
  (q: Row, k: Row): Inexact =>
    dot(
      q.map((x, p) => tanh(sum([x, k[p] ?? zero]))),
      v.map(exact),
    );

/** One head. A query that sees no key gives 0. */
export function attention(
  query: Rows,
  key: Rows,
  value: Rows,
  score: (q: Row, k: Row) => Inexact,
  sees: Sees,
): { output: Inexact[][]; weights: Inexact[][] } {
  const weights = query.map((q, i) => {
    const seen = range(key.length).filter((j) => sees(i, j));
    const some = seen.length > 0 ? softmax(seen.map((j) => score(q, key[j] ?? []))) : [];
    return range(key.length).map((j) => some[seen.indexOf(j)] ?? zero);
  });
  const width = value[0]?.length ?? 0;
  const output = weights.map((row) =>
    range(width).map((e) =>
      dot(
        row,
        value.map((line) => line[e] ?? zero),
      ),
    ),
  );
  return { output, weights };
}

/** `weight[p][j]` and bias of a projection, heads one after another among its columns. */
export interface Projection {
  readonly weight: readonly (readonly number[])[];
  readonly bias?: readonly number[] | undefined;
}

/** Numbers as rows of so many columns. */
export function matrix(numbers: readonly number[], columns: number): number[][] {
  return range(numbers.length / columns).map((i) => numbers.slice(i * columns, (i + 1) * columns));
}

type Projections = readonly [query: Projection, key: Projection, value: Projection, output: Projection];

/** Of the weights of a layer in Keras' order, with biases or without. @param columns of query, key, value, output */
export function projections(weights: readonly (readonly number[])[], columns: readonly number[]): Projections {
  const step = weights.length / 4;
  const one = (i: number): Projection => ({
    weight: matrix(weights[i * step] ?? [], columns[i] ?? 1),
    bias: step === 2 ? weights[i * step + 1] : undefined,
  });
  return [one(0), one(1), one(2), one(3)];
}

/** Several heads: each projects, attends, and all are projected once more. */
export function heads(
  [query, key, value]: readonly [Rows, Rows, Rows],
  [q, k, v, out]: Projections,
  { queryHeads, kvHeads }: { readonly queryHeads: number; readonly kvHeads: number },
  sees: Sees,
): Answer {
  const projected = (rows: Rows, { weight, bias }: Projection) => rows.map((row) => affine(row, weight, bias));
  const [queries, keys, values] = [projected(query, q), projected(key, k), projected(value, v)];
  const of = (rows: Rows, head: number, count: number): Rows =>
    rows.map((row) => row.slice((head * row.length) / count, ((head + 1) * row.length) / count));
  const all = range(queryHeads).map((head) => {
    const own = Math.floor((head * kvHeads) / queryHeads);
    const mine = of(queries, head, queryHeads);
    return attention(mine, of(keys, own, kvHeads), of(values, own, kvHeads), dotScore(1 / Math.sqrt(mine[0]?.length ?? 1)), sees);
  });
  return {
    output: query.map((_, i) =>
      affine(
        all.flatMap(({ output }) => output[i] ?? []),
        out.weight,
        out.bias,
      ),
    ),
    weights: all.map(({ weights }) => weights),
  };
}

/** Yang et al. 2016, eq. 5 to 7. */
export function pooled(
  x: Rows,
  { weight, bias }: Projection,
  context: readonly number[],
  sees: (j: number) => boolean,
): { output: Inexact[]; weights: Inexact[] } {
  const keys = x.map((row) => affine(row, weight, bias).map(tanh));
  const { output, weights } = attention([context.map(exact)], keys, x, dotScore(), (_, j) => sees(j));
  return { output: output[0] ?? [], weights: weights[0] ?? [] };
}
