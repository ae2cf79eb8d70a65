/**
 * A block of a cache: memory for a fixed number of tokens of one row. Blocks are counted, so that rows (of a beam search, of a
 * fork) and calls that still run share them; who wants to write where others read takes a copy.
 * @module
 */
import type { KeptBlock } from '../backend/backend.js';

export class Block {
  readonly #memory: KeptBlock;
  #owners = 1;
  /** Tokens from the block's start on that somebody may read. */
  #written = 0;

  constructor(memory: KeptBlock) {
    this.#memory = memory;
  }

  /** The block for one more owner. */
  share(): this {
    this.#owners += 1;
    return this;
  }

  /** One owner less; the last one frees the memory. */
  release(): void {
    this.#owners -= 1;
    if (this.#owners === 0) this.#memory.free();
  }

  /**
   * Whether an owner of its first `from` tokens may write those up to `to`: nobody else reads there. If so nobody else may write
   * there any more, until the claim is taken back.
   * @returns what takes the claim back, as long as nobody reads what was claimed; undefined where others read
   */
  claim(from: number, to: number): (() => void) | undefined {
    const before = this.#written;
    if (this.#owners > 1 && from < before) return undefined;
    this.#written = to;
    return () => {
      this.#written = before;
    };
  }

  get bytes(): number {
    return this.#memory.bytes;
  }

  /** Its memory as it lies now; to be taken anew after anything was allocated. */
  view(): Uint8Array {
    return this.#memory.view();
  }
}
