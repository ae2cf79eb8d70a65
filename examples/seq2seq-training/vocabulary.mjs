/** Tokens and their ids: what a model reads and writes, with places for what is no token. */

/** Ids before those of the tokens: what fills a batch up, what a decoder is given first, what it writes last. */
export const [padding, start, end] = [0, 1, 2];
const reserved = 3;

/**
 * @typedef {object} Vocabulary
 * @property {number} size ids that there are, the reserved ones included
 * @property {(tokens: Iterable<string>) => number[]} idsOf a text is its characters; throws of a token that is not known
 * @property {(ids: Iterable<number>) => string[]} tokensOf up to the first end; what stands for no token is `noToken`, which no text has: who writes it is wrong
 */

/** Unicode's replacement character. */
export const noToken = '\ufffd';

/**
 * @param {Iterable<string>} tokens each once, or more often; the same ones in any order give the same ids
 * @returns {Vocabulary}
 */
export function createVocabulary(tokens) {
  const known = [...new Set(tokens)].sort();
  const ids = new Map(known.map((token, i) => [token, i + reserved]));
  return {
    size: known.length + reserved,
    idsOf: (given) =>
      Array.from(given, (token) => {
        const id = ids.get(token);
        if (id === undefined) throw new Error(`${JSON.stringify(token)} is not among the ${known.length} tokens of the vocabulary`);
        return id;
      }),
    tokensOf: (given) => {
      const all = [...given];
      const last = all.indexOf(end);
      return all.slice(0, last < 0 ? all.length : last).map((id) => known[id - reserved] ?? noToken);
    },
  };
}
