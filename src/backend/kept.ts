/**
 * Kept memory on JavaScript's own heap, for the backends that read it where it lies (native, reference), and the errors of any.
 * @module
 */
import { FoveaError } from '../errors.js';
import type { KeptBlock, KeptMemory } from './backend.js';

/** ArrayBuffers: the engine reports them as external memory, and collects what nobody frees. @param make gives so many bytes, or throws */
export function heapMemory(make = (bytes: number) => new Uint8Array(bytes)): KeptMemory {
  return {
    allocate(bytes, op): KeptBlock {
      let view: Uint8Array | undefined;
      try {
        view = make(bytes);
      } catch (cause) {
        throw noBlock(bytes, op, cause);
      }
      return {
        bytes,
        view() {
          if (view === undefined) throw disposedBlock();
          return view;
        },
        free() {
          view = undefined;
        },
      };
    },
  };
}

export function noBlock(bytes: number, op = 'kept memory', cause?: unknown): FoveaError {
  return new FoveaError('ERR_OUT_OF_MEMORY', `${op}: no memory for ${bytes} bytes that it keeps`, { cause });
}

export function disposedBlock(): FoveaError {
  return new FoveaError('ERR_DISPOSED', 'kept memory: a block was used after it had been freed');
}
