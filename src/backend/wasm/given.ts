/**
 * Makes a module of what a caller hands to `init({ wasm })`.
 * @module
 */
import { FoveaError } from '../../errors.js';
import type { WasmSource } from '../../types.js';
import { badWasm } from '../info.js';
import { type Compiled, compiledBefore, compileLater, compileResponse } from './modules.js';
import { requireWebAssembly } from './targets.js';

/**
 * @param moduleAt what a path or URL leads to here
 * @throws {FoveaError} ERR_OPTION when it is nothing of the kind, ERR_BACKEND when no module can be made of it
 */
export async function moduleOf(source: WasmSource, moduleAt: (place: string | URL) => Promise<Compiled>): Promise<Compiled> {
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

/** Kinds are told by their tags: values may come from another realm (a frame, a vm context). */
function compilerOf(source: WasmSource, moduleAt: (place: string | URL) => Promise<Compiled>): () => Promise<Compiled> {
  if (typeof source === 'string' || source instanceof URL) return () => moduleAt(source);
  if (ArrayBuffer.isView(source) && source.buffer instanceof ArrayBuffer) {
    const bytes = new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    return () => compileLater(bytes);
  }
  if (isKind<ArrayBuffer>(source, 'ArrayBuffer')) return () => compileLater(new Uint8Array(source));
  if (isKind<WebAssembly.Module>(source, 'WebAssembly.Module')) return () => Promise.resolve(compiledBefore(source));
  if (isKind<Response>(source, 'Response')) return () => compileResponse(source);
  throw badWasm(source === null ? 'null' : typeof source);
}

function isKind<T>(value: unknown, kind: string): value is T {
  return Object.prototype.toString.call(value) === `[object ${kind}]`;
}
