/**
 * Runs plans on an instance of the wasm: the twin of native.ts, with the arena between a plan and the kernels.
 * @module
 */
import { FoveaError } from '../../errors.js';
import type { Plan } from '../../plan/plan.js';
import type { KeptMemory } from '../backend.js';
import { Spare } from '../spare.js';
import { nameOf, opNames, statusError } from '../status.js';
import { Arena } from './arena.js';
import { Blocks } from './blocks.js';
import { copied } from './copied.js';
import { maximumPages } from './growth.js';
import { piecesOf } from './pieces.js';

/** 32 MB: more than the modules ask for; pages that nobody touches cost nothing. */
const initialPages = 512;

/** `columns` in TileSizes. */
const columnsAt = 8;

type Kernel = (words: number, wordCount: number, buffers: number, bufferCount: number, scratchBegin: number) => number;

/** What wasm/exports.cc exports. */
type Exports = Readonly<Record<Plan['op'], Kernel>> & {
  /** First byte after the module's own data and stack. */
  heap_base(): number;
  /** Address of `TileSizes` of native/kernels.h. */
  tile_sizes(): number;
  /** Address of the build's name, ended by a zero. */
  target_name(): number;
};

/** An instance with a memory of its own. */
export interface Runner {
  /** Which of the builds it is, as it says itself. */
  readonly target: string;
  run(plan: Plan): void;
  /** Blocks of that memory. */
  readonly memory: KeptMemory;
  readonly panelColumns: number;
  /** The plan without a view of that memory: what lies there is copied. */
  copied(plan: Plan): Plan;
}

/** @throws {Error} when the module is something else, or of another version */
export function instantiate(module: WebAssembly.Module): Runner {
  const memory = newMemory();
  return runnerOf(new WebAssembly.Instance(module, { env: { memory } }), memory);
}

/** The same where a page may not instantiate at once. */
export async function instantiateLater(module: WebAssembly.Module): Promise<Runner> {
  const memory = newMemory();
  return runnerOf(await WebAssembly.instantiate(module, { env: { memory } }), memory);
}

function newMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: initialPages, maximum: maximumPages });
}

function runnerOf(instance: WebAssembly.Instance, memory: WebAssembly.Memory): Runner {
  const exported: unknown = instance.exports;
  if (!isOurs(exported))
    throw new Error(`it is no wasm of this version of fovea: it exports ${Object.keys(instance.exports).join(', ') || 'nothing'}`);
  const blocks = new Blocks(memory, exported.heap_base() >>> 0);
  const arenas = new Spare(() => new Arena(memory, blocks));
  const runIn = (arena: Arena, plan: Plan): void => {
    const { words, wordCount, buffers, bufferCount, end } = arena.put(plan);
    const status = kernelCall(plan, () => exported[plan.op](words, wordCount, buffers, bufferCount, end));
    if (status !== 0) throw statusError(plan, status);
    arena.take(plan);
  };
  return {
    target: wordAt(memory, exported.target_name() >>> 0),
    run(plan) {
      const arena = arenas.take();
      try {
        const pieces = piecesOf(plan);
        if (pieces === undefined) runIn(arena, plan);
        else for (const piece of pieces) runIn(arena, piece);
      } finally {
        arena.done();
        arenas.giveBack(arena);
      }
    },
    memory: blocks,
    panelColumns: new DataView(memory.buffer).getInt32((exported.tile_sizes() >>> 0) + columnsAt, true),
    copied: (plan) => copied(plan, memory),
  };
}

function wordAt(memory: WebAssembly.Memory, address: number): string {
  const bytes = new Uint8Array(memory.buffer, address, 32);
  return String.fromCharCode(...bytes.subarray(0, bytes.indexOf(0)));
}

function kernelCall(plan: Plan, call: () => number): number {
  try {
    return call();
  } catch (error) {
    throw new FoveaError('ERR_BACKEND', `${nameOf(plan)}: the wasm kernel trapped; this is a bug in fovea`, { cause: error });
  }
}

function isOurs(exported: unknown): exported is Exports {
  if (typeof exported !== 'object' || exported === null) return false;
  const names = [...opNames, 'heap_base', 'tile_sizes', 'target_name'];
  return names.every((name) => typeof Object.getOwnPropertyDescriptor(exported, name)?.value === 'function');
}
