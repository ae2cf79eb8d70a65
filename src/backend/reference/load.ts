/**
 * Offers the reference backend: plain TypeScript, always there.
 * @module
 */
import type { Candidate } from '../backend.js';
import { heapMemory } from '../kept.js';
import { Remote, type StartWorker } from '../remote.js';
import { runReference } from './index.js';

export function referenceCandidates(startWorker: StartWorker): readonly Candidate[] {
  const remote = new Remote({ backend: 'reference' }, startWorker, runReference);
  const backend = {
    name: 'reference',
    target: 'js',
    threads: 1,
    get asyncRuns() {
      return remote.runs;
    },
    memory: heapMemory(),
    panelColumns: 1,
    run: runReference,
    runAsync: remote.run.bind(remote),
  } as const;
  return [{ name: 'reference', target: 'js', load: () => backend }];
}
