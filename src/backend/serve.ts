/**
 * What a worker does: makes a backend of its own and answers one request after the other.
 * @module
 */
import { FoveaError } from '../errors.js';
import type { Plan } from '../plan/plan.js';
import { buffersOf, type Reply, type Request } from './parcel.js';
import { runReference } from './reference/index.js';
import type { WorkerSetup } from './remote.js';
import { nameOf } from './status.js';
import { newMemory } from './wasm/modules.js';
import { instantiate } from './wasm/wasm.js';

interface Answer {
  readonly reply: Reply;
  readonly transfer: ArrayBuffer[];
}

/** The function that answers requests, once the backend is made. */
export function server(setup: WorkerSetup): (request: Request) => Answer {
  const run = setup.backend === 'wasm' ? wasmRun(setup) : runReference;
  return ({ plan, written }) => {
    try {
      run(plan);
      return { reply: { written }, transfer: buffersOf(written) };
    } catch (error) {
      return { reply: failure(plan, error), transfer: [] };
    }
  };
}

/** On one thread. */
function wasmRun({ module, isShared }: Extract<WorkerSetup, { backend: 'wasm' }>): (plan: Plan) => void {
  return instantiate({ module, memory: newMemory(isShared) }).run;
}

/** An error's class does not survive postMessage: its code and its words do. */
function failure(plan: Plan, error: unknown): Reply {
  if (error instanceof FoveaError) return { code: error.code, message: error.message };
  if (error instanceof RangeError) return { code: 'ERR_OUT_OF_MEMORY', message: `${nameOf(plan)}: ${error.message}` };
  return { code: 'ERR_BACKEND', message: `${nameOf(plan)}: ${error instanceof Error ? error.message : String(error)}` };
}
