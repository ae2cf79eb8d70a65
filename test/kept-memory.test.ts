/** Memory that lives longer than a call: blocks that are found again, freed and reused, and read where they lie. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import type { Backend, KeptBlock, KeptMemory } from '../src/backend/backend.js';
import { heapMemory } from '../src/backend/kept.js';
import { active } from '../src/backend/select.js';
import { Arena } from '../src/backend/wasm/arena.js';
import { Blocks } from '../src/backend/wasm/blocks.js';
import type { MatmulPlan } from '../src/plan/plan.js';
import { label, targets, use } from './targets.js';

const base = 1000;
const page = 65536;

function newBlocks(pages = 2, maximum = 65536, shared = false): { memory: WebAssembly.Memory; blocks: Blocks; arena: Arena } {
  const memory = new WebAssembly.Memory({ initial: pages, maximum, shared });
  const blocks = new Blocks(memory, base);
  return { memory, blocks, arena: new Arena(memory, blocks) };
}

function floats(block: KeptBlock): Float32Array {
  const { buffer, byteOffset } = block.view();
  return new Float32Array(buffer, byteOffset, block.bytes / 4);
}

/** out = a · a, 2 × 2. */
function square(a: Float32Array, out = new Float32Array(4)): MatmulPlan {
  const view = (data: Float32Array) => ({ data, offset: 0, strides: [2, 1] });
  const sizes = { batch: [], m: 2, n: 2, k: 2, dtype: 'float32', outDtype: 'float32' } as const;
  return { op: 'matmul', ...sizes, a: view(a), b: view(a), bias: undefined, activation: 'none', out: view(out) };
}

describe.each<[string, () => KeptMemory]>([
  ['the heap', () => heapMemory()],
  ['wasm', () => newBlocks().blocks],
  ['wasm with workers', () => newBlocks(2, 65536, true).blocks],
])('%s', (_, make) => {
  test('many blocks, each its own', () => {
    const memory = make();
    const blocks = Array.from({ length: 100 }, (_, i) => memory.allocate(4 * (i + 1)));
    for (const [i, block] of blocks.entries()) floats(block).fill(i);
    for (const [i, block] of blocks.entries()) expect([...floats(block)]).toEqual(new Array(i + 1).fill(i));
  });

  test('no bytes', () => expect(make().allocate(0).view().length).toBe(0));

  test('freed twice is freed once, and its view is ERR_DISPOSED', () => {
    const memory = make();
    const block = memory.allocate(64);
    block.free();
    const next = memory.allocate(64);
    block.free();
    const third = memory.allocate(64);
    next.view().fill(1);
    third.view().fill(2);
    expect([...next.view()]).toEqual(new Array(64).fill(1));
    expect(() => block.view()).toThrow(expect.objectContaining({ code: 'ERR_DISPOSED' }));
  });

  test('what cannot be had is ERR_OUT_OF_MEMORY in the words of who asked, and nothing is lost', () => {
    const memory = make();
    const block = memory.allocate(16);
    block.view().fill(7);
    expect(() => memory.allocate(2 ** 52, 'KVCache')).toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_MEMORY', message: 'KVCache: no memory for 4503599627370496 bytes that it keeps' }),
    );
    expect([...block.view()]).toEqual(new Array(16).fill(7));
    expect(memory.allocate(16).bytes).toBe(16);
  });
});

