/**
 * What the transformer has to be better than: how often each character came behind the n − 1 before it. Orders are mixed as Witten and Bell do:
 * the more kinds of characters have followed a context, the more is left to the shorter one.
 */

/** @typedef {Map<number, { total: number, counts: Map<number, number> }>} Contexts what followed, by the number of a context */

/**
 * @param {Int32Array} ids of the training text
 * @param {number} longest n at most: the context is n − 1 characters
 * @param {number} vocabulary
 * @returns {(ids: Int32Array, order?: number) => number} bits a character of another text, but for its first, by the n-gram of this order
 * @see Witten & Bell 1991; Chen & Goodman 1999, "An Empirical Study of Smoothing Techniques for Language Modeling", §2.5
 */
export function fitNgram(ids, longest, vocabulary) {
  const counted = Array.from({ length: longest }, (_, length) => countsOf(ids, length, vocabulary));
  return (text, order = longest) => {
    const orders = counted.slice(0, order);
    let bits = 0;
    for (let at = 1; at < text.length; at++) bits -= Math.log2(probability(orders, text, at, vocabulary));
    return bits / (text.length - 1);
  };
}

/** @param {Int32Array} ids @param {number} length of the context @param {number} vocabulary @returns {Contexts} */
function countsOf(ids, length, vocabulary) {
  /** @type {Contexts} */
  const contexts = new Map();
  for (let at = length; at < ids.length; at++) {
    const key = contextOf(ids, at, length, vocabulary);
    const own = contexts.get(key) ?? { total: 0, counts: new Map() };
    own.total += 1;
    own.counts.set(ids[at], (own.counts.get(ids[at]) ?? 0) + 1);
    contexts.set(key, own);
  }
  return contexts;
}

/**
 * From the shortest context, of none, to the longest: (count + kinds · what the shorter one says) / (total + kinds).
 * @param {readonly Contexts[]} orders
 * @param {Int32Array} ids
 * @param {number} at
 * @param {number} vocabulary
 */
function probability(orders, ids, at, vocabulary) {
  let share = 1 / vocabulary;
  for (let length = 0; length < orders.length && length <= at; length++) {
    const own = orders[length].get(contextOf(ids, at, length, vocabulary));
    if (own === undefined) break;
    const { total, counts } = own;
    share = ((counts.get(ids[at]) ?? 0) + counts.size * share) / (total + counts.size);
  }
  return share;
}

/** The characters before one as one number. @param {Int32Array} ids @param {number} at @param {number} length @param {number} vocabulary */
function contextOf(ids, at, length, vocabulary) {
  let key = 0;
  for (let i = at - length; i < at; i++) key = key * vocabulary + ids[i];
  return key;
}
