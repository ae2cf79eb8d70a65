/** What a row of bad input is, and how to make one: a call that is right but for one thing. */
import { attention, type FoveaErrorCode, gelu, layerNorm, matmul, mergeAttention, rotary, softmax } from '../../src/node.js';

/** Arguments come from anywhere: JavaScript has no types that would stop them. */
// biome-ignore lint/suspicious/noExplicitAny: the point of these tests is what the types forbid
export type Anything = any;

export const zeros = (...shape: number[]): Anything => ({ data: new Float32Array(shape.reduce((size, n) => size * n, 1)), shape });
export const q = () => zeros(1, 4, 3, 8);
export const k = () => zeros(1, 2, 5, 8);
export const v = () => zeros(1, 2, 5, 6);

export interface Row {
  readonly name: string;
  readonly code: FoveaErrorCode;
  /** All of them are in the message. */
  readonly words: readonly string[];
  /** `out` is of the right shape for the call's result without the mistake, full of 7s. */
  readonly call: (out: Anything) => unknown;
}

/** attention with one thing changed. */
export const attend = (
  name: string,
  code: FoveaErrorCode,
  words: readonly string[],
  change: { q?: Anything; k?: Anything; v?: Anything; options?: () => Anything },
): Row => ({
  name: `attention: ${name}`,
  code,
  words: ['attention: ', ...words],
  call: (out) => attention(change.q?.() ?? q(), change.k?.() ?? k(), change.v?.() ?? v(), { out, ...change.options?.() }),
});

export const multiply = (
  name: string,
  code: FoveaErrorCode,
  words: readonly string[],
  a: () => Anything,
  b: () => Anything,
  options?: () => Anything,
): Row => ({
  name: `matmul: ${name}`,
  code,
  words: ['matmul: ', ...words],
  call: (out) => matmul(a(), b(), { out: { ...out, shape: [3, 4], strides: [4, 1] }, ...options?.() }),
});

export const normalise = (
  name: string,
  code: FoveaErrorCode,
  words: readonly string[],
  x: () => Anything,
  options?: () => Anything,
): Row => ({
  name: `softmax: ${name}`,
  code,
  words: ['softmax: ', ...words],
  call: (out) => softmax(x(), { out: { ...out, shape: [3, 4], strides: [4, 1] }, ...options?.() }),
});

export const normed = (name: string, code: FoveaErrorCode, words: readonly string[], x: () => Anything, options?: () => Anything): Row => ({
  name: `layerNorm: ${name}`,
  code,
  words: ['layerNorm: ', ...words],
  call: (out) => layerNorm(x(), { out: { ...out, shape: [3, 4], strides: [4, 1] }, ...options?.() }),
});

/** gelu, whose arguments relu, tanh and sigmoid share. */
export const activate = (
  name: string,
  code: FoveaErrorCode,
  words: readonly string[],
  x: () => Anything,
  options?: () => Anything,
): Row => ({
  name: `gelu: ${name}`,
  code,
  words: ['gelu: ', ...words],
  call: (out) => gelu(x(), { out: { ...out, shape: [3, 4], strides: [4, 1] }, ...options?.() }),
});

export const turn = (name: string, code: FoveaErrorCode, words: readonly string[], x: () => Anything, options?: () => Anything): Row => ({
  name: `rotary: ${name}`,
  code,
  words: ['rotary: ', ...words],
  call: (out) => rotary(x(), { out: { ...out, shape: [3, 4], strides: [4, 1] }, ...options?.() }),
});

export const join = (
  name: string,
  code: FoveaErrorCode,
  words: readonly string[],
  parts: () => Anything,
  options?: () => Anything,
): Row => ({
  name: `mergeAttention: ${name}`,
  code,
  words: ['mergeAttention: ', ...words],
  call: (out) => mergeAttention(parts(), { out: { ...out, shape: [3, 4], strides: [4, 1] }, ...options?.() }),
});

export const part = () => ({ output: zeros(3, 4), logSumExp: zeros(3) });

/** A tensor whose memory went to somebody else. */
export function detached(): Anything {
  const gone = q();
  structuredClone(gone.data.buffer, { transfer: [gone.data.buffer] });
  return gone;
}

/** A tensor whose buffer has shrunk under it. */
export function shrunk(): Anything {
  const buffer = new (ArrayBuffer as Anything)(96 * 4, { maxByteLength: 96 * 4 });
  const data = new Float32Array(buffer);
  buffer.resize(8);
  return { data, shape: [1, 4, 3, 8] };
}

/** keyLengths (0, so a valid one) in the first bytes of out. */
export const onLengths = (out: Anything) => ({ out, keyLengths: new Int32Array(out.data.buffer, 0, 1) });

/** Query, key or value as a view of the memory of out. */
export const sharing = (out: Anything, shape: readonly number[], offset: number) => ({ data: out.data, shape, offset });
