/** What a call leaves behind: for the garbage collector nothing but its result, which with `out` is next to nothing; of the caller's memory nothing. */
import { describe, expect, it } from 'vitest';
import { jsonOf } from './child.js';
import { label, targets } from './targets.js';

/** attention's `{ output }`, and what the engine leaves now and then: one list or one view a call would be more. */
const mostBytes = 100;
const calls = 5000;

/** Each a call with `out`, in the words of the script below. */
const rows: readonly string[] = [
  'attention(q, k, v, { out })',
  'attention(q, k, v, { causal: true, window: [2, 0], scale: 0.3, keyLengths: Int32Array.of(3), queryOffset: Int32Array.of(1), out })',
  'attention(q, k, v, { mask, bias, alibi, sinks, softcap: 20.5, out })',
  "attention(x, x, x, { layout: 'bshd', out: tensor(2, 3, 4) })",
  'attention(half, half, half, { out: tensor(2, 3) })',
  "attention(q, k, v, { score: 'euclidean', out })",
  "attention(q, k, v, { score: { kind: 'general', weight: tensor(8, 8) }, out })",
  "attention(q, k, v, { score: { kind: 'additive', v: tensor(2, 8), keyWeight: tensor(8, 8), bias: tensor(8) }, out })",
  'matmul(a, b, { out: tensor(3, 5) })',
  'matmul(x, b, { bias: tensor(5), activation: "relu", out: tensor(2, 3, 5) })',
  'matmul(x, y, { transposeB: true, out: tensor(2, 3, 5) })',
  'matmul(x, packMatrix(b), { out: tensor(2, 3, 5) })',
  'softmax(x, { out: tensor(2, 3, 4) })',
  'softmin(x, { axis: 1, mask: { data: new Uint8Array(4).fill(1), shape: [4] }, out: tensor(2, 3, 4) })',
  'layerNorm(x, { gamma: tensor(4), beta: tensor(4), epsilon: 0.01, out: tensor(2, 3, 4) })',
  'rmsNorm(half, { out: tensor(2, 3) })',
  'linear(x, b, { bias: tensor(5), out: tensor(2, 3, 5) })',
  'linear(x, packMatrix(b), { activation: "gelu", out: tensor(2, 3, 5) })',
  'gelu(x, { out: tensor(2, 3, 4) })',
  'rotary(x, { positions: Int32Array.of(1, 5, 2), interleaved: true, out: tensor(2, 3, 4) })',
  'toFloat16(x, { out: { data: new Uint16Array(24), shape: [2, 3, 4], dtype: "float16" } })',
];

const script = (name: string, target: string) => `
  import { attention, gelu, layerNorm, linear, matmul, packMatrix, rmsNorm, rotary, setBackend, softmax, softmin, toFloat16 } from 'fovea';
  import { PerformanceObserver } from 'node:perf_hooks';
  setBackend('${name}', { target: '${target}' });
  const tensor = (...shape) => ({ data: new Float32Array(shape.reduce((a, b) => a * b)).fill(0.5), shape });
  const [q, k, v, out] = [tensor(1, 2, 3, 8), tensor(1, 2, 4, 8), tensor(1, 2, 4, 8), tensor(1, 2, 3, 8)];
  const mask = { data: new Uint8Array(12).fill(1), shape: [3, 4] };
  const [bias, alibi, sinks] = [tensor(3, 4), new Float32Array(2), new Float32Array(2)];
  const [a, b, x, y] = [tensor(3, 4), tensor(4, 5), tensor(2, 3, 4), tensor(2, 5, 4)];
  const half = { data: new Uint16Array(6), shape: [2, 3], dtype: 'bfloat16' };
  const rows = [${rows.map((row) => `() => ${operandsOf(row)}`).join(', ')}];
  let collections = 0;
  new PerformanceObserver((list) => (collections += list.getEntries().length)).observe({ entryTypes: ['gc'] });
  const settle = () => new Promise((resolve) => setTimeout(resolve, 20));
  const found = [];
  for (const make of rows) {
    const call = make();
    for (let i = 0; i < 30_000; i++) call(); // until it is compiled
    const rounds = [];
    for (let round = 0; round < 4; round++) {
      globalThis.gc();
      await settle();
      collections = 0;
      const before = process.memoryUsage().heapUsed;
      for (let i = 0; i < ${calls}; i++) call();
      const bytes = process.memoryUsage().heapUsed - before;
      await settle();
      if (collections === 0) rounds.push(bytes / ${calls}); // one would hide what was left
    }
    found.push(rounds);
  }
  console.log(JSON.stringify(found));`;

