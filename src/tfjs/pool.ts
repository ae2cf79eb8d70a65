/**
 * Memory of tensors that have been disposed of, for results to come: a training step makes and drops the same sizes again and again, and fresh
 * memory costs more than most kernels do with it.
 * @module
 */

/** What lies here at most. */
const mostBytes = 2 ** 28;

export class Pool {
  readonly #byLength = new Map<number, Float32Array[]>();
  #bytes = 0;

  /** Of any content, unless it is new. */
  take(length: number): Float32Array {
    const array = this.#byLength.get(length)?.pop();
    if (array === undefined) return new Float32Array(length);
    this.#bytes -= array.byteLength;
    return array;
  }

  /** @param array that nobody else knows */
  give(array: Float32Array): void {
    if (this.#bytes + array.byteLength > mostBytes) this.clear();
    const same = this.#byLength.get(array.length);
    if (same === undefined) this.#byLength.set(array.length, [array]);
    else same.push(array);
    this.#bytes += array.byteLength;
  }

  clear(): void {
    this.#byLength.clear();
    this.#bytes = 0;
  }
}
