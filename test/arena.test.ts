/** The wasm's memory: laid out anew for every call, grown when needed, never leaked, and never more than 4 GB. */
import { describe, expect, test } from 'vitest';
import { Arena } from '../src/backend/wasm/arena.js';
import { Blocks } from '../src/backend/wasm/blocks.js';
import { FoveaError } from '../src/errors.js';
import type { MatmulPlan, View } from '../src/plan/plan.js';

const base = 1000;

function newArena(pages = 2, maximum = 65536, shared = false): { arena: Arena; memory: WebAssembly.Memory } {
  const memory = new WebAssembly.Memory({ initial: pages, maximum, shared });
  return { arena: new Arena(memory, new Blocks(memory, base)), memory };
}

function matrix(data: Float32Array, rowStride: number, offset = 0): View<Float32Array> {
  return { data, offset, strides: [rowStride, 1] };
}

function plan(m: number, n: number, k: number, a: View<Float32Array>, b: View<Float32Array>, out: View<Float32Array>): MatmulPlan {
  return { op: 'matmul', batch: [], m, n, k, dtype: 'float32', outDtype: 'float32', a, b, bias: undefined, activation: 'none', out };
}

/** What the kernels would find in the table of buffers. */
function lent(memory: WebAssembly.Memory, table: number, count: number): { address: number; bytes: number }[] {
  return Array.from({ length: count }, (_, i) => {
    const [address = 0, bytes = 0] = new Uint32Array(memory.buffer, table + 8 * i, 2);
    return { address, bytes };
  });
}

describe('what is copied in', () => {
  test('only the extent that a view touches', () => {
    const { arena, memory } = newArena();
    const data = Float32Array.from({ length: 1000 }, (_, i) => i);
    const call = arena.put(plan(2, 2, 2, matrix(data, 10, 100), matrix(data, 2, 500), matrix(new Float32Array(4), 2)));
    const [a, b, out] = lent(memory, call.buffers, call.bufferCount);
    expect(a?.bytes).toBe(12 * 4);
    expect([...new Float32Array(memory.buffer, a?.address, 12)]).toEqual([100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111]);
    expect([...new Float32Array(memory.buffer, b?.address, 4)]).toEqual([500, 501, 502, 503]);
    expect(out?.bytes).toBe(16);
    expect(call.bufferCount, 'the bias that is not there').toBe(3);
    const words = new Float64Array(memory.buffer, call.words, call.wordCount);
    expect([...words.subarray(0, 3)]).toEqual([2, 2, 2]);
    expect(call.words).toBeGreaterThanOrEqual(base);
    expect(call.end).toBeGreaterThanOrEqual((out?.address ?? 0) + 16);
  });

  test('a large array that is given twice once, and parts of one array where they lie in it', () => {
    const { arena, memory } = newArena();
    const data = Float32Array.from({ length: 40 * 80 }, (_, i) => i);
    const out = () => matrix(new Float32Array(1600), 40);
    const twice = arena.put(plan(40, 40, 40, matrix(data, 40), matrix(data, 40), out()));
    const [a, b] = lent(memory, twice.buffers, twice.bufferCount);
    expect(a).toEqual(b);
    const packed = arena.put(plan(40, 40, 40, matrix(data, 80), matrix(data, 80, 40), out()));
    const [left, right] = lent(memory, packed.buffers, packed.bufferCount);
    expect((right?.address ?? 0) - (left?.address ?? 0)).toBe(40 * 4);
    expect(packed.end - (left?.address ?? 0)).toBeLessThan(data.byteLength + 6400 + 128);
  });

  test('a SharedArrayBuffer too', () => {
    const { arena, memory } = newArena();
    const data = new Float32Array(new SharedArrayBuffer(16)).fill(3);
    const call = arena.put(plan(2, 2, 2, matrix(data, 2), matrix(data, 2), matrix(new Float32Array(4), 2)));
    expect([...new Float32Array(memory.buffer, lent(memory, call.buffers, 1)[0]?.address, 4)]).toEqual([3, 3, 3, 3]);
  });
});

