/**
 * Functions of two numbers along a row, on which each operand goes on or stays where it is.
 * @module
 */

/**
 * out[at …] = a[i, i + as, …] ∘ b[j, j + bs, …], n of them. A loop for each operation: an engine compiles one that calls another function as
 * a call.
 */
export type Row<Out, In = Float32Array> = (
  a: In,
  i: number,
  as: number,
  b: In,
  j: number,
  bs: number,
  out: Out,
  at: number,
  n: number,
) => void;

export const add: Row<Float32Array> = (a, i, as, b, j, bs, out, at, n) => {
  for (let c = 0; c < n; c++) out[at + c] = (a[i + c * as] ?? 0) + (b[j + c * bs] ?? 0);
};
export const subtract: Row<Float32Array> = (a, i, as, b, j, bs, out, at, n) => {
  for (let c = 0; c < n; c++) out[at + c] = (a[i + c * as] ?? 0) - (b[j + c * bs] ?? 0);
};
export const multiply: Row<Float32Array> = (a, i, as, b, j, bs, out, at, n) => {
  for (let c = 0; c < n; c++) out[at + c] = (a[i + c * as] ?? 0) * (b[j + c * bs] ?? 0);
};
export const divide: Row<Float32Array> = (a, i, as, b, j, bs, out, at, n) => {
  for (let c = 0; c < n; c++) out[at + c] = (a[i + c * as] ?? 0) / (b[j + c * bs] ?? 0);
};
export const maximum: Row<Float32Array> = (a, i, as, b, j, bs, out, at, n) => {
  for (let c = 0; c < n; c++) out[at + c] = Math.max(a[i + c * as] ?? 0, b[j + c * bs] ?? 0);
};
export const minimum: Row<Float32Array> = (a, i, as, b, j, bs, out, at, n) => {
  for (let c = 0; c < n; c++) out[at + c] = Math.min(a[i + c * as] ?? 0, b[j + c * bs] ?? 0);
};
export const squaredDifference: Row<Float32Array> = (a, i, as, b, j, bs, out, at, n) => {
  for (let c = 0; c < n; c++) {
    const difference = (a[i + c * as] ?? 0) - (b[j + c * bs] ?? 0);
    out[at + c] = difference * difference;
  }
};
export const power: Row<Float32Array> = (a, i, as, b, j, bs, out, at, n) => {
  for (let c = 0; c < n; c++) out[at + c] = (a[i + c * as] ?? 0) ** (b[j + c * bs] ?? 0);
};
export const prelu: Row<Float32Array> = (a, i, as, b, j, bs, out, at, n) => {
  for (let c = 0; c < n; c++) {
    const value = a[i + c * as] ?? 0;
    out[at + c] = value < 0 ? (b[j + c * bs] ?? 0) * value : value;
  }
};

export const equal: Row<Uint8Array> = (a, i, as, b, j, bs, out, at, n) => {
  for (let c = 0; c < n; c++) out[at + c] = a[i + c * as] === b[j + c * bs] ? 1 : 0;
};
export const notEqual: Row<Uint8Array> = (a, i, as, b, j, bs, out, at, n) => {
  for (let c = 0; c < n; c++) out[at + c] = a[i + c * as] !== b[j + c * bs] ? 1 : 0;
};
export const greater: Row<Uint8Array> = (a, i, as, b, j, bs, out, at, n) => {
  for (let c = 0; c < n; c++) out[at + c] = (a[i + c * as] ?? 0) > (b[j + c * bs] ?? 0) ? 1 : 0;
};
export const greaterEqual: Row<Uint8Array> = (a, i, as, b, j, bs, out, at, n) => {
  for (let c = 0; c < n; c++) out[at + c] = (a[i + c * as] ?? 0) >= (b[j + c * bs] ?? 0) ? 1 : 0;
};
export const less: Row<Uint8Array> = (a, i, as, b, j, bs, out, at, n) => {
  for (let c = 0; c < n; c++) out[at + c] = (a[i + c * as] ?? 0) < (b[j + c * bs] ?? 0) ? 1 : 0;
};
export const lessEqual: Row<Uint8Array> = (a, i, as, b, j, bs, out, at, n) => {
  for (let c = 0; c < n; c++) out[at + c] = (a[i + c * as] ?? 0) <= (b[j + c * bs] ?? 0) ? 1 : 0;
};

export const and: Row<Uint8Array, Uint8Array> = (a, i, as, b, j, bs, out, at, n) => {
  for (let c = 0; c < n; c++) out[at + c] = (a[i + c * as] && b[j + c * bs]) ?? 0;
};
export const or: Row<Uint8Array, Uint8Array> = (a, i, as, b, j, bs, out, at, n) => {
  for (let c = 0; c < n; c++) out[at + c] = (a[i + c * as] || b[j + c * bs]) ?? 0;
};
