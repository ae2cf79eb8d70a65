/**
 * Functions of each number: out[i] = f(x[i]).
 * @module
 */

/** A loop for each function: an engine compiles one that calls another function as a call. */
export type Loop = (x: Float32Array, out: Float32Array) => void;

export const exp: Loop = (x, out) => {
  for (let i = 0; i < out.length; i++) out[i] = Math.exp(x[i] ?? 0);
};
export const log: Loop = (x, out) => {
  for (let i = 0; i < out.length; i++) out[i] = Math.log(x[i] ?? 0);
};
export const sqrt: Loop = (x, out) => {
  for (let i = 0; i < out.length; i++) out[i] = Math.sqrt(x[i] ?? 0);
};
export const rsqrt: Loop = (x, out) => {
  for (let i = 0; i < out.length; i++) out[i] = 1 / Math.sqrt(x[i] ?? 0);
};
export const reciprocal: Loop = (x, out) => {
  for (let i = 0; i < out.length; i++) out[i] = 1 / (x[i] ?? 0);
};
export const absolute: Loop = (x, out) => {
  for (let i = 0; i < out.length; i++) out[i] = Math.abs(x[i] ?? 0);
};
export const sine: Loop = (x, out) => {
  for (let i = 0; i < out.length; i++) out[i] = Math.sin(x[i] ?? 0);
};
export const cosine: Loop = (x, out) => {
  for (let i = 0; i < out.length; i++) out[i] = Math.cos(x[i] ?? 0);
};
export const floor: Loop = (x, out) => {
  for (let i = 0; i < out.length; i++) out[i] = Math.floor(x[i] ?? 0);
};
export const ceil: Loop = (x, out) => {
  for (let i = 0; i < out.length; i++) out[i] = Math.ceil(x[i] ?? 0);
};
export const elu: Loop = (x, out) => {
  for (let i = 0; i < out.length; i++) {
    const value = x[i] ?? 0;
    out[i] = value >= 0 ? value : Math.exp(value) - 1;
  }
};
export const relu6: Loop = (x, out) => {
  for (let i = 0; i < out.length; i++) out[i] = Math.min(Math.max(0, x[i] ?? 0), 6);
};
/** 0 of NaN and of both zeros. */
export const sign: Loop = (x, out) => {
  for (let i = 0; i < out.length; i++) out[i] = Number((x[i] ?? 0) > 0) - Number((x[i] ?? 0) < 0);
};
export const square: Loop = (x, out) => {
  for (let i = 0; i < out.length; i++) out[i] = (x[i] ?? 0) * (x[i] ?? 0);
};
export const negative: Loop = (x, out) => {
  for (let i = 0; i < out.length; i++) out[i] = -(x[i] ?? 0);
};
