/**
 * What a worker does that helps with calls of the thread that owns a wasm memory: it waits in the kernels, without end, and never comes
 * back to its event loop.
 * @module
 */

/** What a worker needs: the same module on the same memory, and a part of it as stack. */
export interface HelperSetup {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** First byte above the stack, which grows down. */
  readonly stackEnd: number;
}

/** Starts a worker of either kind (worker-thread.ts, web-worker.ts) that helps until the process or page ends; `failed` when it cannot. */
export type StartHelper = (setup: HelperSetup, failed: (error: Error) => void) => void;

type Helping = Readonly<Record<'help' | 'trapped', () => void>> & { readonly __stack_pointer: WebAssembly.Global };

/** Does not return. @throws {Error} when a kernel trapped, after telling the caller's thread */
export function help({ module, memory, stackEnd }: HelperSetup): never {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const helping = exports as unknown as Helping;
  helping.__stack_pointer.value = stackEnd;
  try {
    helping.help();
  } catch (error) {
    helping.trapped();
    throw error;
  }
  throw new Error('the kernels sent a helper home');
}
