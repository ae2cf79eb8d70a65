/**
 * Words for what a caller handed over, as error messages quote it; and the true kind of a typed array.
 * @module
 */

// Getters that %TypedArray% itself has: they see through subclasses (Buffer), other realms and objects that only pretend.
const tagOf = getterOf(Symbol.toStringTag) as (this: unknown) => string | undefined;
const byteLengthOf = getterOf('byteLength') as (this: unknown) => number;

function getterOf(name: PropertyKey): unknown {
  return Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), name)?.get;
}

/** 'Float32Array', 'Uint8Array', …; undefined for what is no typed array. */
export function kindOf(value: unknown): string | undefined {
  return tagOf.call(value);
}

/** Of a typed array's memory as it is now: 0 where it is detached. */
export function bytesOf(array: ArrayBufferView): number {
  return byteLengthOf.call(array);
}

/** `5`, `'abc'`, `null`, `a Float32Array`, `an Array`, `an Object`. */
export function received(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
  const name = kindOf(value) ?? (Array.isArray(value) ? 'Array' : Object.prototype.toString.call(value).slice('[object '.length, -1));
  return `${/^[AEIOU]/.test(name) && !name.startsWith('Uint') ? 'an' : 'a'} ${name}`;
}

/** `[2, 3, 4]`. */
export function list(values: readonly unknown[]): string {
  return `[${values.map((value) => (typeof value === 'number' ? String(value) : received(value))).join(', ')}]`;
}
