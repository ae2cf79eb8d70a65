/**
 * Starts the workers of Node: of files in dist/, also when the sources run as they are (tests), since a thread cannot start from TypeScript.
 * @module
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { packageRoot } from './package-root.js';
import type { StartWorker } from './remote.js';
import type { StartHelper } from './wasm/help.js';

export const startWorkerThread: StartWorker = (setup, events) => {
  const worker = workerOf('worker-node.cjs', setup);
  worker.on('message', events.reply);
  worker.on('error', events.failed);
  worker.on('exit', (code) => events.failed(new Error(`it ended with exit code ${code}`)));
  return {
    post: (request, transfer) => worker.postMessage(request, transfer),
    hold: (working) => (working ? worker.ref() : worker.unref()),
    end: () => void worker.terminate(),
  };
};

/** It never ends by itself: Node ends it with the thread that started it, for which it is no reason to stay. */
export const startHelperThread: StartHelper = (setup, failed) => {
  const worker = workerOf('helper-node.cjs', setup);
  worker.on('error', failed);
  worker.unref();
};

function workerOf(file: string, workerData: unknown): Worker {
  // execArgv: none of the caller's --import, -r or --input-type, which are not meant for this file.
  return new Worker(join(packageRoot(), 'dist', file), { workerData, execArgv: [], name: 'fovea' });
}
