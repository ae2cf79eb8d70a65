/**
 * What packMatrix gives: panels in a backend's memory, and what matmul and linear have to know of them.
 * @module
 */
import { FoveaError } from '../errors.js';
import type { DisposableBySymbol, PackedDType, PackedMatrix } from '../types.js';
import { paddedColumns, panelElements, panelParts } from './panels.js';
import type { Panels } from './plan.js';

/** Memory that outlives a call: `KeptBlock` of backend/backend.ts. */
export interface Memory {
  readonly bytes: number;
  view(): Uint8Array;
  free(): void;
}

/** The backend whose panels they are. */
export interface Owner {
  readonly name: string;
  readonly target: string;
  readonly panelColumns: number;
}

/** Adds Symbol.dispose to the class, where the library has that symbol. */
export interface Packed extends DisposableBySymbol {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see above
export class Packed implements PackedMatrix {
  readonly shape: readonly [number, number];
  readonly dtype: PackedDType;
  readonly #memory: Memory;
  readonly #owner: Owner;
  /** Itself until it is disposed of, and the calls that run beside the event loop. */
  #holders = 1;
  #disposed = false;
  /** Made anew when the memory has moved. */
  #panels: Panels | undefined;

  constructor(shape: readonly [number, number], dtype: PackedDType, memory: Memory, owner: Owner) {
    this.shape = Object.freeze(shape);
    this.dtype = dtype;
    this.#memory = memory;
    this.#owner = owner;
  }

  /** The value, if it is one. */
  static of(value: unknown): Packed | undefined {
    return typeof value === 'object' && value !== null && #memory in value ? value : undefined;
  }

  get bytes(): number {
    return this.#disposed ? 0 : this.#memory.bytes;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#panels = undefined;
    this.#release();
  }

  /** Keeps the memory until what it gives is called, once. */
  hold(): () => void {
    this.#holders += 1;
    return () => this.#release();
  }

  /** Its panels, as their memory lies now. @throws {FoveaError} ERR_DISPOSED */
  panels(op: string): Panels {
    if (this.#disposed) throw new FoveaError('ERR_DISPOSED', `${op}: ${argumentOf(op)} is a packed matrix that has been disposed of`);
    const bytes = this.#memory.view();
    if (this.#panels?.data.buffer !== bytes.buffer) this.#panels = this.#panelsIn(bytes);
    return this.#panels;
  }

  /** The chosen backend. @throws {FoveaError} ERR_BACKEND on another one than it was packed for */
  backendFor<B extends Owner>(op: string, chosen: (op: string) => B): B {
    const backend = chosen(op);
    const { name, target } = backend;
    const owner = this.#owner;
    if (owner.name === name && owner.target === target) return backend;
    throw new FoveaError(
      'ERR_BACKEND',
      `${op}: ${argumentOf(op)} is packed for ${owner.name} ${owner.target}, expected ${name} ${target}, which is chosen now (after setBackend a matrix is packed anew)`,
    );
  }

  #panelsIn({ buffer, byteOffset }: Uint8Array): Panels {
    const [k, n] = this.shape;
    const { panelColumns } = this.#owner;
    const elements = panelElements(panelColumns, k, n);
    const scalesAt = byteOffset + panelParts(panelColumns, k, n, this.dtype).scales;
    return {
      data: arrayOf(this.dtype, buffer, byteOffset, elements),
      offset: 0,
      strides: [0, 1],
      panelColumns,
      dtype: this.dtype,
      scales: this.dtype === 'int8' ? new Float32Array(buffer, scalesAt, paddedColumns(panelColumns, n)) : undefined,
    };
  }

  #release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#memory.free();
  }
}

/** What the op calls it. */
function argumentOf(op: string): string {
  return op === 'linear' ? 'weight' : 'b';
}

function arrayOf(dtype: PackedDType, buffer: ArrayBufferLike, byteOffset: number, elements: number): Panels['data'] {
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, elements);
    case 'bfloat16':
      return new Uint16Array(buffer, byteOffset, elements);
    case 'int8':
      return new Uint8Array(buffer, byteOffset, elements);
  }
}

// `using b = packMatrix(…)`, wherever the engine has the symbol.
if (Symbol.dispose !== undefined) Object.defineProperty(Packed.prototype, Symbol.dispose, { value: Packed.prototype.dispose });