/** Calls once each, all at different memory, and counts the arrays that are still there when nobody else holds them. */
const keeping = (name: string, target: string) => `
  import { attention, gelu, layerNorm, linear, matmul, rotary, setBackend, softmax, toFloat16 } from 'fovea';
  setBackend('${name}', { target: '${target}' });
  const refs = [];
  const array = (Type, length) => {
    const made = new Type(length);
    refs.push(new WeakRef(made));
    return made;
  };
  const tensor = (...shape) => ({ data: array(Float32Array, shape.reduce((a, b) => a * b)), shape });
  const q = () => tensor(1, 2, 300, 8);
  const lengths = () => array(Int32Array, 1);
  (() => {
    attention(q(), q(), q(), { out: q(), bias: tensor(300, 300), mask: { data: array(Uint8Array, 300), shape: [300] } });
    attention(q(), q(), q(), { alibi: array(Float32Array, 2), sinks: array(Float32Array, 2), returnWeights: true, returnLogSumExp: true });
    attention(q(), q(), q(), { keyLengths: lengths(), queryLengths: lengths(), queryOffset: lengths() });
    const projected = { queryWeight: tensor(8, 5), keyWeight: tensor(8, 5), v: tensor(5), bias: tensor(5) };
    attention(q(), q(), q(), { score: { kind: 'additive', ...projected } });
    matmul(tensor(300, 20), tensor(20, 30), { bias: tensor(30), out: tensor(300, 30) });
    linear(tensor(300, 20), tensor(20, 30), { bias: tensor(30), out: tensor(300, 30) });
    softmax(tensor(300, 20), { mask: { data: array(Uint8Array, 20), shape: [20] }, out: tensor(300, 20) });
    layerNorm(tensor(300, 20), { gamma: tensor(20), beta: tensor(20), out: tensor(300, 20) });
    gelu(tensor(300, 20), { out: tensor(300, 20) });
    rotary(tensor(300, 20), { positions: array(Int32Array, 300), out: tensor(300, 20) });
    toFloat16(tensor(300), { out: { data: array(Uint16Array, 300), shape: [300], dtype: 'float16' } });
  })();
  await new Promise((resolve) => setTimeout(resolve, 20)); // a WeakRef holds on until its job has ended
  globalThis.gc();
  console.log(JSON.stringify([refs.length, refs.filter((ref) => ref.deref() !== undefined).length]));`;

/** Reads a packed matrix and a cache of some megabytes once each, forgets both, and gives the bytes of arrays that are left of them. */
const keepingBlocks = (target: string) => `
  import { KVCache, matmul, packMatrix, setBackend } from 'fovea';
  setBackend('native', { target: '${target}' });
  const tensor = (...shape) => ({ data: new Float32Array(shape.reduce((a, b) => a * b)), shape });
  const settled = async () => {
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      globalThis.gc();
    }
    return process.memoryUsage().arrayBuffers;
  };
  const before = await settled();
  (() => {
    matmul(tensor(1, 1024), packMatrix(tensor(1024, 1024)));
    const cache = new KVCache({ batch: 1, kvHeads: 8, headDim: 64, capacity: 2048 });
    cache.append(tensor(1, 8, 2048, 64), tensor(1, 8, 2048, 64));
    cache.attention(tensor(1, 8, 1, 64));
  })();
  const used = process.memoryUsage().arrayBuffers;
  console.log(JSON.stringify([used - before, (await settled()) - before]));`;

/** A function that makes the arguments of a call once, and gives one that calls with them. */
function operandsOf(row: string): string {
  const [, op = '', operands = ''] = /^(\w+)\((.*)\)$/.exec(row) ?? [];
  return `{ const operands = [${operands}]; return () => ${op}(...operands); }`;
}

const engine = process.execArgv.filter((flag) => flag.includes('wasm'));
const flags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64', '--input-type=module', ...engine];

describe.each(targets.filter(({ name }) => name !== 'reference').map((target) => [label(target), target] as const))(
  '%s',
  (_, { name, target }) => {
    it('a call with out allocates no more than what it gives back', () => {
      const found = jsonOf(script(name, target), { flags }) as number[][];
      // The least of some rounds: the engine itself leaves some where it compiles. Without any the least is Infinity.
      const least = rows.map((row, i) => [row, Math.min(...(found[i] ?? []))] as const);
      expect(least.filter(([, bytes]) => !(bytes < mostBytes))).toEqual([]);
    });

    it('keeps none of its arrays', () => {
      const [made = 0, kept] = jsonOf(keeping(name, target), { flags }) as number[];
      expect(made).toBeGreaterThan(20);
      expect(kept).toBe(0);
    });
  },
);

// Of native memory alone the process says how much there is; the frames are the same on wasm.
describe.each(targets.filter(({ name }) => name === 'native').map(({ target }) => target))('native %s', (target) => {
  it('keeps none of the blocks of a packed matrix or a cache', () => {
    const [used, left] = jsonOf(keepingBlocks(target), { flags }) as number[];
    expect(used).toBeGreaterThan(12e6); // 4 MB and 8 MB, beside what they are made of
    expect(left).toBeLessThan(1e6);
  });
});