describe('in the wasm memory', () => {
  test('blocks begin at cache lines, first fit', () => {
    const { blocks } = newBlocks();
    const [a, b, c] = [blocks.allocate(100), blocks.allocate(100), blocks.allocate(100)];
    expect([a, b, c].map((block) => block.view().byteOffset)).toEqual([1024, 1152, 1280]);
    b.free();
    expect(blocks.allocate(129).view().byteOffset).toBe(1408);
    expect(blocks.allocate(128).view().byteOffset).toBe(1152);
    a.free();
    expect(blocks.allocate(1).view().byteOffset).toBe(1024);
    expect(blocks.allocate(1).view().byteOffset).toBe(1088);
  });

  test('growth keeps what they hold, in a new view', () => {
    const { memory, blocks } = newBlocks();
    const block = blocks.allocate(16);
    const before = block.view();
    before.fill(3);
    expect(block.view()).toBe(before);
    blocks.allocate(10 * page);
    expect(memory.buffer.byteLength).toBe(11 * page);
    expect(before.length).toBe(0);
    expect([...block.view()]).toEqual(new Array(16).fill(3));
  });

  test('the arena begins above the last block, and moves back down', () => {
    const { arena, blocks } = newBlocks();
    const plan = square(Float32Array.of(1, 2, 3, 4));
    expect(arena.put(plan).words).toBe(1024);
    const [a, b] = [blocks.allocate(page), blocks.allocate(100)];
    expect(arena.put(plan).words).toBe(1024 + page + 128);
    a.free();
    expect(arena.put(plan).words).toBe(1024 + page + 128);
    b.free();
    expect(arena.put(plan).words).toBe(1024);
  });

  test('a call takes their address, also when its other tensors make the memory grow', () => {
    const { memory, arena, blocks } = newBlocks();
    const block = blocks.allocate(64);
    floats(block).set([1, 2, 3, 4], 4);
    const a = floats(block).subarray(4, 8);
    const large = new Float32Array(3 * page);
    const plan = { ...square(a, large), out: { data: large, offset: 0, strides: [2 * page, 1] } };
    const address = block.view().byteOffset + 16;
    const { buffers } = arena.put(plan);
    expect(memory.buffer.byteLength).toBeGreaterThan(8 * page);
    expect([...new Uint32Array(memory.buffer, buffers, 4)]).toEqual([address, 16, address, 16]);
  });

  test('shared with workers: a call takes the address of a view that was made before the memory grew', () => {
    const { memory, arena, blocks } = newBlocks(2, 65536, true);
    const block = blocks.allocate(64);
    const before = floats(block);
    before.set([1, 2, 3, 4]);
    blocks.allocate(10 * page);
    expect(before.buffer).not.toBe(memory.buffer);
    expect(blocks.holds(before)).toBe(true);
    expect(blocks.holds(new Float32Array(new SharedArrayBuffer(64)))).toBe(false);
    const { buffers } = arena.put(square(before.subarray(0, 4)));
    expect([...new Uint32Array(memory.buffer, buffers, 2)]).toEqual([block.view().byteOffset, 16]);
    before[3] = 7;
    expect([...floats(block).subarray(0, 4)]).toEqual([1, 2, 3, 7]);
  });

  test('a memory that cannot grow is ERR_OUT_OF_MEMORY', () => {
    const { blocks } = newBlocks(2, 2);
    blocks.allocate(page);
    expect(() => blocks.allocate(page)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_MEMORY' }));
    expect(blocks.allocate(page / 2).view().length).toBe(page / 2);
  });

  test('what its owner forgot is used again', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const { memory, blocks } = newBlocks();
    const kept = blocks.allocate(16);
    kept.view().fill(5);
    for (let i = 0; i < 2000; i++) {
      blocks
        .allocate(page / 2)
        .view()
        .fill(1);
      if (i % 20 === 19) {
        collect();
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    }
    expect(memory.buffer.byteLength).toBeLessThan(500 * page); // rather than 1000
    expect([...kept.view()]).toEqual(new Array(16).fill(5));
  });
});

describe.each(targets.map((target) => [label(target), target] as const))('%s', (_, target) => {
  const onIt = (): Backend => {
    use(target);
    return active('matmul');
  };
  const expected = [7, 10, 15, 22];

  test('reads a block where it lies, from call to call', () => {
    const backend = onIt();
    const block = backend.memory.allocate(16);
    floats(block).set([1, 2, 3, 4]);
    for (let i = 0; i < 3; i++) {
      const plan = square(floats(block));
      backend.run(plan);
      expect([...plan.out.data]).toEqual(expected);
    }
    block.free();
  });

  test('beside the event loop too, whatever becomes of the memory meanwhile', async () => {
    const backend = onIt();
    const block = backend.memory.allocate(16);
    floats(block).set([1, 2, 3, 4]);
    const plans = [square(floats(block)), square(floats(block))];
    const settled = plans.map((plan) => backend.runAsync(plan, undefined));
    const other = backend.memory.allocate(64 << 20);
    await Promise.all(settled);
    other.free();
    expect(plans.map((plan) => [...plan.out.data])).toEqual([expected, expected]);
    block.free();
  });
});
