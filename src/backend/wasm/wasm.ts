/**
 * Runs plans on an instance of the wasm: the twin of native.ts, with the arena between a plan and the kernels.
 * @module
 */
import { FoveaError } from '../../errors.js';
import type { Plan } from '../../plan/plan.js';
import { Spare } from '../../plan/spare.js';
import type { KeptMemory } from '../backend.js';
import { nameOf, opNames, statusError } from '../status.js';
import { Arena, type Placed } from './arena.js';
import { Blocks } from './blocks.js';
import { copied } from './copied.js';
import type { StartHelper } from './help.js';
import type { Compiled } from './modules.js';
import { piecesOf } from './pieces.js';
import { Workers } from './workers.js';

/** `columns` in TileSizes. */
const columnsAt = 8;

type Kernel = (words: number, wordCount: number, buffers: number, bufferCount: number, scratchBegin: number, threads: number) => number;

/** What wasm/exports.cc exports. */
type Exports = Readonly<Record<Plan['op'], Kernel>> & {
  /** First byte after the module's own data, the caller's stack, and what it shares with its workers. */
  heap_base(): number;
  /** Address of `TileSizes` of native/kernels.h. */
  tile_sizes(): number;
  /** Address of the build's name, ended by a zero. */
  target_name(): number;
  /** Once, before the first call: whether this thread may block. */
  own(mayBlock: number): void;
  /** How many helpers the calls so far could have used. */
  wished(): number;
};

/** An instance with a memory of its own. */
export interface Runner {
  /** Which of the builds it is, as it says itself. */
  readonly target: string;
  run(plan: Plan): void;
  readonly workers: Workers;
  /** Blocks of that memory. */
  readonly memory: KeptMemory;
  readonly panelColumns: number;
  /** The plan without a view of that memory: what lies there is copied. */
  copied(plan: Plan): Plan;
}

/**
 * @param start how workers start that help with its calls; undefined: they run alone
 * @throws {Error} when the module is something else, or of another version
 */
export function instantiate(compiled: Compiled, start?: StartHelper): Runner {
  const { module, memory } = compiled;
  return runnerOf(new WebAssembly.Instance(module, { env: { memory } }), compiled, start);
}

/** The same where a page may not instantiate at once. */
export async function instantiateLater(compiled: Compiled, start?: StartHelper): Promise<Runner> {
  const { module, memory } = compiled;
  return runnerOf(await WebAssembly.instantiate(module, { env: { memory } }), compiled, start);
}

function runnerOf(instance: WebAssembly.Instance, compiled: Compiled, start: StartHelper | undefined): Runner {
  const { memory } = compiled;
  const exported: unknown = instance.exports;
  if (!isOurs(exported))
    throw new Error(`it is no wasm of this version of fovea: it exports ${Object.keys(instance.exports).join(', ') || 'nothing'}`);
  const blocks = new Blocks(memory, exported.heap_base() >>> 0);
  const workers = new Workers(compiled, blocks, start);
  exported.own(mayBlock() ? 1 : 0);
  const arenas = new Spare(() => new Arena(memory, blocks));
  const runIn = (arena: Arena, plan: Plan): void => {
    const status = callKernel(plan, exported, arena.put(plan), workers.threads);
    if (status !== 0) throw statusError(plan, status);
    arena.take(plan);
  };
  return {
    target: wordAt(memory, exported.target_name() >>> 0),
    run(plan) {
      const arena = arenas.take();
      try {
        const pieces = piecesOf(plan, workers.threads);
        if (pieces === undefined) runIn(arena, plan);
        else for (const piece of pieces) runIn(arena, piece);
      } finally {
        arena.done();
        arenas.giveBack(arena);
      }
      if (workers.mayGrow) workers.grow(exported.wished());
    },
    workers,
    memory: blocks,
    panelColumns: new DataView(memory.buffer).getInt32((exported.tile_sizes() >>> 0) + columnsAt, true),
    copied: (plan) => copied(plan, blocks),
  };
}

/** A browser's main thread may not: there the caller looks again and again for the last tasks of a call to end. */
function mayBlock(): boolean {
  if (typeof SharedArrayBuffer === 'undefined') return false;
  try {
    return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1) === 'not-equal';
  } catch {
    return false;
  }
}

function wordAt(memory: WebAssembly.Memory, address: number): string {
  const bytes = new Uint8Array(memory.buffer, address, 32);
  return String.fromCharCode(...bytes.subarray(0, bytes.indexOf(0)));
}

function callKernel(plan: Plan, exported: Exports, { words, wordCount, buffers, bufferCount, end }: Placed, threads: number): number {
  try {
    return exported[plan.op](words, wordCount, buffers, bufferCount, end, threads);
  } catch (error) {
    throw new FoveaError('ERR_BACKEND', `${nameOf(plan)}: the wasm kernel trapped; this is a bug in fovea`, { cause: error });
  }
}

function isOurs(exported: unknown): exported is Exports {
  if (typeof exported !== 'object' || exported === null) return false;
  const names = [...opNames, 'heap_base', 'tile_sizes', 'target_name', 'own', 'wished', 'help', 'trapped'];
  return names.every((name) => typeof Object.getOwnPropertyDescriptor(exported, name)?.value === 'function');
}
