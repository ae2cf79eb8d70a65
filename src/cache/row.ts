/**
 * One batch row of a cache: its tokens in order, in blocks. Positions are absolute: when a window has passed the oldest blocks,
 * `first` says where what is kept begins.
 * @module
 */
import type { CacheRow } from '../plan/plan.js';
import type { Block } from './block.js';

export class Row {
  readonly #blockTokens: number;
  #blocks: readonly Block[];
  /** Position of the first token kept, a multiple of a block's tokens. */
  readonly first: number;
  /** Position after the last token. */
  readonly length: number;

  constructor(blockTokens: number, blocks: readonly Block[] = [], first = 0, length = 0) {
    this.#blockTokens = blockTokens;
    this.#blocks = blocks;
    this.first = first;
    this.length = length;
  }

  get blocks(): readonly Block[] {
    return this.#blocks;
  }

  /** The same tokens for one more owner. */
  share(): Row {
    return new Row(
      this.#blockTokens,
      this.#blocks.map((block) => block.share()),
      this.first,
      this.length,
    );
  }

  /** The first `length` tokens, of which this row's owner becomes theirs: blocks past them are released. */
  truncated(length: number): Row {
    const kept = Math.ceil(Math.max(0, length - this.first) / this.#blockTokens);
    for (const block of this.#blocks.slice(kept)) block.release();
    return new Row(this.#blockTokens, this.#blocks.slice(0, kept), this.first, length);
  }

  release(): void {
    for (const block of this.#blocks) block.release();
    this.#blocks = [];
  }

  /** For a plan that runs now: where its memory lies at this moment. */
  pages(): CacheRow {
    return { first: this.first, blocks: this.#blocks.map((block) => block.view()) };
  }
}
