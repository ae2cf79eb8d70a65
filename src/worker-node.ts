/**
 * The worker of Node: a file of its own in dist/, started by backend/worker-thread.ts.
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { Request } from './backend/parcel.js';
import { server } from './backend/serve.js';

const answer = server(workerData);

parentPort?.on('message', (request: Request) => {
  const { reply, transfer } = answer(request);
  parentPort?.postMessage(reply, transfer);
});
