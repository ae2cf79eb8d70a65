/** The prose of a Markdown page: its paragraphs and list items as plain text, without code, tables, headings, images and HTML. */
import { marked } from 'marked';

/** @typedef {import('marked').Token} Token */

/** @param {string} page @returns {string[]} */
export function paragraphsOfMarkdown(page) {
  return [...blocks(marked.lexer(page))].map((text) => text.trim().replaceAll(/\s+/g, ' ')).filter((text) => text !== '');
}

/** @param {Token[]} tokens @returns {Generator<string>} */
function* blocks(tokens) {
  for (const token of tokens) {
    if (token.type === 'paragraph' || token.type === 'text') yield plain(token);
    else if (token.type === 'blockquote') yield* blocks(token.tokens ?? []);
    else if (token.type === 'list') for (const item of token.items) yield* blocks(item.tokens);
  }
}

/** @param {Token} token @returns {string} */
function plain(token) {
  if (token.type === 'image' || token.type === 'html') return '';
  if (token.type === 'br') return ' ';
  if ('tokens' in token && token.tokens) return token.tokens.map(plain).join('');
  return 'text' in token ? token.text : '';
}