describe('what comes back', () => {
  test.each([
    { name: 'packed', strides: [2, 1], expected: [-1, 1, 2, 3, 4, -1, -1, -1] },
    { name: 'rows with a gap', strides: [4, 1], expected: [-1, 1, 2, -1, -1, 3, 4, -1] },
    { name: 'turned', strides: [1, 3], expected: [-1, 1, 3, -1, 2, 4, -1, -1] },
  ])('$name: elements, and nothing between them', ({ strides, expected }) => {
    const { arena, memory } = newArena();
    const ones = new Float32Array(4).fill(1);
    const data = new Float32Array(8).fill(-1);
    const product = plan(2, 2, 2, matrix(ones, 2), matrix(ones, 2), { data, offset: 1, strides });
    const call = arena.put(product);
    const written = new Float32Array(memory.buffer, lent(memory, call.buffers, 3)[2]?.address);
    written.fill(99, 0, 1 + (strides[0] ?? 0) + (strides[1] ?? 0)); // gaps too
    for (const [i, value] of [1, 2, 3, 4].entries()) written[(i >> 1) * (strides[0] ?? 0) + (i & 1) * (strides[1] ?? 0)] = value;
    arena.take(product);
    expect([...data]).toEqual(expected);
  });

  test.each([false, true])('although the kernels have grown the memory meanwhile (shared: %s)', (shared) => {
    const { arena, memory } = newArena(2, 65536, shared);
    const ones = new Float32Array(4).fill(1);
    const data = new Float32Array(4);
    const product = plan(2, 2, 2, matrix(ones, 2), matrix(ones, 2), matrix(data, 2));
    const call = arena.put(product);
    memory.grow(1);
    new Float32Array(memory.buffer, lent(memory, call.buffers, 3)[2]?.address, 4).set([5, 6, 7, 8]);
    arena.take(product);
    expect([...data]).toEqual([5, 6, 7, 8]);
  });
});

describe('its size', () => {
  test('grows for a call that needs more, and stays as it is for all that follow', () => {
    const { arena, memory } = newArena();
    const big = new Float32Array(300 * 300);
    const call = () => arena.put(plan(300, 300, 300, matrix(big, 300), matrix(big, 300), matrix(new Float32Array(300 * 300), 300)));
    const first = call();
    const grown = memory.buffer.byteLength;
    expect(grown).toBeGreaterThanOrEqual(first.end);
    expect(grown - first.end).toBeLessThan(65536);
    for (let i = 0; i < 100; i += 1) call();
    expect(memory.buffer.byteLength).toBe(grown);
  });

  test('a memory that cannot grow is ERR_OUT_OF_MEMORY, and nothing was written', () => {
    const { arena, memory } = newArena(2, 2);
    const big = new Float32Array(300 * 300).fill(1);
    const out = new Float32Array(300 * 300).fill(-1);
    const call = () => arena.put(plan(300, 300, 300, matrix(big, 300), matrix(big, 300), matrix(out, 300)));
    expect(call).toThrow(FoveaError);
    expect(call).toThrow(/matmul: the wasm memory cannot grow to 1 MB/);
    expect(out.every((it) => it === -1)).toBe(true);
    expect(new Uint8Array(memory.buffer).every((it) => it === 0)).toBe(true);
  });

  test('more than 4 GB is ERR_OUT_OF_MEMORY', () => {
    const { arena, memory } = newArena();
    const a = new Float32Array(2 ** 29); // 2 GB that nobody touches cost nothing
    const b = new Float32Array(2 ** 29);
    const call = () =>
      arena.put(plan(2 ** 14, 2 ** 14, 2 ** 15, matrix(a, 2 ** 15), matrix(b, 2 ** 14), matrix(new Float32Array(2 ** 28), 2 ** 14)));
    expect(call).toThrow(/matmul: its tensors need 51\d\d MB of wasm memory, which ends at 4096 MB/);
    expect(memory.buffer.byteLength).toBe(2 * 65536);
  });
});
