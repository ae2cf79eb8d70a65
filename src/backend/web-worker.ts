/**
 * Starts the worker of browsers. Bundlers follow `new Worker(new URL(…, import.meta.url))` only when it is written out like this.
 * @module
 */
import type { StartWorker } from './remote.js';

export const startWebWorker: StartWorker = (setup, events) => {
  if (typeof Worker === 'undefined') throw new Error('there is no Worker here');
  const worker = new Worker(new URL('./worker-browser.mjs', import.meta.url), { type: 'module', name: 'fovea' });
  worker.onmessage = ({ data }) => events.reply(data);
  worker.onerror = (event) => {
    event.preventDefault();
    events.failed(new Error(event.message || 'its script did not load'));
  };
  worker.postMessage(setup);
  return {
    post: (request, transfer) => worker.postMessage(request, transfer),
    hold: () => {}, // a page ends its workers itself
    end: () => worker.terminate(),
  };
};
