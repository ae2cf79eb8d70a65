/**
 * A cache's blocks as float64 numbers, and new tokens into them, each rounded to the cache's dtype once; int8 with a step for each
 * token and head.
 * @module
 */
import { type BlockSizes, blockParts } from '../../plan/blocks.js';
import { inSteps, stepOf } from '../../plan/int8.js';
import type { AppendPlan, CacheAttentionPlan, CacheRow, View } from '../../plan/plan.js';
import type { CacheDType } from '../../types.js';
import { notFinite } from '../status.js';
import { position, read, write } from './numbers.js';

/** The keys and values of one head of one row, dense and row-major; 0 where the cache holds no token. */
export function readTokens(plan: CacheAttentionPlan, b: number, head: number): { keys: Float64Array; values: Float64Array } {
  const { keyDim, valueDim, keyLength, blockTokens } = plan;
  const keys = new Float64Array(keyLength * keyDim);
  const values = new Float64Array(keyLength * valueDim);
  const { first, blocks } = rowOf(plan.rows, b);
  const end = plan.keyLengths[b] ?? 0;
  for (const [i, block] of blocks.entries()) {
    const begin = first + i * blockTokens;
    const part = openBlock(block, sizesOf(plan), head);
    for (let slot = 0; slot < blockTokens && begin + slot < end; slot++) {
      part.keys.read(slot, keys.subarray((begin + slot) * keyDim, (begin + slot + 1) * keyDim));
      part.values.read(slot, values.subarray((begin + slot) * valueDim, (begin + slot + 1) * valueDim));
    }
  }
  return { keys, values };
}

/** @throws {FoveaError} ERR_OPTION where int8 would have to hold a number that is not finite; nothing is written then */
export function append(plan: AppendPlan): void {
  const { batch, kvHeads, headDim, valueDim, blockTokens } = plan;
  if (plan.cacheDtype === 'int8' && !(allFinite(plan, plan.k, headDim) && allFinite(plan, plan.v, valueDim))) throw notFinite(plan);
  for (let b = 0; b < batch; b++) {
    const { first, blocks } = rowOf(plan.rows, b);
    const begin = (plan.positions[b] ?? 0) - first;
    for (let head = 0; head < kvHeads; head++) {
      for (const [i, block] of blocks.entries()) {
        const part = openBlock(block, sizesOf(plan), head);
        for (let slot = 0; slot < blockTokens; slot++) {
          const j = i * blockTokens + slot - begin;
          if (j < 0 || j >= plan.length) continue;
          part.keys.write(slot, features(plan, plan.k, b, head, j, headDim));
          part.values.write(slot, features(plan, plan.v, b, head, j, valueDim));
        }
      }
    }
  }
}

function features({ dtype }: AppendPlan, view: View<Float32Array | Uint16Array>, b: number, head: number, j: number, width: number) {
  return Float64Array.from({ length: width }, (_, c) => read(view.data, dtype, position(view, b, head, j, c)));
}

function allFinite(plan: AppendPlan, view: View<Float32Array | Uint16Array>, width: number): boolean {
  for (let b = 0; b < plan.batch; b++)
    for (let head = 0; head < plan.kvHeads; head++)
      for (let j = 0; j < plan.length; j++) if (!features(plan, view, b, head, j, width).every(Number.isFinite)) return false;
  return true;
}

/** Tokens of one head in a block: keys or values, at their places in it. */
interface Tokens {
  read(slot: number, to: Float64Array): void;
  write(slot: number, from: Float64Array): void;
}

function openBlock(block: Uint8Array, sizes: BlockSizes, head: number): { keys: Tokens; values: Tokens } {
  const { keys, values, keyScales, valueScales } = blockParts(sizes);
  const { blockTokens, dtype } = sizes;
  const tokens = (offset: number, scalesAt: number, width: number): Tokens => {
    const at = block.byteOffset + offset;
    const from = head * blockTokens * width;
    if (dtype === 'int8') {
      const scales = new Float32Array(block.buffer, block.byteOffset + scalesAt, (head + 1) * blockTokens).subarray(head * blockTokens);
      return quantised(new Int8Array(block.buffer, at + from, blockTokens * width), scales, width);
    }
    const elements = from + blockTokens * width;
    return plain(
      dtype === 'float32' ? new Float32Array(block.buffer, at, elements) : new Uint16Array(block.buffer, at, elements),
      dtype,
      from,
      width,
    );
  };
  return {
    keys: tokens(keys.offset, keyScales.offset, sizes.headDim),
    values: tokens(values.offset, valueScales.offset, sizes.valueDim),
  };
}

function plain(data: Float32Array | Uint16Array, dtype: Exclude<CacheDType, 'int8'>, begin: number, width: number): Tokens {
  return {
    read(slot, to) {
      for (let c = 0; c < width; c++) to[c] = read(data, dtype, begin + slot * width + c);
    },
    write(slot, from) {
      for (let c = 0; c < width; c++) write(data, dtype, begin + slot * width + c, from[c] ?? NaN);
    },
  };
}

function quantised(data: Int8Array, scales: Float32Array, width: number): Tokens {
  return {
    read(slot, to) {
      for (let c = 0; c < width; c++) to[c] = Math.fround((data[slot * width + c] ?? NaN) * (scales[slot] ?? NaN));
    },
    write(slot, from) {
      const step = stepOf(from.reduce((max, x) => Math.max(max, Math.abs(x)), 0));
      scales[slot] = step;
      for (let c = 0; c < width; c++) data[slot * width + c] = inSteps(from[c] ?? NaN, step);
    },
  };
}

function sizesOf(plan: CacheAttentionPlan | AppendPlan): BlockSizes {
  const { kvHeads, valueDim, blockTokens, cacheDtype } = plan;
  const headDim = plan.op === 'append' ? plan.headDim : plan.keyDim;
  return { kvHeads, headDim, valueDim, blockTokens, dtype: cacheDtype };
}

function rowOf(rows: readonly CacheRow[], b: number): CacheRow {
  return rows[b] ?? { first: 0, blocks: [] };
}
