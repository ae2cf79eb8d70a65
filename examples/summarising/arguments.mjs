/** The command line: what can be asked for, and what is wrong with it when it is. Imports nothing that must be built first. */
import { parse, positiveInteger, svgFile } from '../program/command-line.mjs';
import { UsageError } from '../program/errors.mjs';

/**
 * @typedef {object} Settings
 * @property {string | undefined} file the text; undefined: the README of fflate
 * @property {number} sentences of the summary
 * @property {string | undefined} svg where the heatmap is written; undefined: a temporary folder
 * @property {boolean} json
 * @property {boolean} help
 */

/** Sentences of a summary unless --sentences says otherwise. */
const defaultSentences = 5;

export const usage = `Summarises a text: its sentences ranked by the attention that they give each other, as embeddings of a pre-trained transformer.

  npm run summarise [-- options]

  --file FILE      the text: Markdown, or paragraphs parted by blank lines (default: the README of fflate, of node_modules)
  --sentences N    sentences of the summary (default: ${defaultSentences})
  --svg FILE       where the heatmap of the attention is written (default: summary.svg in a new temporary folder)
  --json           print one JSON object and nothing else (npm adds lines of its own, but not with: npm run --silent summarise -- --json)
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
      file: { type: 'string' },
      sentences: { type: 'string' },
      svg: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [stray] = positionals;
  if (stray !== undefined) throw new UsageError(`${stray} is not an option; for a text of your own: --file ${stray}`);
  return {
    file: values.file,
    sentences: values.sentences === undefined ? defaultSentences : positiveInteger('--sentences', values.sentences),
    svg: values.svg === undefined ? undefined : svgFile('--svg', values.svg),
    json: values.json ?? false,
    help: values.help ?? false,
  };
}
