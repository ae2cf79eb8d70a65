/**
 * Sizes of what is kept beyond a call: a cache's blocks, a packed matrix.
 * @module
 */
import type { CacheDType } from '../types.js';

export const elementBytes: Record<CacheDType, number> = { float32: 4, float16: 2, bfloat16: 2, int8: 1 };

/** Bytes up to a multiple of 64, where the next part begins. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
