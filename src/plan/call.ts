/**
 * A call as the kernels read it: numbers in one Float64Array, and the tensors beside them. Made once a backend and written anew for
 * every call, so that a call allocates nothing; layout.ts says in which order.
 * @module
 */
import type { View } from './plan.js';
import type { Data } from './tensors.js';

/** A tensor of a call, the elements that it reaches, and where the call says so. */
export interface Lent {
  /** Undefined where the call has no such tensor. */
  data: Data | undefined;
  /** First element. */
  offset: number;
  /** From the first element to the last that is reached: 0 of a tensor without elements. */
  extent: number;
  /** How many of these belong to the tensor: fewer than `extent` where there are gaps, more where strides are 0. */
  elements: number;
  written: boolean;
  /** The word that holds the offset; −1: none, it is read from its start. */
  offsetWord: number;
}

export class Call {
  /** At least `wordCount` of them. */
  words = new Float64Array(64);
  wordCount = 0;
  /** At least `tensorCount` of them; absent ones included, so that position says which is which. */
  readonly tensors: Lent[] = [];
  /** Absent ones at the end are left out. */
  tensorCount = 0;
  readonly #arrays: (Data | undefined)[] = [];
  #next = 0;

  begin(): void {
    this.end();
    this.wordCount = 0;
    this.#next = 0;
  }

  /** Forgets the tensors, so that their memory is not kept by a call that is over, and that the next one finds all of them absent. */
  end(): void {
    for (let i = 0; i < this.tensorCount; i++) {
      const tensor = this.tensors[i];
      if (tensor !== undefined) tensor.data = undefined;
    }
    this.tensorCount = 0;
    const arrays = this.#arrays;
    for (let i = 0; i < arrays.length; i++) arrays[i] = undefined; // fill() leaves optimised code
  }

  /** Where the tensors lie, one after another: of this call, until it ends. */
  arrays(): readonly (Data | undefined)[] {
    const arrays = this.#arrays;
    for (let i = 0; i < this.tensorCount; i++) arrays[i] = this.tensors[i]?.data;
    if (arrays.length !== this.tensorCount) arrays.length = this.tensorCount; // to set it leaves optimised code
    return arrays;
  }

  word(value: number): void {
    if (this.wordCount === this.words.length) this.#grow();
    this.words[this.wordCount++] = value;
  }

  /** Room for so many words, which the caller writes: where they begin. For a call of many, which an engine does not inline one by one. */
  take(count: number): number {
    this.#room(count);
    const at = this.wordCount;
    this.wordCount = at + count;
    return at;
  }

  /** Sizes, filled up in front with 1. */
  sizes(sizes: readonly number[], rank: number): void {
    for (let i = sizes.length; i < rank; i++) this.word(1);
    for (let i = 0; i < sizes.length; i++) this.word(sizes[i] ?? 1);
  }

  /** A tensor of one to four dimensions, or none: words for its offset and strides. */
  reads(view: View<Data> | undefined, size0: number, size1?: number, size2?: number, size3?: number): void {
    this.#view(view, false, size0, size1, size2, size3);
  }

  writes(view: View<Data> | undefined, size0: number, size1?: number, size2?: number, size3?: number): void {
    this.#view(view, true, size0, size1, size2, size3);
  }

  /** A tensor `[...batch, rows, columns]` or `[...batch, rows]`, or none: the strides of the batch are filled up in front with 0. */
  readsBatch(view: View<Data> | undefined, rank: number, batch: readonly number[], rows: number, columns?: number): void {
    this.#batchView(view, false, rank, batch, rows, columns);
  }

  writesBatch(view: View<Data>, rank: number, batch: readonly number[], rows: number, columns?: number): void {
    this.#batchView(view, true, rank, batch, rows, columns);
  }

  /** A whole array, or none: no words. */
  readsWhole(data: Data | undefined): void {
    this.#add(data, false);
  }

  writesWhole(data: Data | undefined): void {
    this.#add(data, true);
  }

