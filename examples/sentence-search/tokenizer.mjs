/**
 * Unigram tokenizer of the Universal Sentence Encoder: the pieces of the vocabulary that cover the text with the highest sum of scores,
 * found by Viterbi over a trie (Kudo 2018, "Subword Regularization"). Gives the same ids as the model's own tokenizer, quirks included.
 */

/** @typedef {{ next: Map<string, TrieNode>, id: number, score: number }} TrieNode `id` −1: no piece ends here */

/** Pieces before this one are control tokens, never found in text. */
const firstPiece = 6;
/** What covers a character that no piece begins with. */
const unknown = 0;

/**
 * @param {readonly (readonly [piece: string, score: number | null])[]} vocabulary vocab.json; a null score counts as 0
 * @returns {(text: string) => Int32Array} token ids of a text; none for an empty text
 */
export function createTokenizer(vocabulary) {
  const lengths = vocabulary.map(([piece]) => piece.length);
  const trie = buildTrie(vocabulary);
  return (text) => {
    const { ids, ends } = bestPieces(trie, symbolsOf(text));
    return Int32Array.from(backtrack(ids, ends, lengths));
  };
}

/**
 * Characters by code point, compatibility forms composed, each blank and the beginning marked by ▁ (U+2581).
 * @param {string} text
 */
function symbolsOf(text) {
  const normalized = text.normalize('NFKC');
  return normalized.length > 0 ? [...`\u2581${normalized.replaceAll(' ', '\u2581')}`] : [];
}

/** @param {readonly (readonly [string, number | null])[]} vocabulary */
function buildTrie(vocabulary) {
  const root = createNode();
  for (const [id, [piece, score]] of vocabulary.entries()) {
    if (id < firstPiece) continue;
    let node = root;
    for (const symbol of piece) {
      const next = node.next.get(symbol) ?? createNode();
      node.next.set(symbol, next);
      node = next;
    }
    node.id = id;
    node.score = score ?? 0;
  }
  return root;
}

/** @returns {TrieNode} */
const createNode = () => ({ next: new Map(), id: -1, score: 0 });

/**
 * The piece that best ends at every position. A best score of 0 counts as "none yet", and ties go to the later, shorter piece:
 * both as in the original, which decides between pieces whose scores are 0.
 * @param {TrieNode} trie
 * @param {readonly string[]} symbols
 */
function bestPieces(trie, symbols) {
  const ends = symbols.length;
  const best = new Float64Array(ends + 1);
  const ids = new Int32Array(ends + 1);
  /** @param {number} start @param {number} end @param {number} id @param {number} pieceScore */
  const offer = (start, end, id, pieceScore) => {
    const score = pieceScore + best[start];
    if (best[end] === 0 || score >= best[end]) {
      best[end] = score;
      ids[end] = id;
    }
  };
  for (let start = 0; start < ends; start++) {
    let found = false;
    let node = trie.next.get(symbols[start]);
    for (let end = start + 1; node; node = node.next.get(symbols[end++])) {
      if (node.id < 0) continue;
      offer(start, end, node.id, node.score);
      found = true;
    }
    if (!found) offer(start, start + 1, unknown, 0);
  }
  return { ids, ends };
}

/**
 * Piece ids from the last position back to the first, turned round; a run of unknown characters is one unknown token.
 * @param {Int32Array} ids
 * @param {number} end
 * @param {readonly number[]} lengths
 */
function backtrack(ids, end, lengths) {
  /** @type {number[]} */
  const pieces = [];
  while (end > 0) {
    const id = ids[end];
    if (id !== unknown || pieces.at(-1) !== unknown) pieces.push(id);
    end -= lengths[id];
  }
  return pieces.reverse();
}
