/**
 * Memory of tensors that have been disposed of, for results to come: a training step makes and drops the same sizes again and again, and fresh
 * memory costs more than most kernels do with it.
 * @module
 */

/** What lies here at most: what one step over long sequences gives back can be hundreds of MB, and the next batch is of another length. */
const mostBytes = 2 ** 29;

export class Pool {
  /** The lengths that came back last are at the end. */
  readonly #byLength = new Map<number, Float32Array[]>();
  #bytes = 0;
  #isClosed = false;

  /** Of any content, unless it is new. */
  take(length: number): Float32Array {
    const same = this.#byLength.get(length);
    const array = same?.pop();
    if (array === undefined) return new Float32Array(length);
    if (same?.length === 0) this.#byLength.delete(length);
    this.#bytes -= array.byteLength;
    return array;
  }

  /** @param array that nobody else knows */
  give(array: Float32Array): void {
    if (this.#isClosed || array.byteLength > mostBytes) return;
    while (this.#bytes + array.byteLength > mostBytes) this.#dropOldest();
    const same = this.#byLength.get(array.length) ?? [];
    this.#byLength.delete(array.length);
    this.#byLength.set(array.length, same);
    same.push(array);
    this.#bytes += array.byteLength;
  }

  /** Lets go of all, and takes nothing any more. */
  close(): void {
    this.#byLength.clear();
    this.#bytes = 0;
    this.#isClosed = true;
  }

  #dropOldest(): void {
    for (const [length] of this.#byLength) {
      this.take(length);
      return;
    }
  }
}
