/**
 * The arena: the part of the wasm memory above the kernels' own data, laid out anew for every call and so never leaked. From its base up:
 * words, table of buffers, what the call reads, what it writes; the kernels take their scratch above that. It only grows. What lies in
 * a block of this memory stays where it is.
 * @module
 */
import { Call, type Lent } from '../../plan/call.js';
import { callOf } from '../../plan/layout.js';
import type { Plan } from '../../plan/plan.js';
import { alike, type Data, moved } from '../../plan/tensors.js';
import { outOfMemory, shrunkError } from '../status.js';
import { writeBack } from '../touched.js';
import type { Blocks } from './blocks.js';
import { aligned, reach } from './growth.js';

/** Tensors up to this size are copied one by one: cheaper than to look for what they share. */
const smallBytes = 1024;
const none: readonly Block[] = [];

/** A call as the wasm's exports take it; one object, filled anew for each. */
export interface Placed {
  words: number;
  wordCount: number;
  buffers: number;
  bufferCount: number;
  /** First byte that is free for scratch. */
  end: number;
}

/** A stretch of an ArrayBuffer that is copied in once, whichever tensors lie in it. */
interface Block {
  readonly source: ArrayBufferLike;
  readonly begin: number;
  end: number;
  address: number;
  readonly parts: { readonly index: number; readonly begin: number }[];
}

export class Arena {
  readonly #memory: WebAssembly.Memory;
  readonly #blocks: Blocks;
  readonly #call = new Call();
  readonly #placed: Placed = { words: 0, wordCount: 0, buffers: 0, bufferCount: 0, end: 0 };
  /** Tensors of the call that are copied in where they lie together. */
  readonly #large: number[] = [];
  /** Address of each tensor of the call. */
  readonly #addresses: number[] = [];
  /** The memory, and views of it, as they were last. */
  #buffer: ArrayBuffer;
  #bytes: Uint8Array;
  #halves: Uint16Array;
  #floats: Float32Array;
  #integers: Uint32Array;
  #doubles: Float64Array;

  constructor(memory: WebAssembly.Memory, blocks: Blocks) {
    this.#memory = memory;
    this.#blocks = blocks;
    this.#buffer = memory.buffer;
    this.#bytes = new Uint8Array(this.#buffer);
    this.#halves = new Uint16Array(this.#buffer);
    this.#floats = new Float32Array(this.#buffer);
    this.#integers = new Uint32Array(this.#buffer);
    this.#doubles = new Float64Array(this.#buffer);
  }

