/**
 * Starts the workers of browsers. Bundlers follow `new Worker(new URL(…, import.meta.url))` only when it is written out like this.
 * @module
 */
import type { StartWorker } from './remote.js';
import type { StartHelper } from './wasm/help.js';

export const startWebWorker: StartWorker = (setup, events) => {
  requireWorker();
  const worker = new Worker(new URL('./worker-browser.mjs', import.meta.url), { type: 'module', name: 'fovea' });
  worker.onmessage = ({ data }) => events.reply(data);
  worker.onerror = (event) => events.failed(errorOf(event));
  worker.postMessage(setup);
  return {
    post: (request, transfer) => worker.postMessage(request, transfer),
    hold: () => {}, // a page ends its workers itself
    end: () => worker.terminate(),
  };
};

export const startWebHelper: StartHelper = (setup, failed) => {
  requireWorker();
  const worker = new Worker(new URL('./helper-browser.mjs', import.meta.url), { type: 'module', name: 'fovea' });
  worker.onerror = (event) => failed(errorOf(event));
  worker.postMessage(setup);
};

function requireWorker(): void {
  if (typeof Worker === 'undefined') throw new Error('there is no Worker here');
}

function errorOf(event: ErrorEvent): Error {
  event.preventDefault();
  return new Error(event.message || 'its script did not load');
}
