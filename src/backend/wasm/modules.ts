/**
 * Compiles the wasm together with the memory that it will work in: shared with workers where that can be had. The files say of the memory
 * that they import that it is not shared, which engines and hosts without threads want; one bit of a copy says otherwise.
 * @module
 */
import { maximumPages } from './growth.js';
import { requireWebAssembly } from './targets.js';

/** 32 MB: more than the modules ask for; pages that nobody touches cost nothing. */
const initialPages = 512;

/** A module, and a memory of the kind that it imports, in which nothing lies. */
export interface Compiled {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Why no workers can share the memory; undefined where they can. */
  readonly alone?: string;
}

/** @throws {Error} when no module can be made of the bytes */
export function compile(bytes: Uint8Array<ArrayBuffer>): Compiled {
  const { memory, alone } = memoryFor(bytes);
  if (alone !== undefined) return { module: new WebAssembly.Module(bytes), memory, alone };
  return { module: new WebAssembly.Module(shared(bytes)), memory };
}

/** The same beside the caller's thread. */
export async function compileLater(bytes: Uint8Array<ArrayBuffer>): Promise<Compiled> {
  const { memory, alone } = memoryFor(bytes);
  if (alone !== undefined) return { module: await WebAssembly.compile(bytes), memory, alone };
  return { module: await WebAssembly.compile(shared(bytes)), memory };
}

/** @throws {Error} when the response is none of success */
export async function compileResponse(response: Response): Promise<Compiled> {
  if (!response.ok) throw new Error(`${response.url || 'the response'}: ${response.status} ${response.statusText}`.trim());
  const alone = whyAlone();
  // A server that calls it something else is common; compileStreaming would refuse and leave the body read.
  const streams = alone !== undefined && response.headers.get('content-type')?.startsWith('application/wasm');
  if (streams) return { module: await WebAssembly.compileStreaming(response), memory: newMemory(false), alone };
  return compileLater(new Uint8Array(await response.arrayBuffer()));
}

/** A module that was compiled elsewhere, of the file as it is. */
export function compiledBefore(module: WebAssembly.Module): Compiled {
  requireWebAssembly();
  return {
    module,
    memory: newMemory(false),
    alone: 'init({ wasm }) was given a module that is compiled already; its bytes could be shared',
  };
}

/** Another memory for the same module. */
export function newMemory(isShared: boolean): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: initialPages, maximum: maximumPages, shared: isShared });
}

function memoryFor(bytes: Uint8Array): Pick<Compiled, 'memory' | 'alone'> {
  const alone = whyAlone() ?? (sharedFlagAt(bytes) < 0 ? 'the module brings a memory of its own' : undefined);
  if (alone !== undefined) return { memory: newMemory(false), alone };
  try {
    return { memory: newMemory(true) };
  } catch (error) {
    return { memory: newMemory(false), alone: `no shared memory can be had (${error instanceof Error ? error.message : String(error)})` };
  }
}

function whyAlone(): string | undefined {
  requireWebAssembly();
  if ('crossOriginIsolated' in globalThis && !globalThis.crossOriginIsolated) return 'this page is not cross-origin isolated';
  return typeof SharedArrayBuffer === 'undefined' ? 'there is no SharedArrayBuffer here' : undefined;
}

/** A copy of the bytes that imports a shared memory. */
export function shared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = Uint8Array.from(bytes);
  const at = sharedFlagAt(bytes);
  if (at >= 0) copy[at] = hasMaximum | isSharedBit;
  return copy;
}

const importSection = 2;
const [functionKind, tableKind, memoryKind, globalKind] = [0, 1, 2, 3];
const hasMaximum = 1;
const isSharedBit = 2;

/**
 * Where the flags of the imported memory's limits lie; -1 where there is no import of a memory with a maximum, as a shared one has to be.
 * Format: WebAssembly core specification, "Binary Format / Modules", import section.
 */
function sharedFlagAt(bytes: Uint8Array): number {
  let at = 8; // behind magic number and version
  const number = (): number => {
    for (let value = 0, factor = 1; ; factor *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const skip = (length: number): void => {
    at += length;
  };
  const skipLimits = (): void => {
    const flags = number();
    number();
    if (flags & hasMaximum) number();
  };
  while (at < bytes.length) {
    const id = number();
    const length = number();
    if (id !== importSection) {
      skip(length);
      continue;
    }
    for (let left = number(); left > 0 && at < bytes.length; left -= 1) {
      skip(number()); // the module's name
      skip(number()); // and its own
      switch (number()) {
        case functionKind:
          number();
          break;
        case tableKind:
          skip(1);
          skipLimits();
          break;
        case memoryKind:
          return bytes[at] === hasMaximum || bytes[at] === (hasMaximum | isSharedBit) ? at : -1;
        case globalKind:
          skip(2);
          break;
        default:
          return -1;
      }
    }
    return -1;
  }
  return -1;
}