  #view(view: View<Data> | undefined, written: boolean, size0: number, size1?: number, size2?: number, size3?: number): void {
    if (view === undefined) {
      this.absent(1, 2 + Number(size1 !== undefined) + Number(size2 !== undefined) + Number(size3 !== undefined));
      return;
    }
    const tensor = this.#slot(view.data, written);
    const words = this.#room(5);
    const { offset, strides } = view;
    let at = this.wordCount;
    tensor.offsetWord = at;
    tensor.offset = offset;
    words[at++] = offset;
    const stride0 = strides[0] ?? 0;
    let last = (size0 - 1) * stride0;
    let elements = size0;
    words[at++] = stride0;
    if (size1 !== undefined) {
      const stride = strides[1] ?? 0;
      words[at++] = stride;
      last += (size1 - 1) * stride;
      elements *= size1;
    }
    if (size2 !== undefined) {
      const stride = strides[2] ?? 0;
      words[at++] = stride;
      last += (size2 - 1) * stride;
      elements *= size2;
    }
    if (size3 !== undefined) {
      const stride = strides[3] ?? 0;
      words[at++] = stride;
      last += (size3 - 1) * stride;
      elements *= size3;
    }
    this.wordCount = at;
    tensor.elements = elements;
    tensor.extent = elements === 0 ? 0 : last + 1;
  }

  #batchView(
    view: View<Data> | undefined,
    written: boolean,
    rank: number,
    batch: readonly number[],
    rows: number,
    columns: number | undefined,
  ): void {
    if (view === undefined) {
      this.absent(1, 1 + rank + (columns === undefined ? 1 : 2));
      return;
    }
    const tensor = this.#begin(view, written);
    const { strides } = view;
    const outer = batch.length;
    for (let i = outer; i < rank; i++) this.word(0);
    for (let i = 0; i < outer; i++) this.#dimension(tensor, batch[i] ?? 1, strides[i] ?? 0);
    this.#dimension(tensor, rows, strides[outer] ?? 0);
    if (columns !== undefined) this.#dimension(tensor, columns, strides[outer + 1] ?? 0);
    if (tensor.elements === 0) tensor.extent = 0;
  }

  /** Tensors that the call has not, and zeros for the words of their views. */
  absent(tensors: number, words: number): void {
    this.#next += tensors;
    const room = this.#room(words);
    let at = this.wordCount;
    for (const end = at + words; at < end; at++) room[at] = 0;
    this.wordCount = at;
  }

  #begin(view: View<Data>, written: boolean): Lent {
    const tensor = this.#slot(view.data, written);
    tensor.offsetWord = this.wordCount;
    tensor.offset = view.offset;
    tensor.extent = 1;
    tensor.elements = 1;
    this.word(tensor.offset);
    return tensor;
  }

  #dimension(tensor: Lent, size: number, stride: number): void {
    this.word(stride);
    tensor.extent += (size - 1) * stride;
    tensor.elements *= size;
  }

  #add(data: Data | undefined, written: boolean): void {
    if (data === undefined) {
      this.#next++;
      return;
    }
    const tensor = this.#slot(data, written);
    tensor.offsetWord = -1;
    tensor.offset = 0;
    tensor.extent = data.length;
    tensor.elements = tensor.extent;
  }

  /** The next tensor's place. */
  #slot(data: Data, written: boolean): Lent {
    const index = this.#next++;
    while (this.tensors.length <= index) this.tensors.push(newTensor());
    const tensor = this.tensors[index] ?? newTensor();
    tensor.data = data;
    tensor.written = written;
    this.tensorCount = this.#next;
    return tensor;
  }

  /** The words, with room for so many more. */
  #room(count: number): Float64Array {
    while (this.wordCount + count > this.words.length) this.#grow();
    return this.words;
  }

  #grow(): void {
    const words = new Float64Array(2 * this.words.length);
    words.set(this.words);
    this.words = words;
  }
}

function newTensor(): Lent {
  return { data: undefined, offset: 0, extent: 0, elements: 0, written: false, offsetWord: -1 };
}
