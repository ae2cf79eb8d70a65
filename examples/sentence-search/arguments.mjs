/** The command line: what can be asked for, and what is wrong with it when it is. Imports nothing that must be built first. */
import { parse, positiveInteger } from '../program/command-line.mjs';
import { UsageError } from '../program/errors.mjs';

/**
 * @typedef {object} Settings
 * @property {string[]} queries questions to answer
 * @property {string | undefined} text file whose paragraphs are indexed
 * @property {string | undefined} folder folder whose README files are indexed; undefined: node_modules
 * @property {number | undefined} limit most paragraphs that are indexed
 * @property {boolean} json
 * @property {boolean} help
 */

export const defaultQueries = [
  'run tests in a real browser',
  'compile C++ for Node',
  'colours in the terminal',
  'a parser for JavaScript',
  'check whether a path is inside a folder',
];

/** Paragraphs of README files that are indexed unless --limit says otherwise: what the reference backend embeds in a few minutes. */
export const defaultLimit = 450;

export const usage = `Semantic search with a pre-trained transformer (Universal Sentence Encoder Lite) on fovea's operations.

  npm start [-- options] [folder]     index the paragraphs of the README files below folder (default: node_modules)

  --text FILE      index the paragraphs of FILE instead; blank lines part them
  --query "…"      what to look for; may be repeated (default: ${defaultQueries.length} questions)
  --limit N        index at most N paragraphs (default: ${defaultLimit} of README files, all of a FILE)
  --json           print one JSON object and nothing else (npm adds lines of its own, but not with: npm start --silent -- --json)
  --help           print this

FOVEA_BACKEND=native|wasm|reference and FOVEA_TARGET choose what computes. NO_COLOR switches colours off.
Exit code: 0 done, 1 the work failed, 2 the command line is wrong.
`;

/**
 * @param {string[]} argv without node and script
 * @returns {Settings}
 * @throws {UsageError}
 */
export function parseArguments(argv) {
  const { values, positionals } = parse({
    args: argv,
    allowPositionals: true,
    options: {
      query: { type: 'string', multiple: true },
      text: { type: 'string' },
      limit: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (positionals.length > 1) throw new UsageError(`one folder can be indexed, not ${positionals.length}: ${positionals.join(', ')}`);
  if (values.text !== undefined && positionals.length > 0)
    throw new UsageError(`--text ${values.text} or a folder (${positionals[0]}), not both`);
  if (values.query?.some((query) => query.trim() === '')) throw new UsageError('--query is empty');
  return {
    queries: values.query ?? defaultQueries,
    text: values.text,
    folder: positionals[0],
    limit: values.limit === undefined ? undefined : positiveInteger('--limit', values.limit),
    json: values.json ?? false,
    help: values.help ?? false,
  };
}
