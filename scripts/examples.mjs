/**
 * `npm run examples [-- --no-figures]`: trains all examples that are trained, in full, one after another, which takes a quarter of an hour on
 * two free cores, and has each write its pictures and the figures in its README. An example that falls short of its bar ends in exit status 1,
 * and so does this, when all have run; what stops one of them, Ctrl-C or SIGTERM, ends it.
 *
 *   --no-figures   leaves READMEs and pictures as they are
 */
import { join } from 'node:path';
import { handOver } from './run/command.mjs';
import { isMain, root } from './run/root.mjs';
import { asProgram, say } from './run/terminal.mjs';

/** @typedef {{ example: string, args: string[], figures: string[] }} Run figures: what has it write them, into this checkout wherever the user stands */

/** @type {Run[]} */
export const runs = [
  { example: 'language-model', args: [], figures: written('language-model', '--svg', 'picture.svg') },
  { example: 'translation', args: ['--task', 'dates'], figures: written('translation', '--pictures', 'pictures') },
  { example: 'translation', args: ['--task', 'numbers'], figures: written('translation', '--pictures', 'pictures') },
  { example: 'captioning', args: [], figures: written('captioning', '--pictures', 'pictures') },
];

/** Above it shells say which signal ended a program. */
const signalled = 128;

/**
 * One after another, whether they fall short or not.
 * @param {boolean} withFigures
 * @param {(name: string, args: string[]) => Promise<number>} start gives the exit status
 * @returns {Promise<number>} the exit status of them all
 */
export async function runAll(withFigures, start) {
  const failed = [];
  for (const { example, args, figures } of runs) {
    const name = [example, ...args].join(' ');
    const status = await start(name, [example, ...args, ...(withFigures ? figures : [])]);
    if (status > signalled) return status;
    if (status !== 0) failed.push(name);
  }
  say(failed.length === 0 ? `\nAll ${runs.length} did what they are meant to.` : `\nFell short: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

/** @param {string} example @param {string} option @param {string} pictures */
function written(example, option, pictures) {
  const folder = join(root, 'examples', example);
  return [option, join(folder, pictures), '--markdown', join(folder, 'README.md')];
}

async function main() {
  const given = process.argv.slice(2);
  const unknown = given.find((argument) => argument !== '--no-figures');
  if (unknown !== undefined) {
    say(`examples: ${unknown} is not known, expected --no-figures or nothing`);
    return 2;
  }
  return runAll(given.length === 0, (name, args) => {
    say(`\n── ${name}`);
    return handOver(process.execPath, [join(root, 'scripts', 'start.mjs'), ...args], { cwd: root });
  });
}

if (isMain(import.meta)) await asProgram(main);
