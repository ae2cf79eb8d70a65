/**
 * Makes a thing at its first use and keeps it; tries again after a failure.
 * @module
 */
export function once<T>(make: () => T): () => T {
  let made: { readonly it: T } | undefined;
  return () => {
    made ??= { it: make() };
    return made.it;
  };
}
