/**
 * Starts the worker of Node: dist/worker-node.cjs, also when the sources run as they are (tests), since a thread cannot start from TypeScript.
 * @module
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { packageRoot } from './package-root.js';
import type { StartWorker } from './remote.js';

export const startWorkerThread: StartWorker = (setup, events) => {
  // execArgv: none of the caller's --import, -r or --input-type, which are not meant for this file.
  const worker = new Worker(join(packageRoot(), 'dist', 'worker-node.cjs'), { workerData: setup, execArgv: [], name: 'fovea' });
  worker.on('message', events.reply);
  worker.on('error', events.failed);
  worker.on('exit', (code) => events.failed(new Error(`it ended with exit code ${code}`)));
  return {
    post: (request, transfer) => worker.postMessage(request, transfer),
    hold: (working) => (working ? worker.ref() : worker.unref()),
    end: () => void worker.terminate(),
  };
};
