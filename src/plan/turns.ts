/**
 * The sines and cosines of a rotary position embedding: worked out in float64, rounded once, and kept for the calls that follow.
 * @module
 */
import { FoveaError } from '../errors.js';

/** A table of the last calls. A model turns queries and keys of all its layers by one. */
interface Turns {
  readonly base: number;
  readonly width: number;
  /** Undefined: 0, 1, 2, … */
  readonly positions: Int32Array | undefined;
  readonly count: number;
  /** `[count, width]` */
  readonly table: Float32Array;
}

const kept: Turns[] = [];
const mostKept = 4;

/**
 * `[count, width]` at least: for each position the cosines of its width/2 angles, then their sines. Nobody writes to it.
 * @param positions `[count]`; undefined: 0, 1, 2, …
 */
export function turnsOf(op: string, base: number, width: number, positions: Int32Array | undefined, count: number): Float32Array {
  for (let i = 0; i < kept.length; i++) {
    const turns = kept[i];
    if (turns === undefined || turns.base !== base || turns.width !== width || !covers(turns, positions, count)) continue;
    if (i > 0) kept.unshift(...kept.splice(i, 1));
    return turns.table;
  }
  const table = tableOf(op, base, width, positions, count);
  kept.unshift({ base, width, positions: positions?.slice(), count, table });
  kept.length = Math.min(kept.length, mostKept);
  return table;
}

function covers(turns: Turns, positions: Int32Array | undefined, count: number): boolean {
  const own = turns.positions;
  if (positions === undefined || own === undefined) return positions === own && count <= turns.count;
  if (count !== turns.count) return false;
  for (let i = 0; i < count; i++) if (own[i] !== positions[i]) return false;
  return true;
}

function tableOf(op: string, base: number, width: number, positions: Int32Array | undefined, count: number): Float32Array {
  const table = allocate(op, count, width);
  const half = width / 2;
  const frequencies = Float64Array.from({ length: half }, (_, i) => base ** ((-2 * i) / width));
  for (let row = 0; row < count; row++) {
    const position = positions === undefined ? row : (positions[row] ?? 0);
    for (let i = 0; i < half; i++) {
      const angle = position * (frequencies[i] ?? 0);
      table[row * width + i] = Math.cos(angle);
      table[row * width + half + i] = Math.sin(angle);
    }
  }
  return table;
}

function allocate(op: string, count: number, width: number): Float32Array {
  try {
    return new Float32Array(count * width);
  } catch (cause) {
    throw new FoveaError('ERR_OUT_OF_MEMORY', `${op}: no memory for the sines and cosines of ${count} positions, ${width} numbers each`, {
      cause,
    });
  }
}
