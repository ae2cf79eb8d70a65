/**
 * How the wasm memory grows: in whole pages, and where it ends. For the arena and the blocks that share it.
 * @module
 */

const pageBytes = 65536;
export const maximumPages = 65536;
/** As the kernels want their tensors, and a cache line. */
const alignment = 64;

/** Why the memory cannot reach an address; the caller knows for whom. */
export interface Shortage {
  readonly why: 'ends before' | 'cannot grow';
  readonly cause?: unknown;
}

/** Makes the memory reach `end`; undefined once it does. Growing detaches whatever views were made of it, or leaves them as they are where it is shared. */
export function reach(memory: WebAssembly.Memory, end: number): Shortage | undefined {
  if (end > maximumPages * pageBytes) return { why: 'ends before' };
  const missing = end - memory.buffer.byteLength;
  if (missing <= 0) return undefined;
  try {
    memory.grow(Math.ceil(missing / pageBytes));
    return undefined;
  } catch (cause) {
    return { why: 'cannot grow', cause };
  }
}

export function aligned(address: number): number {
  return Math.ceil(address / alignment) * alignment;
}
