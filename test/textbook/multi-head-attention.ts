/** Multi-head attention with its projections by its definition: float64, plain loops, straight from rows and weights. */

/** Rows of numbers. */
export type Matrix = readonly (readonly number[])[];

export interface LayerSheet {
  readonly heads: number;
  readonly kvHeads: number;
  /** Each `[in][out]`, and numbers a column. */
  readonly weights: Readonly<Record<'q' | 'k' | 'v' | 'out', { readonly weight: Matrix; readonly bias?: readonly number[] }>>;
  /** Whether query i sees key j. */
  readonly sees?: (i: number, j: number) => boolean;
  /** Turns pairs (i, i + d/2), with the positions of queries and keys. */
  readonly rotary?: { readonly base: number; readonly query: (i: number) => number; readonly key: (j: number) => number };
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const sum = (terms: readonly number[]): number => terms.reduce((a, b) => a + b, 0);

function project(rows: Matrix, { weight, bias }: { readonly weight: Matrix; readonly bias?: readonly number[] }): number[][] {
  return rows.map((row) => range(weight[0]?.length ?? 0).map((j) => sum(row.map((x, p) => x * (weight[p]?.[j] ?? 0))) + (bias?.[j] ?? 0)));
}

function turn(row: readonly number[], position: number, base: number): number[] {
  const half = row.length / 2;
  return row.map((x, i) => {
    const angle = position * base ** (-(i % half) / half);
    const other = i < half ? -(row[i + half] ?? 0) : (row[i - half] ?? 0);
    return x * Math.cos(angle) + other * Math.sin(angle);
  });
}

/** One sequence: output, and the weights of each head. */
export function textbookLayer(query: Matrix, key: Matrix, value: Matrix, sheet: LayerSheet): { output: number[][]; weights: number[][][] } {
  const { heads, kvHeads, sees = () => true, rotary } = sheet;
  const [q, k, v] = [project(query, sheet.weights.q), project(key, sheet.weights.k), project(value, sheet.weights.v)];
  const head = (rows: Matrix, h: number, of: number) => rows.map((row) => row.slice((h * row.length) / of, ((h + 1) * row.length) / of));
  const weights: number[][][] = [];
  const mixed = range(heads).map((h) => {
    const own = Math.floor((h * kvHeads) / heads);
    let [queries, keys] = [head(q, h, heads), head(k, own, kvHeads)];
    if (rotary) {
      queries = queries.map((row, i) => turn(row, rotary.query(i), rotary.base));
      keys = keys.map((row, j) => turn(row, rotary.key(j), rotary.base));
    }
    const values = head(v, own, kvHeads);
    const table = queries.map((row, i) => {
      const terms = keys.map((other, j) =>
        sees(i, j) ? Math.exp(sum(row.map((x, p) => x * (other[p] ?? 0))) / Math.sqrt(row.length)) : 0,
      );
      const total = sum(terms);
      return terms.map((term) => (total === 0 ? 0 : term / total));
    });
    weights.push(table);
    return table.map((row) => range(values[0]?.length ?? 0).map((e) => sum(row.map((weight, j) => weight * (values[j]?.[e] ?? 0)))));
  });
  const joined = query.map((_, i) => mixed.flatMap((rows) => rows[i] ?? []));
  return { output: project(joined, sheet.weights.out), weights };
}
