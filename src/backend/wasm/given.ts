/**
 * Makes a module of what a caller hands to `init({ wasm })`.
 * @module
 */
import { FoveaError } from '../../errors.js';
import type { WasmSource } from '../../types.js';
import { badWasm } from '../info.js';
import { requireWebAssembly } from './targets.js';

/**
 * @param moduleAt what a path or URL leads to here
 * @throws {FoveaError} ERR_OPTION when it is nothing of the kind, ERR_BACKEND when no module can be made of it
 */
export async function moduleOf(
  source: WasmSource,
  moduleAt: (place: string | URL) => Promise<WebAssembly.Module>,
): Promise<WebAssembly.Module> {
  const compile = compilerOf(source, moduleAt);
  try {
    requireWebAssembly();
    return await compile();
  } catch (error) {
    throw new FoveaError('ERR_BACKEND', `init: no module can be made of wasm: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** @throws {Error} when the response is none of success */
export async function moduleOfResponse(response: Response): Promise<WebAssembly.Module> {
  if (!response.ok) throw new Error(`${response.url || 'the response'}: ${response.status} ${response.statusText}`.trim());
  // A server that calls it something else is common; compileStreaming would refuse and leave the body read.
  const streams = response.headers.get('content-type')?.startsWith('application/wasm');
  return streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}

/** Kinds are told by their tags: values may come from another realm (a frame, a vm context). */
function compilerOf(source: WasmSource, moduleAt: (place: string | URL) => Promise<WebAssembly.Module>): () => Promise<WebAssembly.Module> {
  if (typeof source === 'string' || source instanceof URL) return () => moduleAt(source);
  if (ArrayBuffer.isView(source) && source.buffer instanceof ArrayBuffer) {
    const bytes = new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    return () => WebAssembly.compile(bytes);
  }
  if (isKind<ArrayBuffer>(source, 'ArrayBuffer')) return () => WebAssembly.compile(source);
  if (isKind<WebAssembly.Module>(source, 'WebAssembly.Module')) return () => Promise.resolve(source);
  if (isKind<Response>(source, 'Response')) return () => moduleOfResponse(source);
  throw badWasm(source === null ? 'null' : typeof source);
}

function isKind<T>(value: unknown, kind: string): value is T {
  return Object.prototype.toString.call(value) === `[object ${kind}]`;
}
