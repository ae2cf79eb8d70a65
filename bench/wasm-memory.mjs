// @ts-check
/** How large the WebAssembly memories of this process are: those made by JavaScript, as most engines' are. Import it before any engine. */

/** @type {WebAssembly.Memory[]} */
const memories = [];

WebAssembly.Memory = class extends WebAssembly.Memory {
  /** @param {WebAssembly.MemoryDescriptor} descriptor */
  constructor(descriptor) {
    super(descriptor);
    memories.push(this);
  }
};

/** Together; undefined where there are none. */
export const wasmBytes = () => (memories.length === 0 ? undefined : memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0));
