// @ts-check
/** The command line of the comparison. */
import { parseArgs } from 'node:util';
import { cases } from './cases.mjs';

/** @import { Case, Entry } from './types.js' */

/** A mistake of the caller's, told in one sentence and without a stack. */
export class UsageError extends Error {}

const options = /** @satisfies {import('node:util').ParseArgsConfig['options']} */ ({
  only: { type: 'string', multiple: true },
  cases: { type: 'string', multiple: true },
  threads: { type: 'string' },
  quick: { type: 'boolean' },
  json: { type: 'string' },
  svg: { type: 'string' },
  html: { type: 'string' },
  markdown: { type: 'string' },
  against: { type: 'string' },
  beside: { type: 'string' },
  from: { type: 'string' },
  contender: { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h', default: false },
});

/** @param {readonly string[]} args */
export function optionsOf(args) {
  try {
    const { values } = parseArgs({ args: [...args], options });
    checkBesideAlone(values);
    return { ...values, threads: threadsOf(values.threads) };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(/** @type {Error} */ (error).message);
  }
}

/** @param {Readonly<Record<string, unknown>>} values */
function checkBesideAlone({ beside, ...values }) {
  const useless = ['json', 'svg', 'html', 'markdown', 'against', 'from', 'contender'].find((name) => values[name] !== undefined);
  if (beside !== undefined && useless !== undefined)
    throw new UsageError(`--beside makes no report, so --${useless} has no meaning with it`);
}

/** @param {string | undefined} text @returns {readonly number[] | undefined} */
function threadsOf(text) {
  if (text === undefined) return undefined;
  const counts = text.split(',').map(Number);
  if (counts.every((count) => Number.isInteger(count) && count >= 1 && count <= 256)) return [...new Set(counts)];
  throw new UsageError(`--threads is ${text}, expected whole numbers of 1 to 256, like 1 or 1,2`);
}

/**
 * The things whose names are or contain one of the words; an exact name means that thing alone.
 * @template {{ readonly name: string }} T
 * @param {string} option
 * @param {readonly string[] | undefined} words
 * @param {readonly T[]} things
 * @returns {readonly T[]}
 */
function chosen(option, words, things) {
  if (words === undefined) return things;
  const wanted = words.flatMap((word) => {
    const exact = things.filter(({ name }) => name === word);
    const found = exact.length > 0 ? exact : things.filter(({ name }) => name.includes(word));
    if (found.length === 0)
      throw new UsageError(`${option} is "${word}", expected (a part of) one of: ${things.map(({ name }) => name).join(' · ')}`);
    return found;
  });
  return things.filter((thing) => wanted.includes(thing));
}

/** @param {readonly string[] | undefined} words @returns {readonly Case[]} */
export const chosenCases = (words) => chosen('--cases', words, cases);

/** @param {readonly string[] | undefined} words @param {readonly Entry[]} entries */
export const chosenEntries = (words, entries) => chosen('--only', words, entries);

/** @param {readonly Entry[]} entries */
export const help = (entries) => `Usage: npm run compare [-- OPTIONS]

Measures fovea on this machine, each backend and instruction set next to what else there is, and holds every row against what the
processor or its memory can do. A result is checked in float64 before its time counts. The packages it is compared with are installed
into bench/node_modules when they are missing (500 MB); without a network their rows say so. All of it takes about 45 minutes.

  --only NAME        only contenders with this in their name; may be repeated
  --cases NAME       only cases with this in their name; may be repeated
  --threads LIST     threads a call may use, like 1,2; by default 1, and 2 as well for the cases that show how it scales
  --quick            the usual cases and the best of each contender, a fraction of the time for each row, an eighth of the rows of each result
                     checked: two to three minutes; the report says what is left out
  --json FILE        write the report as JSON, too ("-": to stdout, instead of the table)
  --svg FILE         write a chart
  --html FILE        write a page with the chart and all rows; it needs no other file
  --markdown FILE    replace the figures in this file, between its two comments "compare", by those of the report
  --from FILE        measure nothing, read the report from this JSON
  --against FILE     print what got slower since this JSON
  --beside FOLDER    print no report, but what time our rows take of that of the same rows of another checkout, which is built: both in turns in
                     one process, so that what else the machine does meets both
  --contender FILE   one more contender, a module like those in bench/contenders; may be repeated
  --help             this text

Contenders:
${entries.map(({ name }) => `  ${name}`).join('\n')}

Cases:
${cases.map(({ name }) => `  ${name}`).join('\n')}
`;
