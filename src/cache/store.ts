/**
 * The rows of a cache and the memory that they lie in: appending, truncating, reordering, sharing. It moves tokens about and
 * judges nothing; what is computed with them is a plan's matter.
 * @module
 */
import type { KeptMemory } from '../backend/backend.js';
import { type BlockSizes, blockParts } from '../plan/blocks.js';
import type { CacheRow } from '../plan/plan.js';
import { Block } from './block.js';
import { type Growth, grow } from './growth.js';
import { Row } from './row.js';

export class CacheStore {
  readonly #memory: KeptMemory;
  readonly #sizes: BlockSizes;
  /** Tokens before the newest that stay: what a window sees, and a block more, so that a row can be truncated again. */
  readonly #keep: number;
  #rows: readonly Row[];

  constructor(memory: KeptMemory, sizes: BlockSizes, batch: number, keep: number) {
    this.#memory = memory;
    this.#sizes = sizes;
    this.#keep = keep;
    this.#rows = Array.from({ length: batch }, () => new Row(sizes.blockTokens));
  }

  get rows(): readonly Row[] {
    return this.#rows;
  }

  /** Bytes of memory, each block counted once. */
  get bytes(): number {
    const blocks = new Set(this.#rows.flatMap((row) => row.blocks));
    return [...blocks].reduce((bytes, block) => bytes + block.bytes, 0);
  }

  /** Where all tokens lie now. */
  pages(): CacheRow[] {
    return this.#rows.map((row) => row.pages());
  }

  /**
   * Makes room for `count` tokens at the end of each of the rows, hands `write` where to put them, and takes them in once it
   * has returned.
   * @throws what `write` or the memory throws; all rows are then as they were
   */
  append(indices: readonly number[], count: number, write: (growths: readonly Growth[]) => void): void {
    const { bytes } = blockParts(this.#sizes);
    const growths: Growth[] = [];
    try {
      for (const index of indices) {
        const row = this.#row(index);
        growths.push(grow(row, count, this.#keep, this.#sizes, () => new Block(this.#memory.allocate(bytes, 'KVCache.append'))));
      }
      write(growths);
    } catch (error) {
      for (const growth of growths) growth.undo();
      throw error;
    }
    const rows = [...this.#rows];
    for (const [i, index] of indices.entries()) rows[index] = growths[i]?.commit() ?? this.#row(index);
    this.#rows = rows;
  }

  truncate(indices: readonly number[], length: number): void {
    this.#rows = this.#rows.map((row, index) => (indices.includes(index) ? row.truncated(length) : row));
  }

  /** Row i becomes what row `from[i]` was. */
  reorder(from: readonly number[]): void {
    const rows = from.map((index) => this.#row(index).share());
    this.release();
    this.#rows = rows;
  }

  /** The same tokens for one more owner. */
  share(): CacheStore {
    const shared = new CacheStore(this.#memory, this.#sizes, 0, this.#keep);
    shared.#rows = this.#rows.map((row) => row.share());
    return shared;
  }

  release(): void {
    for (const row of this.#rows) row.release();
  }

  #row(index: number): Row {
    return this.#rows[index] ?? new Row(this.#sizes.blockTokens);
  }
}
