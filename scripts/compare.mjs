// @ts-check
/**
 * `npm run compare [-- OPTIONS]`: builds what is compared, measures it, and prints the table; `--help` says what can be chosen. What it runs is in bench/.
 */
import { accessSync, constants, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { entriesOf } from '../bench/contenders.mjs';
import { installPeers, isListed } from '../bench/install.mjs';
import { markdownOf, place } from '../bench/markdown.mjs';
import { chosenCases, chosenEntries, help, optionsOf, UsageError } from '../bench/options.mjs';
import { hasPlace, withFigures } from '../bench/place.mjs';
import { asProgram, say } from './run/terminal.mjs';
import { setUp } from './setup.mjs';

/** @import { Course } from '../bench/run.mjs' */
/** @import { Case, Entry, Report } from '../bench/types.js' */
/** @typedef {ReturnType<typeof optionsOf>} Options */

const paces = {
  full: { budgetMs: 800, leastRuns: 7, coldBytes: 2 ** 28, checkWork: 2 ** 24, rowLimitMs: 45_000 },
  quick: { budgetMs: 70, leastRuns: 3, coldBytes: 2 ** 27, checkWork: 2 ** 21, rowLimitMs: 45_000 },
};
const probing = { full: { rounds: 3, roundMs: 70 }, quick: { rounds: 2, roundMs: 20 } };

await asProgram(async () => {
  try {
    return await main();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`compare: ${error.message}\n(npm run compare -- --help)\n`);
    return 2;
  }
});

async function main() {
  const options = optionsOf(process.argv.slice(2));
  const all = await entriesOf(options.contender?.map(fromCaller));
  if (options.help) {
    process.stdout.write(help(all));
    return 0;
  }
  const cases = chosenCases(options.cases);
  const entries = chosenEntries(options.only, all);
  if (options.beside !== undefined) return await printBeside(options.beside, cases, entries, options);
  const before = options.against === undefined ? undefined : readReport('--against', options.against);
  const earlier = options.from === undefined ? undefined : readReport('--from', options.from);
  const files = filesOf(options);

  await setUp();
  const report = earlier ?? (await measured(cases, entries, options));
  const { textOf } = await import('../bench/table.mjs');
  const { differencesOf } = await import('../bench/against.mjs');
  process.stdout.write(options.json === '-' ? jsonOf(report) : `\n${textOf(report)}\n`);
  if (before) (options.json === '-' ? process.stderr : process.stdout).write(`\n${differencesOf(report, before)}\n`);
  for (const { path, make } of files) writeFileSync(path, await make(report));
  // A peer that cannot do a case is a finding; one of ours is a failure.
  return report.results.some((row) => row.failed !== undefined && !isPeer(all, row.contender)) ? 1 : 0;
}

/**
 * @param {string} given
 * @param {readonly Case[]} cases
 * @param {readonly Entry[]} entries
 * @param {Options} options
 */
async function printBeside(given, cases, entries, options) {
  const folder = fromCaller(given);
  const { checkBeside, measureBeside, textOfPairs } = await import('../bench/beside.mjs');
  checkBeside(given, folder);
  await setUp();
  await build();
  const measured = await watched((course) => measureBeside({ ...selectionOf(cases, entries, options), ...course, folder }), options);
  process.stdout.write(`\n${await textOfPairs(measured, given)}\n`);
  return measured.pairs.some((pair) => 'failed' in pair) ? 1 : 0;
}

/** @param {readonly Entry[]} entries @param {string} name */
function isPeer(entries, name) {
  return entries.some(({ contender }) => contender.name === name && contender.peer !== undefined);
}

