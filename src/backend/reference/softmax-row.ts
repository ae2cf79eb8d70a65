/**
 * The softmax of one row, in place: what attention and softmax share.
 * @module
 */

/**
 * exp(x − max) / Σ exp(x − max) over what is seen; what is not seen becomes exactly 0, whatever it was. A row that sees
 * nothing, or nothing but −Infinity, becomes 0; a NaN or +Infinity that is seen makes all that is seen NaN, but for −Infinity,
 * whose weight is exactly 0 as if it were masked.
 * @param sink one more logit, in the denominator only; −Infinity for none
 * @returns log(exp(sink) + Σ exp(x)) over what is seen
 */
export function softmaxRow(row: Float64Array, seen: Uint8Array, sink: number): number {
  let max = sink;
  let count = 0;
  for (let j = 0; j < row.length; j++) {
    if (!seen[j]) continue;
    max = Math.max(max, row[j] ?? NaN); // Math.max hands NaN on
    count++;
  }
  if (count === 0 || max === -Infinity) {
    row.fill(0);
    return sink;
  }
  let sum = Math.exp(sink - max);
  const weights = row.map((score, j) => (seen[j] ? Math.exp(score - max) : 0));
  for (const weight of weights) sum += weight;
  for (let j = 0; j < row.length; j++) {
    const takesPart = seen[j] && row[j] !== -Infinity;
    row[j] = takesPart ? (weights[j] ?? NaN) / sum : 0;
  }
  return max + Math.log(sum);
}
