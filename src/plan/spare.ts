/**
 * A thing that calls use one after the other, and another for a call within a call: the arrays of a caller may be of a class with
 * getters of its own, and these may do anything.
 * @module
 */
export class Spare<T> {
  readonly #make: () => T;
  #spare: T | undefined;

  constructor(make: () => T) {
    this.#make = make;
  }

  take(): T {
    const it = this.#spare ?? this.#make();
    this.#spare = undefined;
    return it;
  }

  giveBack(it: T): void {
    this.#spare = it;
  }
}
