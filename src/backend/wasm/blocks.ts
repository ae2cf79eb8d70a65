/**
 * Memory inside the wasm's own that lives longer than a call: blocks above the kernels' data and below the arena, first fit. A call
 * that is given a view of one is given its address; nothing is copied.
 * @module
 */
import type { Data } from '../../plan/tensors.js';
import type { KeptBlock, KeptMemory } from '../backend.js';
import { disposedBlock, noBlock } from '../kept.js';
import { aligned, reach } from './growth.js';

interface Range {
  readonly begin: number;
  readonly end: number;
}

export class Blocks implements KeptMemory {
  readonly #memory: WebAssembly.Memory;
  readonly #base: number;
  /** A shared memory has a new object as buffer after growth, and views of the old ones still lead into it. */
  readonly #buffers = new WeakSet<ArrayBufferLike>();
  /** Those in use, by address. */
  readonly #ranges: Range[] = [];
  /** Gives back what its owner has forgotten: when no block object is left, nobody can make a view of it. */
  readonly #forgotten = new FinalizationRegistry<Range>((range) => this.#release(range));

  constructor(memory: WebAssembly.Memory, base: number) {
    this.#memory = memory;
    this.#base = aligned(base);
  }

  /** First byte above the blocks: where the arena begins. */
  get end(): number {
    return aligned(this.#ranges.at(-1)?.end ?? this.#base);
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  /** Whether a tensor lies in a block. */
  holds({ buffer }: Data): boolean {
    return buffer === this.#memory.buffer || this.#buffers.has(buffer);
  }

  allocate(bytes: number, op?: string): KeptBlock {
    const index = this.#firstFit(bytes);
    const begin = this.#endBefore(index);
    const range = { begin, end: begin + bytes };
    const shortage = reach(this.#memory, range.end);
    if (shortage !== undefined) throw noBlock(bytes, op, shortage.cause);
    this.#ranges.splice(index, 0, range);
    const block = new Block(this.#memory, this.#buffers, range, () => {
      this.#forgotten.unregister(block);
      this.#release(range);
    });
    this.#forgotten.register(block, range, block);
    return block;
  }

  /** Where in the row of ranges a new one goes: before the first that leaves enough room, or last. */
  #firstFit(bytes: number): number {
    const index = this.#ranges.findIndex(({ begin }, i) => begin - this.#endBefore(i) >= bytes);
    return index < 0 ? this.#ranges.length : index;
  }

  #endBefore(index: number): number {
    return aligned(this.#ranges[index - 1]?.end ?? this.#base);
  }

  #release(range: Range): void {
    const index = this.#ranges.indexOf(range);
    if (index >= 0) this.#ranges.splice(index, 1);
  }
}

class Block implements KeptBlock {
  readonly bytes: number;
  readonly #memory: WebAssembly.Memory;
  readonly #buffers: WeakSet<ArrayBufferLike>;
  readonly #begin: number;
  #release: (() => void) | undefined;
  #view: Uint8Array | undefined;

  constructor(memory: WebAssembly.Memory, buffers: WeakSet<ArrayBufferLike>, { begin, end }: Range, release: () => void) {
    this.bytes = end - begin;
    this.#memory = memory;
    this.#buffers = buffers;
    this.#begin = begin;
    this.#release = release;
  }

  view(): Uint8Array {
    if (this.#release === undefined) throw disposedBlock();
    const { buffer } = this.#memory;
    if (this.#view?.buffer !== buffer) {
      this.#view = new Uint8Array(buffer, this.#begin, this.bytes);
      this.#buffers.add(buffer);
    }
    return this.#view;
  }

  free(): void {
    this.#release?.();
    this.#release = undefined;
  }
}
