/**
 * What `fovea bench` runs: a few calls of the sizes that models have, each with what is counted of it.
 * @module
 */
import { attention, KVCache, matmul, softmax, type Tensor, toBfloat16 } from '../node.js';

export interface BenchCase {
  readonly name: string;
  readonly unit: 'GFLOP/s' | 'GB/s';
  /** Flops of a run, or the bytes that it reads and writes at least. */
  readonly amount: number;
  /** Makes the inputs, for the backend that is chosen now. */
  prepare(): { run(): void; dispose?(): void };
}

const bytes = Float32Array.BYTES_PER_ELEMENT;

function matmulCase(size: number, dtype: 'float32' | 'bfloat16'): BenchCase {
  return {
    name: `matmul ${size}x${size}x${size}${dtype === 'float32' ? '' : ` ${dtype}`}`,
    unit: 'GFLOP/s',
    amount: 2 * size ** 3,
    prepare() {
      const [a, b] = [random(size, size), random(size, size)];
      if (dtype === 'float32') {
        const out = zeros(size, size);
        return { run: () => matmul(a, b, { out }) };
      }
      const [halfA, halfB] = [toBfloat16(a), toBfloat16(b)];
      const out = toBfloat16(zeros(size, size));
      return { run: () => matmul(halfA, halfB, { out }) };
    },
  };
}

function attentionCase([heads, length, dim]: readonly [number, number, number], causal: boolean): BenchCase {
  return {
    name: `attention 1x${heads}x${length}x${dim}${causal ? ' causal' : ''}`,
    unit: 'GFLOP/s',
    amount: 4 * heads * length ** 2 * dim * (causal ? 1 / 2 : 1),
    prepare() {
      const shape = [1, heads, length, dim];
      const [q, k, v, out] = [random(...shape), random(...shape), random(...shape), zeros(...shape)];
      return { run: () => attention(q, k, v, { causal, out }) };
    },
  };
}

/** One query a head on what a cache holds. */
function decodeCase([heads, keys, dim]: readonly [number, number, number]): BenchCase {
  return {
    name: `decode 1x${heads}x1x${dim} on ${keys} keys`,
    unit: 'GB/s',
    amount: 2 * heads * keys * dim * bytes,
    prepare() {
      const cache = new KVCache({ batch: 1, kvHeads: heads, headDim: dim, capacity: keys });
      cache.append(random(1, heads, keys, dim), random(1, heads, keys, dim));
      const [q, out] = [random(1, heads, 1, dim), zeros(1, heads, 1, dim)];
      return { run: () => cache.attention(q, { out }), dispose: () => cache.dispose() };
    },
  };
}

function softmaxCase(rows: number, size: number): BenchCase {
  return {
    name: `softmax ${rows}x${size}`,
    unit: 'GB/s',
    amount: 2 * rows * size * bytes,
    prepare() {
      const [x, out] = [random(rows, size), zeros(rows, size)];
      return { run: () => softmax(x, { out }) };
    },
  };
}

export const cases: readonly BenchCase[] = [
  matmulCase(512, 'float32'),
  matmulCase(512, 'bfloat16'),
  attentionCase([8, 512, 64], false),
  attentionCase([8, 512, 64], true),
  decodeCase([8, 4096, 64]),
  softmaxCase(2048, 1024),
];

/** Mean 0 and variance 1, so that scores have variance 1 after their scale. */
function random(...shape: number[]): Tensor {
  const tensor = zeros(...shape);
  for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = (Math.random() - 0.5) * Math.sqrt(12);
  return tensor;
}

function zeros(...shape: number[]): Tensor {
  return { data: new Float32Array(shape.reduce((product, size) => product * size, 1)), shape };
}
