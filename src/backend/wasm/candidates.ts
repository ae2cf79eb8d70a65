/**
 * Offers the wasm builds as candidates. Where their modules come from differs: load-node.ts, load-browser.ts, given.ts.
 * @module
 */
import type { Plan } from '../../plan/plan.js';
import type { Backend, Candidate } from '../backend.js';
import { once } from '../once.js';
import { Remote, type StartWorker } from '../remote.js';
import { requireFeature, type WasmTarget, wasmTargets } from './targets.js';
import { instantiate, instantiateLater, type Runner } from './wasm.js';

/** One candidate a build, best first; `open` gets its module at once. */
export function candidatesNow(open: (target: WasmTarget) => WebAssembly.Module, startWorker: StartWorker): readonly Candidate[] {
  return wasmTargets.map((target) => ({
    name: 'wasm',
    target: target.name,
    load: once(() => {
      requireFeature(target);
      const module = open(target);
      return wasmBackend(module, instantiate(module), startWorker, target.name);
    }),
  }));
}

/** The same where opening takes time: tries the builds best first and stops at the first that works, so that no other is downloaded. */
export async function candidatesLater(
  open: (target: WasmTarget) => Promise<WebAssembly.Module>,
  startWorker: StartWorker,
): Promise<readonly Candidate[]> {
  const candidates: Candidate[] = [];
  for (const target of wasmTargets) {
    try {
      requireFeature(target);
      const module = await open(target);
      const backend = wasmBackend(module, await instantiateLater(module), startWorker, target.name);
      return [...candidates, { name: 'wasm', target: target.name, load: () => backend }];
    } catch (error) {
      const load = (): never => {
        throw error;
      };
      candidates.push({ name: 'wasm', target: target.name, load });
    }
  }
  return candidates;
}

/** The one candidate of a module that the caller brought: its target is what the module says of itself. */
export async function givenCandidate(module: WebAssembly.Module, startWorker: StartWorker): Promise<Candidate> {
  const runner = await instantiateLater(module);
  const backend = wasmBackend(module, runner, startWorker, runner.target);
  return { name: 'wasm', target: runner.target, load: () => backend };
}

function wasmBackend(module: WebAssembly.Module, { run }: Runner, startWorker: StartWorker, target: string): Backend {
  const remote = new Remote({ backend: 'wasm', module }, startWorker, run);
  return {
    name: 'wasm',
    target,
    threads: 1,
    get asyncRuns() {
      return remote.runs;
    },
    run,
    runAsync: (plan: Plan, signal) => remote.run(plan, signal),
  };
}
