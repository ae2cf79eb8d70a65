/** Data that a training learns from, in a few letters: a checkpoint keeps them, so that no training goes on with other data, such as another version of a package. */
import { createHash } from 'node:crypto';

/** @param {Iterable<string | Float32Array>} parts in their order */
export function fingerprintOf(parts) {
  const hash = createHash('sha256');
  // The end of each part is told, or "ab", "c" would be "a", "bc".
  for (const part of parts) hash.update(part).update(`\n${part.length}\n`);
  return hash.digest('hex').slice(0, 12);
}
