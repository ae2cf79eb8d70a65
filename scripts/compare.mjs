// @ts-check
/**
 * `npm run compare [-- OPTIONS]`: builds what is compared, measures it, and prints the table; `--help` says what can be chosen. What it runs is in bench/.
 */
import { accessSync, constants, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { entriesOf } from '../bench/contenders.mjs';
import { chosenCases, chosenEntries, help, optionsOf, UsageError } from '../bench/options.mjs';
import { asProgram, say } from './run/terminal.mjs';
import { setUp } from './setup.mjs';

/** @import { Entry, Report } from '../bench/types.js' */

const pace = { full: { budgetMs: 1000, leastRuns: 7, patience: 1 }, quick: { budgetMs: 200, leastRuns: 3, patience: 0.1 } };
const probing = { full: { rounds: 3, roundMs: 100 }, quick: { rounds: 2, roundMs: 30 } };

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
  const before = options.against === undefined ? undefined : readReport('--against', options.against);
  const earlier = options.from === undefined ? undefined : readReport('--from', options.from);
  const file = options.json === undefined || options.json === '-' ? undefined : writable(options.json);

  await setUp();
  const report = earlier ?? (await measured(cases, entries, options));
  const { textOf } = await import('../bench/table.mjs');
  const { differencesOf } = await import('../bench/against.mjs');
  const json = `${JSON.stringify(report, undefined, 2)}\n`;
  process.stdout.write(options.json === '-' ? json : `\n${textOf(report)}\n`);
  if (before) (options.json === '-' ? process.stderr : process.stdout).write(`\n${differencesOf(report, before)}\n`);
  if (file !== undefined) writeFileSync(file, json);
  return report.results.some(({ failed }) => failed !== undefined) ? 1 : 0;
}

/**
 * @param {readonly import('../bench/types.js').Case[]} cases
 * @param {readonly Entry[]} entries
 * @param {ReturnType<typeof optionsOf>} options
 * @returns {Promise<Report>}
 */
async function measured(cases, entries, { threads, quick }) {
  if (entries.some(({ contender }) => contender.ours)) await build();
  const { openProbes } = await import('../bench/probes.mjs');
  const { startProgress } = await import('../bench/progress.mjs');
  const { compare } = await import('../bench/run.mjs');
  const length = quick ? 'quick' : 'full';
  const probes = await openProbes(probing[length]);
  const progress = startProgress();
  const interruption = new AbortController();
  process.once('SIGINT', () => interruption.abort()); // the second one ends this process, too
  try {
    return await compare({ cases, entries, threads, ...pace[length], signal: interruption.signal, onRow: progress.onRow }, probes);
  } finally {
    progress.stop();
    probes.close();
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

/** Said before minutes of measuring, not after. @param {string} given @returns {string} its full path */
function writable(given) {
  const path = fromCaller(given);
  const wrong = (/** @type {string} */ why) => new UsageError(`--json is ${given}, ${why}`);
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
