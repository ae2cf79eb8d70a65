/** Exact match: the share of what was written that is right in every token, of all and of each kind. */

/** @typedef {{ source: string, written: string, expected: string, kind: string }} Result kind: by which results are told apart */

/**
 * @typedef {{ right: number, count: number, share: number }} Match
 * @typedef {Match & { kinds: Readonly<Record<string, Match>>, wrong: readonly Result[] }} ExactMatch
 */

/**
 * @param {readonly Result[]} results
 * @returns {ExactMatch}
 */
export function exactMatch(results) {
  /** @type {Map<string, Result[]>} */
  const byKind = new Map();
  for (const result of results) byKind.set(result.kind, [...(byKind.get(result.kind) ?? []), result]);
  return {
    ...matchOf(results),
    kinds: Object.fromEntries([...byKind].map(([kind, own]) => [kind, matchOf(own)])),
    wrong: results
      .filter(({ written, expected }) => written !== expected)
      .map(({ source, written, expected, kind }) => ({ source, written, expected, kind })),
  };
}

/** @param {readonly Result[]} results @returns {Match} */
function matchOf(results) {
  const right = results.filter(({ written, expected }) => written === expected).length;
  return { right, count: results.length, share: right / results.length };
}
