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
import { startHelperThread, startWorkerThread } from '../worker-thread.js';
import { candidatesNow, givenCandidate } from './candidates.js';
import { moduleOf } from './given.js';
import { type Compiled, compile, compileLater, compileResponse } from './modules.js';
import type { WasmTarget } from './targets.js';

const starters = { worker: startWorkerThread, helper: startHelperThread };

/** One candidate a build, best first. */
export function wasmCandidates(): readonly Candidate[] {
  return candidatesNow(readModule, starters);
}

/** What `init({ wasm })` brings. @throws {FoveaError} ERR_OPTION or ERR_BACKEND when it is no wasm of ours */
export async function givenWasm(wasm: WasmSource): Promise<readonly Candidate[]> {
  return [await givenCandidate(await moduleOf(wasm, moduleAt), starters)];
}

function readModule({ name }: WasmTarget): Compiled {
  return compile(bytesOf(readFileSync(join(packageRoot(), 'dist', `fovea-${name}.wasm`))));
}

/** What a path, a file: URL or an http(s) URL leads to. */
async function moduleAt(place: string | URL): Promise<Compiled> {
  const url = URL.canParse(place) ? new URL(place) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return compileResponse(await fetch(url));
  return compileLater(bytesOf(await readFile(url?.protocol === 'file:' ? url : place)));
}

function bytesOf({ buffer, byteOffset, byteLength }: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}
