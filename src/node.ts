/**
 * fovea in Node: the addon, then wasm, then plain TypeScript. Ready as soon as it is imported or required.
 * @module
 */
import { availableCores } from './backend/cores.js';
import { nativeCandidates } from './backend/native/load.js';
import { once } from './backend/once.js';
import { referenceCandidates } from './backend/reference/load.js';
import { start } from './backend/select.js';
import { startThreads } from './backend/threads.js';
import { givenWasm, wasmCandidates } from './backend/wasm/load-node.js';
import { startWorkerThread } from './backend/worker-thread.js';

export * from './index.js';

const candidates = {
  native: once(nativeCandidates),
  wasm: once(wasmCandidates),
  reference: once(() => referenceCandidates(startWorkerThread)),
};

startThreads(process.env.FOVEA_THREADS, availableCores);

start({
  candidates,
  environment: process.env,
  async open({ wasm }) {
    if (wasm === undefined) return candidates;
    const given = await givenWasm(wasm);
    return { ...candidates, wasm: () => given };
  },
});
