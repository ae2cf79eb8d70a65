#!/usr/bin/env node
/** Entry of `npm start`: reads the command line, runs the search, turns what went wrong into one sentence and an exit code. */
import { createRequire } from 'node:module';
import { parseArguments, usage } from './arguments.mjs';
import { InputError, UsageError } from './errors.mjs';

// A reader that has seen enough (`npm start | head`) is no failure.
process.stdout.on('error', (error) => {
  if ('code' in error && error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  const settings = parseArguments(process.argv.slice(2));
  if (settings.help) {
    process.stdout.write(usage);
  } else {
    // fovea throws while it loads where FOVEA_BACKEND asks for what cannot be had. Required first, because in Node 20 an error that a
    // CommonJS file throws while it is imported gets past every catch.
    createRequire(import.meta.url)('fovea');
    const { run } = await import('./run.mjs');
    process.stdout.write(run(settings));
  }
} catch (error) {
  const { message, exitCode } = explain(error);
  process.stderr.write(`sentence-search: ${message}\n`);
  process.exitCode = exitCode;
}

/**
 * @param {unknown} error
 * @returns {{ message: string, exitCode: number }} rethrows what is a mistake of ours, so that it shows its stack
 */
function explain(error) {
  if (error instanceof UsageError) return { message: `${error.message}\nTry --help.`, exitCode: error.exitCode };
  if (error instanceof InputError) return { message: error.message, exitCode: error.exitCode };
  if (error instanceof Error && error.name === 'FoveaError') return { message: error.message, exitCode: 1 };
  if (error instanceof Error && 'code' in error && /^(ERR_)?MODULE_NOT_FOUND$/.test(String(error.code))) {
    const [what] = error.message.split('\n');
    return { message: `${what}\nRun npm install and npm run build first; npm start does both.`, exitCode: 1 };
  }
  throw error;
}
