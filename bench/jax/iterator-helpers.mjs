// @ts-check
/** What jax-js takes for granted and Node 20 does not have: some methods of iterators (ECMAScript 2025). */

/** @type {Record<string, (this: Iterable<unknown>, call: (value: unknown, index: number) => unknown) => unknown>} */
const helpers = {
  *map(call) {
    let index = 0;
    for (const value of this) yield call(value, index++);
  },
  *filter(call) {
    let index = 0;
    for (const value of this) if (call(value, index++)) yield value;
  },
  *flatMap(call) {
    let index = 0;
    for (const value of this) yield* /** @type {Iterable<unknown>} */ (call(value, index++));
  },
  some(call) {
    return [...this].some(call);
  },
  every(call) {
    return [...this].every(call);
  },
  find(call) {
    return [...this].find(call);
  },
  forEach(call) {
    for (const [index, value] of [...this].entries()) call(value, index);
  },
  toArray() {
    return [...this];
  },
};

/** Gives all iterators the methods that they lack. */
export function provideIteratorHelpers() {
  const prototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
  for (const [name, value] of Object.entries(helpers)) {
    if (!(name in prototype)) Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}
