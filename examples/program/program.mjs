/** What turns an example into a program: its command line is read, its work is done, and what went wrong becomes one sentence and an exit code. */
import { createRequire } from 'node:module';
import { InputError, Interruption, UsageError } from './errors.mjs';

/**
 * @template {{ help: boolean }} Settings
 * @typedef {object} Program
 * @property {string} name what stands before its complaints
 * @property {string} usage what --help prints
 * @property {(argv: string[]) => Settings} parseArguments throws a UsageError
 * @property {() => Promise<{ run: (settings: Settings) => string | Promise<string> }>} load imports what does the work, and with it fovea; `run` gives what goes to stdout
 */

/**
 * @template {{ help: boolean }} Settings
 * @param {Program<Settings>} program
 */
export async function runProgram({ name, usage, parseArguments, load }) {
  // A reader that has seen enough (`npm start | head`) is no failure.
  process.stdout.on('error', (error) => {
    if ('code' in error && error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  try {
    const settings = parseArguments(process.argv.slice(2));
    if (settings.help) {
      process.stdout.write(usage);
      return;
    }
    // fovea throws while it loads where FOVEA_BACKEND asks for what cannot be had. Required first, because in Node 20 an error that a
    // CommonJS file throws while it is imported gets past every catch.
    createRequire(import.meta.url)('fovea');
    const { run } = await load();
    process.stdout.write(await run(settings));
  } catch (error) {
    const { message, exitCode } = explain(error);
    process.stderr.write(`${name}: ${message}\n`);
    process.exitCode = exitCode;
  }
}

/**
 * @param {unknown} error
 * @returns {{ message: string, exitCode: number }} rethrows what is a mistake of ours, so that it shows its stack
 */
function explain(error) {
  if (error instanceof UsageError) return { message: `${error.message}\nTry --help.`, exitCode: error.exitCode };
  if (error instanceof InputError || error instanceof Interruption) return { message: error.message, exitCode: error.exitCode };
  if (error instanceof Error && error.name === 'FoveaError') return { message: error.message, exitCode: 1 };
  if (error instanceof Error && 'code' in error && /^(ERR_)?MODULE_NOT_FOUND$/.test(String(error.code))) {
    const [what] = error.message.split('\n');
    return { message: `${what}\nRun npm install and npm run build first; the commands of npm do both.`, exitCode: 1 };
  }
  throw error;
}