  /** Lays the call out and copies in what it reads. @throws {FoveaError} ERR_OUT_OF_MEMORY before anything is written */
  put(plan: Plan): Placed {
    const { tensors, tensorCount, words, wordCount } = callOf(plan, this.#call);
    const placed = this.#placed;
    placed.words = this.#blocks.end;
    placed.wordCount = wordCount;
    placed.buffers = placed.words + 8 * wordCount;
    placed.bufferCount = tensorCount;
    let end = placed.buffers + 8 * tensorCount;
    const large = this.#large;
    if (large.length > 0) large.length = 0; // to set it leaves optimised code, from 0 to 0 too
    for (let i = 0; i < tensorCount; i++) {
      const tensor = tensors[i];
      const data = tensor?.data;
      this.#addresses[i] = 0;
      if (tensor === undefined || data === undefined) continue;
      if (tensor.offset + tensor.extent > data.length) throw shrunkError(plan);
      const bytes = tensor.extent * data.BYTES_PER_ELEMENT;
      if (this.#blocks.isEmpty || !this.#blocks.holds(data)) {
        if (!tensor.written && bytes > smallBytes) large.push(i);
        else {
          end = aligned(end);
          this.#addresses[i] = end;
          end += bytes;
        }
      } else this.#addresses[i] = data.byteOffset + tensor.offset * data.BYTES_PER_ELEMENT;
      if (tensor.offsetWord >= 0) words[tensor.offsetWord] = 0; // what is handed over begins with the first element
    }
    const blocks = large.length === 0 ? none : blocksOf(tensors, large);
    for (const block of blocks) {
      block.address = aligned(end);
      end = block.address + block.end - block.begin;
      for (const { index, begin } of block.parts) this.#addresses[index] = block.address + begin - block.begin;
    }
    placed.end = end;
    this.#reserve(plan, end);

    const doubles = this.#doubles;
    const at = placed.words >>> 3;
    for (let i = 0; i < wordCount; i++) doubles[at + i] = words[i] ?? 0;
    for (let i = 0; i < tensorCount; i++) this.#hand((placed.buffers >>> 2) + 2 * i, tensors[i], this.#addresses[i] ?? 0);
    for (const { address, source, begin, end: sourceEnd } of blocks)
      this.#bytes.set(new Uint8Array(source, begin, sourceEnd - begin), address);
    return placed;
  }

  /** Copies what the call wrote to where the plan wants it. */
  take(plan: Plan): void {
    this.#renew();
    const { tensors, tensorCount } = this.#call;
    for (let i = 0; i < tensorCount; i++) {
      const tensor = tensors[i];
      const address = this.#addresses[i] ?? 0;
      if (tensor?.data === undefined || !tensor.written || this.#isKeptAddress(address)) continue;
      if (tensor.extent === tensor.elements) this.#copyOut(tensor.data, tensor.offset, tensor.extent, address);
      else this.#copyApart(plan, tensor.data, tensor.extent, address);
    }
  }

  /** Lets go of the plan's memory. */
  done(): void {
    this.#call.end();
  }

  /** A row of the table of buffers, and the tensor itself where it is copied alone. */
  #hand(row: number, tensor: Lent | undefined, address: number): void {
    const data = tensor?.data;
    if (tensor === undefined || data === undefined) {
      this.#integers[row] = 0;
      this.#integers[row + 1] = 0;
      return;
    }
    const bytes = tensor.extent * data.BYTES_PER_ELEMENT;
    this.#integers[row] = address;
    this.#integers[row + 1] = bytes;
    if (tensor.written || bytes > smallBytes || this.#isKeptAddress(address)) return;
    this.#copyIn(data, tensor.offset, tensor.extent, address);
  }

  /** Element by element: to make a view of a small tensor takes longer. A loop for each kind of array, as an engine compiles it best. */
  #copyIn(data: Data, offset: number, extent: number, address: number): void {
    const floats = this.#floats; // once: a loop that writes looks at a field anew in each turn
    const integers = this.#integers;
    const halves = this.#halves;
    const bytes = this.#bytes;
    const word = address >>> 2;
    const half = address >>> 1;
    if (data instanceof Float32Array) for (let i = 0; i < extent; i++) floats[word + i] = data[offset + i] ?? 0;
    else if (data instanceof Int32Array) for (let i = 0; i < extent; i++) integers[word + i] = data[offset + i] ?? 0;
    else if (data instanceof Uint16Array) for (let i = 0; i < extent; i++) halves[half + i] = data[offset + i] ?? 0;
    else for (let i = 0; i < extent; i++) bytes[address + i] = data[offset + i] ?? 0;
  }

  #copyOut(data: Data, offset: number, extent: number, address: number): void {
    const isSmall = extent * data.BYTES_PER_ELEMENT <= smallBytes;
    const floats = this.#floats;
    const halves = this.#halves;
    const word = address >>> 2;
    const half = address >>> 1;
    if (isSmall && data instanceof Float32Array) for (let i = 0; i < extent; i++) data[offset + i] = floats[word + i] ?? 0;
    else if (isSmall && data instanceof Uint16Array) for (let i = 0; i < extent; i++) data[offset + i] = halves[half + i] ?? 0;
    else data.set(alike(data, this.#bytes.buffer, address, extent), offset);
  }

  /** Of a tensor with gaps only its elements. */
  #copyApart(plan: Plan, data: Data, extent: number, address: number): void {
    moved(plan, (view, sizes, written) => {
      if (written && (view.data as Data) === data) writeBack(view, sizes, alike(view.data, this.#bytes.buffer, address, extent));
      return view;
    });
  }

  #isKeptAddress(address: number): boolean {
    return address < this.#placed.words;
  }

  #reserve(plan: Plan, end: number): void {
    const megabytes = Math.ceil(end / 2 ** 20);
    const shortage = reach(this.#memory, end);
    if (shortage?.why === 'ends before') throw outOfMemory(plan, `its tensors need ${megabytes} MB of wasm memory, which ends at 4096 MB`);
    if (shortage !== undefined) throw outOfMemory(plan, `the wasm memory cannot grow to ${megabytes} MB`, shortage.cause);
    this.#renew();
  }

  /** Growing the memory, here or by the kernels, detaches what was made of it, or leaves it too short where the memory is shared. */
  #renew(): void {
    const { buffer } = this.#memory;
    if (this.#buffer === buffer) return; // an array's own getter takes as long as copying a small tensor
    this.#buffer = buffer;
    this.#bytes = new Uint8Array(buffer);
    this.#halves = new Uint16Array(buffer);
    this.#floats = new Float32Array(buffer);
    this.#integers = new Uint32Array(buffer);
    this.#doubles = new Float64Array(buffer);
  }
}

/**
 * The stretches that the parts cover, each once: the same array given twice, or q, k and v packed in one, are copied in once.
 * A stretch begins at a multiple of 16 bytes, so that every part keeps its alignment in it.
 */
function blocksOf(tensors: readonly Lent[], indices: readonly number[]): Block[] {
  const parts = indices.flatMap((index) => {
    const { data, offset = 0, extent = 0 } = tensors[index] ?? {};
    if (data === undefined) return [];
    const begin = data.byteOffset + offset * data.BYTES_PER_ELEMENT;
    return [{ index, source: data.buffer, begin, end: begin + extent * data.BYTES_PER_ELEMENT }];
  });
  const blocks: Block[] = [];
  for (const source of new Set(parts.map((part) => part.source))) {
    let last: Block | undefined;
    const here = parts.filter((part) => part.source === source).sort((a, b) => a.begin - b.begin);
    for (const part of here) {
      const begin = part.begin - (part.begin % 16);
      if (last === undefined || begin > last.end) {
        last = { source, begin, end: part.end, address: 0, parts: [] };
        blocks.push(last);
      }
      last.end = Math.max(last.end, part.end);
      last.parts.push(part);
    }
  }
  return blocks;
}