/** @param {Report} report */
function jsonOf(report) {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

/**
 * What is written at the end; that it can be is made sure of before anything is measured.
 * @param {Options} options
 * @returns {{ path: string, make: (report: Report) => string | Promise<string> }[]}
 */
function filesOf({ json, svg, html, markdown }) {
  const files = [];
  if (json !== undefined && json !== '-') files.push({ path: writable('--json', json), make: jsonOf });
  if (svg !== undefined)
    files.push({
      path: writable('--svg', svg),
      make: async (/** @type {Report} */ report) => (await import('../bench/svg.mjs')).svgOf(report),
    });
  if (html !== undefined)
    files.push({
      path: writable('--html', html),
      make: async (/** @type {Report} */ report) => (await import('../bench/html.mjs')).htmlOf(report),
    });
  if (markdown !== undefined) files.push(markdownFile(markdown));
  return files;
}

/** @param {string} given */
function markdownFile(given) {
  const path = writable('--markdown', given);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (!hasPlace(text, place))
    throw new UsageError(`--markdown is ${given}, which has no place for the figures: expected the lines\n${place.join('\n')}`);
  return { path, make: (/** @type {Report} */ report) => withFigures(text, place, markdownOf(report)) };
}

/**
 * @param {readonly Case[]} cases
 * @param {readonly Entry[]} entries
 * @param {Options} options
 * @returns {Promise<Report>}
 */
async function measured(cases, entries, options) {
  if (entries.some(({ contender }) => contender.needsPeers || (contender.peer !== undefined && isListed(contender.peer)))) {
    const reason = await installPeers();
    if (reason !== undefined) say(`\n${reason}\n→ comparing without what is missing\n`);
  }
  if (entries.some(({ contender }) => contender.ours)) await build();
  const { openProbes } = await import('../bench/probes.mjs');
  const { compare } = await import('../bench/run.mjs');
  const probes = await openProbes(probing[options.quick ? 'quick' : 'full']);
  try {
    return await watched((course) => compare({ ...selectionOf(cases, entries, options), ...course }, probes), options);
  } finally {
    probes.close();
  }
}

/** @param {readonly Case[]} cases @param {readonly Entry[]} entries @param {Options} options */
function selectionOf(cases, entries, { threads, quick = false, cases: namedCases, only }) {
  const named = { namedCases: namedCases !== undefined, namedEntries: only !== undefined };
  return { cases, entries, threads, ...named, quick, cores: availableParallelism() };
}

/**
 * Measures with a line of progress, until it is interrupted.
 * @template R
 * @param {(course: Course) => Promise<R>} measure
 * @param {Options} options
 */
async function watched(measure, { quick }) {
  const { startProgress } = await import('../bench/progress.mjs');
  const progress = startProgress();
  const interruption = new AbortController();
  process.once('SIGINT', () => interruption.abort()); // the second one ends this process, too
  try {
    return await measure({ pace: paces[quick ? 'quick' : 'full'], signal: interruption.signal, onRow: progress.onRow });
  } finally {
    progress.stop();
  }
}

/** What cannot be built is said, and its rows are missing. */
async function build() {
  const { parts } = await import('./parts.mjs');
  for (const { name, make } of parts) {
    try {
      await make();
    } catch (error) {
      say(`\n${/** @type {Error} */ (error).message}\n→ comparing without the ${name}\n`);
    }
  }
}

/** npm runs scripts in the package's folder and says in INIT_CWD where the user stood. @param {string} path */
function fromCaller(path) {
  return resolve(process.env.INIT_CWD ?? '', path);
}

/** Said before minutes of measuring, not after. @param {string} option @param {string} given @returns {string} its full path */
function writable(option, given) {
  const path = fromCaller(given);
  const wrong = (/** @type {string} */ why) => new UsageError(`${option} is ${given}, ${why}`);
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory()) throw wrong('which is a folder, expected a file');
  if (!there && !existsSync(dirname(path))) throw wrong(`but there is no folder ${dirname(path)}`);
  try {
    accessSync(there ? path : dirname(path), constants.W_OK);
  } catch (error) {
    throw wrong(`which cannot be written: ${/** @type {Error} */ (error).message}`);
  }
  return path;
}

/** @param {string} option @param {string} given @returns {Report} */
function readReport(option, given) {
  const path = fromCaller(given);
  if (!existsSync(path)) throw new UsageError(`${option} is ${given}, which does not exist`);
  try {
    const report = JSON.parse(readFileSync(path, 'utf8'));
    if (Array.isArray(report.results) && report.environment) return report;
  } catch {
    // said below
  }
  throw new UsageError(`${option} is ${given}, which is not a report of npm run compare`);
}
