/**
 * fovea in a browser, and wherever there is no addon: wasm, then plain TypeScript. Ready after `await init()`; the promise twins wait for it.
 * @module
 */
import { once } from './backend/once.js';
import { referenceCandidates } from './backend/reference/load.js';
import { start } from './backend/select.js';
import { startThreads } from './backend/threads.js';
import { givenWasm, wasmCandidates } from './backend/wasm/load-browser.js';
import { startWebWorker } from './backend/web-worker.js';

export * from './index.js';

const reference = once(() => referenceCandidates(startWebWorker));

startThreads(undefined, () => globalThis.navigator?.hardwareConcurrency ?? 1);

start({
  async open({ wasm }) {
    const list = await (wasm === undefined ? wasmCandidates() : givenWasm(wasm));
    return { wasm: () => list, reference };
  },
});
