/**
 * The arguments of a KVCache's constructor and of its bookkeeping → checked sizes, rows, lengths; every default.
 * @module
 */
import { FoveaError, optionError, shapeError } from '../errors.js';
import type { KVCacheOptions, TruncateOptions } from '../types.js';
import { list } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { type BlockSizes, blockParts } from './blocks.js';

/** Tokens of a block: few allocations, and little waste at the end of a row. */
const mostBlockTokens = 256;
/** Fewer where the capacity is small: always a power of two. */
const leastBlockTokens = 16;
/** The end of what `lengths` can say. */
const mostPositions = 2 ** 31 - 1;

/** A cache's checked options. */
export interface CacheSizes extends BlockSizes {
  readonly batch: number;
  readonly capacity: number;
  /** Keys that a query sees before and after its own position; Infinity: no bound. */
  readonly window: readonly [number, number];
}

/** What a plan wants to know of a row. */
export interface RowState {
  /** Position of the first token kept. */
  readonly first: number;
  /** Position after the last. */
  readonly length: number;
}

const rules = {
  batch: rule.size,
  kvHeads: rule.size,
  headDim: rule.size,
  valueDim: rule.size,
  capacity: rule.size,
  dtype: rule.cacheDtype,
  window: rule.window,
} satisfies rule.Rules<KVCacheOptions>;

export function planCache(options: unknown): CacheSizes {
  const op = 'KVCache';
  const given = rule.checkOptions(op, options ?? {}, rules);
  const needed = (name: 'batch' | 'kvHeads' | 'headDim' | 'capacity'): number => given[name] ?? rule.size(op, name, undefined);
  const batch = needed('batch');
  const kvHeads = needed('kvHeads');
  const headDim = needed('headDim');
  const capacity = needed('capacity');
  const { valueDim = headDim, dtype = 'float32', window = [Infinity, Infinity] } = given;
  let blockTokens = leastBlockTokens;
  while (blockTokens < Math.min(capacity, mostBlockTokens)) blockTokens *= 2;

  const sizes = { batch, kvHeads, headDim, valueDim, capacity, dtype, window, blockTokens };
  const bytes = batch * Math.ceil(capacity / blockTokens) * blockParts(sizes).bytes;
  if (bytes > Number.MAX_SAFE_INTEGER) {
    throw new FoveaError(
      'ERR_OUT_OF_MEMORY',
      `${op}: capacity is ${capacity}, whose bytes overflow (batch ${batch}, kvHeads ${kvHeads}, headDim ${headDim}, valueDim ${valueDim})`,
    );
  }
  if (capacity > mostPositions) throw optionError(op, 'capacity', String(capacity), `at most ${mostPositions} tokens`);
  return sizes;
}

/** Tokens before the newest that a row has to keep: all that its window may still show. */
export function tokensNeeded({ window }: CacheSizes, length: number): number {
  return Math.min(window[0], length);
}

/** Tokens that stay: a block more than needed, so that a row can be truncated again. */
export function tokensKept({ window, blockTokens }: CacheSizes): number {
  return window[0] + blockTokens;
}

/** @throws {FoveaError} ERR_SHAPE when `count` tokens more are too many for one of the rows */
export function checkRoom(op: string, sizes: CacheSizes, rows: readonly RowState[], indices: readonly number[], count: number): void {
  for (const index of indices) {
    const length = rows[index]?.length ?? 0;
    const room = Math.min(sizes.capacity - tokensNeeded(sizes, length), mostPositions - length);
    if (count <= room) continue;
    const holds = `row ${index} is at ${length}, the capacity is ${sizes.capacity}`;
    throw shapeError(op, 'key', `${count} tokens`, `at most ${Math.max(0, room)}`, holds);
  }
}

/** The option `row`: one index, or all. */
export function rowIndices(op: string, batch: number, row: number | undefined): number[] {
  if (row === undefined) return Array.from({ length: batch }, (_, index) => index);
  if (row >= batch) throw optionError(op, 'row', String(row), `0 to ${batch - 1}`, `the batch is ${batch}`);
  return [row];
}

const truncateRules = { row: rule.index } satisfies rule.Rules<TruncateOptions>;

/** Which rows `truncate` cuts. @throws {FoveaError} ERR_OPTION for a length that a row has not, or cannot go back to */
export function planTruncate(sizes: CacheSizes, rows: readonly RowState[], length: unknown, options: unknown): number[] {
  const op = 'KVCache.truncate';
  const given = rule.checkOptions(op, options, truncateRules);
  const indices = rowIndices(op, sizes.batch, given.row);
  const wanted = rule.index(op, 'length', length);
  for (const index of indices) {
    const { first, length: present } = rows[index] ?? { first: 0, length: 0 };
    const least = first === 0 ? 0 : first + sizes.window[0];
    if (wanted > present) throw optionError(op, 'length', String(wanted), `at most ${present}`, `what row ${index} has`);
    if (wanted < least)
      throw optionError(op, 'length', String(wanted), `at least ${least}`, `row ${index} has given up what the window had passed`);
  }
  return indices;
}

/** Which row each row becomes. @throws {FoveaError} ERR_SHAPE, ERR_OPTION, ERR_DTYPE when it is no list of rows */
export function planReorder(batch: number, rows: unknown): number[] {
  const op = 'KVCache.reorder';
  const given = Array.isArray(rows) ? (rows as unknown[]) : [...rule.int32Array(op, 'rows', rows)];
  if (given.length !== batch) throw shapeError(op, 'rows', `${given.length} entries`, `${batch}, one for each of the batch`);
  return given.map((row) => {
    const index = rule.index(op, 'rows', row);
    if (index >= batch) throw optionError(op, 'rows', list(given), `whole numbers from 0 to ${batch - 1}`);
    return index;
  });
}

/** What a disposed cache says. */
export function disposedError(op: string): FoveaError {
  return new FoveaError('ERR_DISPOSED', `${op}: the cache has been disposed of`);
}
