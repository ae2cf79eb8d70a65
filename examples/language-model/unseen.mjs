/** What of held-out pages was not learned elsewhere: packages of one author share whole passages, word for word. */

/** @typedef {import('./corpus.mjs').Page} Page */

/** So many characters one after another are a passage; fewer are a turn of phrase. */
export const passage = 40;

/**
 * The held-out pages without the paragraphs that share a passage with the training text; a page that is nothing else goes.
 * @param {readonly Page[]} heldOut
 * @param {readonly Page[]} training
 * @returns {Page[]}
 */
export function withoutSeen(heldOut, training) {
  const passages = new Set(heldOut.flatMap(({ text }) => passagesOf(text)));
  const seen = new Set(training.flatMap(({ text }) => passagesOf(text).filter((own) => passages.has(own))));
  return heldOut.flatMap((page) => {
    const fresh = paragraphsOf(page.text).filter((paragraph) => !passagesOf(paragraph).some((own) => seen.has(own)));
    return fresh.length === 0 ? [] : [{ ...page, text: `${fresh.join('\n')}\n` }];
  });
}

/** Of each paragraph, from each of its characters on. @param {string} text */
const passagesOf = (text) =>
  paragraphsOf(text).flatMap((paragraph) =>
    Array.from({ length: Math.max(0, paragraph.length - passage + 1) }, (_, at) => paragraph.slice(at, at + passage)),
  );

/** @param {string} text a paragraph a line */
const paragraphsOf = (text) => text.trimEnd().split('\n');
