/**
 * The arena: the part of the wasm memory above the kernels' own data, laid out anew for every call and so never leaked. From its base up:
 * words, table of buffers, what the call reads, what it writes; the kernels take their scratch above that. It only grows. What lies in
 * a block of this memory stays where it is.
 * @module
 */
import { callOf } from '../../plan/layout.js';
import type { Plan, View } from '../../plan/plan.js';
import { alike, type Data, moved } from '../../plan/tensors.js';
import { outOfMemory } from '../status.js';
import { touched, writeBack } from '../touched.js';
import type { Blocks } from './blocks.js';
import { aligned, reach } from './growth.js';

/** A call as the wasm's exports take it. */
export interface Placed {
  readonly words: number;
  readonly wordCount: number;
  readonly buffers: number;
  readonly bufferCount: number;
  /** First byte that is free for scratch. */
  readonly end: number;
  /** Copies what the call wrote to where the plan wants it. */
  take(): void;
}

/** A stretch of an ArrayBuffer that is copied in once, whichever tensors lie in it. */
interface Block {
  readonly source: ArrayBufferLike;
  readonly begin: number;
  end: number;
  address: number;
  readonly parts: Data[];
}

export class Arena {
  readonly #memory: WebAssembly.Memory;
  readonly #blocks: Blocks;
  #bytes: Uint8Array;

  constructor(memory: WebAssembly.Memory, blocks: Blocks) {
    this.#memory = memory;
    this.#blocks = blocks;
    this.#bytes = new Uint8Array(memory.buffer);
  }

  /** Lays the call out and copies in what it reads. @throws {FoveaError} ERR_OUT_OF_MEMORY before anything is written */
  put(plan: Plan): Placed {
    const inputs: Data[] = [];
    const addresses = new Map<ArrayBufferView, number>();
    const outputs: { part: Data; finish: (copy: Data) => void }[] = [];
    const local = moved(plan, (view, sizes, written) => {
      const part = touched(plan, view, sizes);
      if (this.#isKept(part)) addresses.set(part, part.byteOffset);
      else if (written) outputs.push({ part, finish: (copy) => writeBack(view as View<Data>, sizes, copy) });
      else inputs.push(part);
      return { data: part, offset: 0, strides: view.strides };
    });
    const { words, buffers } = callOf(local);

    const table = this.#blocks.end + words.byteLength;
    let end = table + 8 * buffers.length;
    const blocks = blocksOf(inputs);
    for (const block of blocks) {
      block.address = aligned(end);
      end = block.address + block.end - block.begin;
      for (const part of block.parts) addresses.set(part, block.address + part.byteOffset - block.begin);
    }
    for (const { part } of outputs) {
      addresses.set(part, aligned(end));
      end = aligned(end) + part.byteLength;
    }
    // Before the memory grows: what lies in it has no length any more afterwards.
    const placed = new Uint32Array(2 * buffers.length);
    for (const [i, buffer] of buffers.entries())
      if (buffer !== undefined) placed.set([addresses.get(buffer) ?? 0, buffer.byteLength], 2 * i);
    this.#reserve(plan, end);

    this.#set(table - words.byteLength, words);
    this.#set(table, placed);
    for (const { address, source, begin, end: sourceEnd } of blocks)
      this.#bytes.set(new Uint8Array(source, begin, sourceEnd - begin), address);
    return {
      words: table - words.byteLength,
      wordCount: words.length,
      buffers: table,
      bufferCount: buffers.length,
      end,
      take: () => {
        this.#renew();
        for (const { part, finish } of outputs) finish(alike(part, this.#bytes.buffer, addresses.get(part) ?? 0, part.length));
      },
    };
  }

  /** The plan with copies of what it reads in this memory, for whoever cannot see it. */
  copied(plan: Plan): Plan {
    return moved(plan, (view, sizes, written) => {
      if (written || !this.#isKept(view.data)) return view;
      return { data: copyOf(plan, touched(plan, view, sizes)), offset: 0, strides: view.strides };
    });
  }

  #isKept({ buffer }: Data): boolean {
    return buffer === this.#memory.buffer;
  }

  #reserve(plan: Plan, end: number): void {
    const megabytes = Math.ceil(end / 2 ** 20);
    const shortage = reach(this.#memory, end);
    if (shortage?.why === 'ends before') throw outOfMemory(plan, `its tensors need ${megabytes} MB of wasm memory, which ends at 4096 MB`);
    if (shortage !== undefined) throw outOfMemory(plan, `the wasm memory cannot grow to ${megabytes} MB`, shortage.cause);
    this.#renew();
  }

  /** Growing the memory, here or by the kernels, detaches what was made of it. */
  #renew(): void {
    if (this.#bytes.buffer !== this.#memory.buffer) this.#bytes = new Uint8Array(this.#memory.buffer);
  }

  #set(address: number, { buffer, byteOffset, byteLength }: ArrayBufferView): void {
    this.#bytes.set(new Uint8Array(buffer, byteOffset, byteLength), address);
  }
}

function copyOf<D extends Data>(plan: Plan, part: D): D {
  try {
    return part.slice() as D;
  } catch (cause) {
    throw outOfMemory(plan, `no memory for a copy of ${part.byteLength} bytes that the worker cannot see`, cause);
  }
}

/**
 * The stretches that the parts cover, each once: the same array given twice, or q, k and v packed in one, are copied in once.
 * A stretch begins at a multiple of 16 bytes, so that every part keeps its alignment in it.
 */
function blocksOf(parts: readonly Data[]): Block[] {
  const blocks: Block[] = [];
  let last: Block | undefined;
  const sources = [...new Set(parts.map((part) => part.buffer))];
  for (const source of sources) {
    last = undefined;
    const here = parts.filter((part) => part.buffer === source).sort((a, b) => a.byteOffset - b.byteOffset);
    for (const part of here) {
      const begin = part.byteOffset - (part.byteOffset % 16);
      const end = part.byteOffset + part.byteLength;
      if (last === undefined || begin > last.end) {
        last = { source, begin, end, address: 0, parts: [] };
        blocks.push(last);
      }
      last.end = Math.max(last.end, end);
      last.parts.push(part);
    }
  }
  return blocks;
}
