/**
 * The decoder of examples/decoding in float64 and plain loops, one token after another, written from its formula: a pre-norm stack of causal attention with
 * rotary positions (pairs i and i + d/2) and gelu layers.
 */
import { erf } from './erf.js';

type Matrix = readonly (readonly number[])[];

export interface DecoderWeights {
  readonly heads: number;
  readonly kvHeads: number;
  readonly table: Matrix;
  readonly layers: readonly Readonly<Record<'q' | 'k' | 'v' | 'out' | 'expand' | 'contract', Matrix>>[];
  readonly unembed: Matrix;
}

/** Logits behind each token. */
export function decoderLogits(ids: readonly number[], { heads, kvHeads, table, layers, unembed }: DecoderWeights): number[][] {
  const seen = layers.map(() => ({ keys: [] as number[][][], values: [] as number[][][] }));
  return ids.map((id, position) => {
    let x = [...(table[id] ?? [])];
    for (const [index, layer] of layers.entries()) {
      const normed = norm(x);
      const queries = parts(times(normed, layer.q), heads).map((q) => turn(q, position));
      const { keys, values } = seen[index] ?? { keys: [], values: [] };
      keys.push(parts(times(normed, layer.k), kvHeads).map((k) => turn(k, position)));
      values.push(parts(times(normed, layer.v), kvHeads));
      const attended = queries.flatMap((q, head) => {
        const shared = Math.floor((head * kvHeads) / heads);
        const powers = keys.map((k) => Math.exp(dot(q, k[shared] ?? []) / Math.sqrt(q.length)));
        const total = powers.reduce((a, b) => a + b);
        return q.map((_, i) => powers.reduce((sum, power, j) => sum + (power / total) * (values[j]?.[shared]?.[i] ?? Number.NaN), 0));
      });
      x = plus(x, times(attended, layer.out));
      x = plus(x, times(times(norm(x), layer.expand).map(gelu), layer.contract));
    }
    return times(norm(x), unembed);
  });
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * (b[i] ?? Number.NaN), 0);
const plus = (a: readonly number[], b: readonly number[]): number[] => a.map((x, i) => x + (b[i] ?? Number.NaN));
const times = (x: readonly number[], matrix: Matrix): number[] =>
  (matrix[0] ?? []).map((_, column) => x.reduce((sum, value, row) => sum + value * (matrix[row]?.[column] ?? Number.NaN), 0));
const gelu = (x: number): number => (x / 2) * (1 + erf(x / Math.SQRT2));

function norm(x: readonly number[]): number[] {
  const root = Math.sqrt(dot(x, x) / x.length + 1e-6);
  return x.map((value) => value / root);
}

function parts(row: readonly number[], count: number): number[][] {
  const size = row.length / count;
  return Array.from({ length: count }, (_, i) => row.slice(i * size, (i + 1) * size));
}

function turn(row: readonly number[], position: number): number[] {
  const half = row.length / 2;
  return row.map((x, at) => {
    const pair = at % half;
    const angle = position * 10000 ** ((-2 * pair) / row.length);
    const other = row[(at + half) % row.length] ?? Number.NaN;
    return x * Math.cos(angle) + (at < half ? -other : other) * Math.sin(angle);
  });
}
