/**
 * In words what a picture of weights shows, for those who hear it.
 * @module
 */
import type { Checked } from '../validate/tensor.js';
import { figure, shortened } from './visible.js';

/** Queries that are spoken of, at most. */
const spoken = 12;

/** The key on which each of the first queries has most weight. */
export function strongest(
  { data, shape, strides, offset }: Checked,
  queryName: (index: number) => string,
  keyName: (index: number) => string,
  nouns: readonly [key: string, query: string, queries: string] = ['key', 'query', 'queries'],
): string {
  const [queries = 0, keys = 0] = shape;
  const [rowStride = 0, columnStride = 0] = strides;
  const said: string[] = [];
  for (let query = 0; query < Math.min(queries, spoken); query++) {
    let [best, most] = [-1, -Infinity];
    for (let key = 0; key < keys; key++) {
      const weight = data[offset + query * rowStride + key * columnStride] ?? 0;
      if (weight > most) [best, most] = [key, weight];
    }
    if (best >= 0) said.push(`${shortened(queryName(query), 40)} → ${shortened(keyName(best), 40)} ${figure(most)}`);
  }
  const [key, one, many] = nouns;
  if (said.length === 0) return `No ${one} has a weight.`;
  return `Strongest ${key} of ${queries > spoken ? `the first ${spoken} ${many}` : `each ${one}`}: ${said.join('; ')}.`;
}
