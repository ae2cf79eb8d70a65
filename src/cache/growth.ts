/**
 * Room for new tokens at the end of a row, made before anything is written: what the window has passed goes, a last block that
 * others read is copied, new blocks join. Until `commit` the row itself is as it was.
 * @module
 */
import { type BlockSizes, blockParts } from '../plan/blocks.js';
import type { CacheRow } from '../plan/plan.js';
import type { Block } from './block.js';
import { Row } from './row.js';

/** A row that is about to grow. */
export interface Growth {
  /** Position of the first new token. */
  readonly position: number;
  /** The blocks that are written, as their memory lies now. */
  pages(): CacheRow;
  /** The row with its new tokens, in place of the old one. */
  commit(): Row;
  /** Frees what was allocated, and gives up what was claimed. */
  undo(): void;
}

/**
 * @param keep tokens before the new ones that are still needed
 * @throws what `allocate` throws; nothing is kept then
 */
export function grow(row: Row, count: number, keep: number, sizes: BlockSizes, allocate: () => Block): Growth {
  const { blockTokens } = sizes;
  const { first, length } = row;
  const passed = row.blocks.slice(0, Math.max(0, Math.floor((length - keep - first) / blockTokens)));
  const left = row.blocks.slice(passed.length);
  const begin = first + passed.length * blockTokens;
  const whole = left.slice(0, Math.floor((length - begin) / blockTokens));
  const tail = left[whole.length]; // partly full, if there is one
  const tailBegin = begin + whole.length * blockTokens;

  const end = length + count;
  const unclaim = tail?.claim(length - tailBegin, Math.min(end - tailBegin, blockTokens));
  const mayWriteTail = unclaim !== undefined;
  const fresh: Block[] = [];
  const undo = (): void => {
    for (const block of fresh) block.release();
    unclaim?.();
  };
  try {
    for (let at = tailBegin + (mayWriteTail ? blockTokens : 0); at < end; at += blockTokens) {
      const block = allocate();
      block.claim(0, Math.min(end - at, blockTokens));
      fresh.push(block);
    }
  } catch (error) {
    undo();
    throw error;
  }
  const copied = mayWriteTail ? undefined : tail;
  if (copied !== undefined && fresh[0] !== undefined) copyTokens(sizes, copied.view(), fresh[0].view(), length - tailBegin);

  const written = tail !== undefined && mayWriteTail ? [tail, ...fresh] : fresh;
  return {
    position: length,
    pages: () => ({ first: tailBegin, blocks: written.map((block) => block.view()) }),
    undo,
    commit() {
      for (const block of passed) block.release();
      copied?.release();
      return new Row(blockTokens, [...whole, ...written], begin, end);
    },
  };
}

/** Copies a block's first tokens, of each head and part. */
function copyTokens(sizes: BlockSizes, from: Uint8Array, to: Uint8Array, tokens: number): void {
  const { keys, values, keyScales, valueScales } = blockParts(sizes);
  for (const { offset, stride } of [keys, values, keyScales, valueScales]) {
    for (let head = 0; head < sizes.kvHeads; head++) {
      const begin = offset + head * sizes.blockTokens * stride;
      to.set(from.subarray(begin, begin + tokens * stride), begin);
    }
  }
}
