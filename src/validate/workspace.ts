/**
 * What a call's arguments become on their way to the kernels: objects of our own that the next call takes again, so that a call leaves
 * nothing to the garbage collector but its result.
 * @module
 */
import type { DType } from '../types.js';

const nowhere = new Float32Array(0);
/** A list that shrinks to this loses its memory, so it is another one. */
const nothing: number[] = [];

/** A tensor that has been checked, or a view of one: for masks and ids only what their interface names is meant. */
export class TensorSlot {
  data: ArrayBufferView = nowhere;
  readonly shape: number[] = [];
  readonly strides: number[] = [];
  offset = 0;
  dtype: DType = 'float32';
  float16Array = false;
  source: object = nowhere;

  /** Lets go of the caller's memory. */
  forget(): void {
    this.data = nowhere;
    this.source = nowhere;
  }
}

/** Hands out tensors and lists, whose content is that of another call, until `forget` takes them all back. */
export class Workspace {
  readonly #tensors: TensorSlot[] = [];
  readonly #lists: number[][] = [];
  #tensorCount = 0;
  #listCount = 0;

  tensor(): TensorSlot {
    const at = this.#tensorCount++;
    if (at === this.#tensors.length) this.#tensors.push(new TensorSlot());
    return this.#tensors[at] as TensorSlot;
  }

  /** Another view of the data of a tensor: its strides are to be written. */
  view({ data, offset }: { readonly data: ArrayBufferView; readonly offset: number }): TensorSlot {
    const view = this.tensor();
    view.data = data;
    view.offset = offset;
    return view;
  }

  list(length: number): number[] {
    if (length === 0) return nothing;
    const at = this.#listCount++;
    if (at === this.#lists.length) this.#lists.push([]);
    return sized(this.#lists[at] as number[], length);
  }

  forget(): void {
    for (let i = 0; i < this.#tensorCount; i++) this.#tensors[i]?.forget();
    this.#tensorCount = 0;
    this.#listCount = 0;
  }
}

/** The list with so many entries, in the memory that it has. */
export function sized(list: number[], length: number): number[] {
  if (list.length > length) list.length = length;
  while (list.length < length) list.push(0);
  return list;
}
