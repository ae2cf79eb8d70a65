/**
 * The wasm in a browser: beside the library's own file. Bundlers follow `new URL(…, import.meta.url)` only when it is written out,
 * so each build has its line.
 * @module
 */
import type { WasmSource } from '../../types.js';
import type { Candidate } from '../backend.js';
import { startWebHelper, startWebWorker } from '../web-worker.js';
import { candidatesLater, givenCandidate } from './candidates.js';
import { moduleOf } from './given.js';
import { type Compiled, compileResponse } from './modules.js';
import type { WasmTarget } from './targets.js';

const places: Record<WasmTarget['name'], () => URL> = {
  'relaxed-simd': () => new URL('./fovea-relaxed-simd.wasm', import.meta.url),
  simd: () => new URL('./fovea-simd.wasm', import.meta.url),
};

const starters = { worker: startWebWorker, helper: startWebHelper };

/** The builds, best first; downloaded are those up to the first that works. */
export const wasmCandidates: () => Promise<readonly Candidate[]> = candidatesLater(({ name }) => moduleAt(places[name]()), starters);

/** What `init({ wasm })` brings. @throws {FoveaError} ERR_OPTION or ERR_BACKEND when it is no wasm of ours */
export async function givenWasm(wasm: WasmSource): Promise<readonly Candidate[]> {
  return [await givenCandidate(await moduleOf(wasm, moduleAt), starters)];
}

async function moduleAt(place: string | URL): Promise<Compiled> {
  return compileResponse(await fetch(place));
}
