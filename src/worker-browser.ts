/**
 * The worker of browsers: a file of its own in dist/, started by backend/web-worker.ts. The first message says which backend to make.
 * @module
 */
import type { Request } from './backend/parcel.js';
import type { WorkerSetup } from './backend/remote.js';
import { server } from './backend/serve.js';

addEventListener(
  'message',
  ({ data: setup }: MessageEvent<WorkerSetup>) => {
    const answer = server(setup);
    addEventListener('message', ({ data: request }: MessageEvent<Request>) => {
      const { reply, transfer } = answer(request);
      postMessage(reply, { transfer });
    });
  },
  { once: true },
);
