/**
 * The wasm in Node: the files in dist/, read and compiled at once.
 * @module
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WasmSource } from '../../types.js';
import type { Candidate } from '../backend.js';
import { packageRoot } from '../package-root.js';
import { startWorkerThread } from '../worker-thread.js';
import { candidatesNow, givenCandidate } from './candidates.js';
import { moduleOf, moduleOfResponse } from './given.js';
import type { WasmTarget } from './targets.js';

/** One candidate a build, best first. */
export function wasmCandidates(): readonly Candidate[] {
  return candidatesNow(readModule, startWorkerThread);
}

/** What `init({ wasm })` brings. @throws {FoveaError} ERR_OPTION or ERR_BACKEND when it is no wasm of ours */
export async function givenWasm(wasm: WasmSource): Promise<readonly Candidate[]> {
  return [await givenCandidate(await moduleOf(wasm, moduleAt), startWorkerThread)];
}

function readModule({ name }: WasmTarget): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(join(packageRoot(), 'dist', `fovea-${name}.wasm`)));
}

/** What a path, a file: URL or an http(s) URL leads to. */
async function moduleAt(place: string | URL): Promise<WebAssembly.Module> {
  const url = URL.canParse(place) ? new URL(place) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return moduleOfResponse(await fetch(url));
  return WebAssembly.compile(await readFile(url?.protocol === 'file:' ? url : place));
}
