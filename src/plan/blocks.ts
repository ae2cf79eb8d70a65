/**
 * How a block of a cache lies in memory: the keys, then the values of `blockTokens` tokens, each `[kvHeads, token, feature]`; of
 * int8 also their scales, float32 `[kvHeads, token]`. Each part begins at a multiple of 64 bytes. native/args.h says the same.
 * @module
 */
import type { CacheDType } from '../types.js';
import { aligned, elementBytes } from './kept.js';

/** What decides how large a block is. */
export interface BlockSizes {
  readonly kvHeads: number;
  readonly headDim: number;
  readonly valueDim: number;
  readonly dtype: CacheDType;
  readonly blockTokens: number;
}

/** `[kvHeads, blockTokens]` items of a block. */
export interface BlockPart {
  /** First byte. */
  readonly offset: number;
  /** Bytes of one item: a token's features of one head, or its scale. */
  readonly stride: number;
}

export interface BlockParts {
  readonly keys: BlockPart;
  readonly values: BlockPart;
  /** One number a token and head; without bytes but of int8. */
  readonly keyScales: BlockPart;
  readonly valueScales: BlockPart;
  readonly bytes: number;
}

export function blockParts({ kvHeads, headDim, valueDim, dtype, blockTokens }: BlockSizes): BlockParts {
  const scaleBytes = dtype === 'int8' ? 4 : 0;
  let bytes = 0;
  const part = (stride: number): BlockPart => {
    const offset = bytes;
    bytes += aligned(kvHeads * blockTokens * stride);
    return { offset, stride };
  };
  const keys = part(headDim * elementBytes[dtype]);
  const values = part(valueDim * elementBytes[dtype]);
  return { keys, values, keyScales: part(scaleBytes), valueScales: part(scaleBytes), bytes };
}
