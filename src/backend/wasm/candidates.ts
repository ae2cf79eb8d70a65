/**
 * Offers the wasm builds as candidates. Where their modules come from differs: load-node.ts, load-browser.ts, given.ts.
 * @module
 */
import type { Plan } from '../../plan/plan.js';
import type { Backend, Candidate } from '../backend.js';
import { once } from '../once.js';
import { Remote, type StartWorker } from '../remote.js';
import { checked } from '../self-check.js';
import type { StartHelper } from './help.js';
import type { Compiled } from './modules.js';
import { requireFeature, type WasmTarget, wasmTargets } from './targets.js';
import { instantiate, instantiateLater, type Runner } from './wasm.js';

/** How the two kinds of workers start here: the one for async calls, and those that help with sync ones. */
export interface Starters {
  readonly worker: StartWorker;
  readonly helper: StartHelper;
}

/** One candidate a build, best first; `open` gets its module at once. */
export function candidatesNow(open: (target: WasmTarget) => Compiled, start: Starters): readonly Candidate[] {
  return wasmTargets.map((target) => ({
    name: 'wasm',
    target: target.name,
    load: once(() => {
      requireFeature(target);
      const compiled = open(target);
      return wasmBackend(compiled, instantiate(compiled, start.helper), start.worker, target.name);
    }),
  }));
}

/**
 * The same where opening takes time: tries the builds best first up to the first that passes its self-check, so that no other is
 * downloaded. Called again it tries again what could not be opened, and keeps the rest.
 */
export function candidatesLater(open: (target: WasmTarget) => Promise<Compiled>, start: Starters): () => Promise<readonly Candidate[]> {
  const known = new Map<WasmTarget, Opened>();
  return async () => {
    for (const target of wasmTargets) {
      const before = known.get(target);
      const opened = before && !before.candidate.mayRecover ? before : await openedBy(open, target, start);
      known.set(target, opened);
      if (opened.works) break;
    }
    return wasmTargets.map((target) => known.get(target)?.candidate ?? notDownloaded(target));
  };
}

/** The one candidate of a module that the caller brought: its target is what the module says of itself. */
export async function givenCandidate(compiled: Compiled, start: Starters): Promise<Candidate> {
  const runner = await instantiateLater(compiled, start.helper);
  const backend = wasmBackend(compiled, runner, start.worker, runner.target);
  return { name: 'wasm', target: runner.target, load: () => backend };
}

interface Opened {
  readonly candidate: Candidate;
  readonly works: boolean;
}

async function openedBy(open: (target: WasmTarget) => Promise<Compiled>, target: WasmTarget, start: Starters): Promise<Opened> {
  let mayRecover = false;
  try {
    requireFeature(target);
    mayRecover = true;
    const compiled = await open(target);
    mayRecover = false;
    const backend = checked(wasmBackend(compiled, await instantiateLater(compiled, start.helper), start.worker, target.name));
    return { candidate: { name: 'wasm', target: target.name, load: () => backend }, works: true };
  } catch (error) {
    return { candidate: failing(target, error, mayRecover), works: false };
  }
}

function notDownloaded(target: WasmTarget): Candidate {
  return failing(target, new Error(`not downloaded; init({ wasm }) with the URL of fovea-${target.name}.wasm takes it`), false);
}

function failing(target: WasmTarget, error: unknown, mayRecover: boolean): Candidate {
  const load = (): never => {
    throw error;
  };
  return { name: 'wasm', target: target.name, mayRecover, load };
}

function wasmBackend({ module, alone }: Compiled, runner: Runner, start: StartWorker, target: string): Backend {
  const { run, workers, memory, panelColumns, copied } = runner;
  const remote = new Remote({ backend: 'wasm', module, isShared: alone === undefined }, start, run);
  return {
    name: 'wasm',
    target,
    get threads() {
      return workers.threads;
    },
    get shortage() {
      return workers.shortage;
    },
    get asyncRuns() {
      return remote.runs;
    },
    memory,
    panelColumns,
    run,
    // The worker has a memory of its own, and by the time it is free this one may have grown: what is kept here is copied now.
    runAsync: async (plan: Plan, signal) => remote.run(copied(plan), signal),
  };
}
