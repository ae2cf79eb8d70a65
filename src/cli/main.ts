/**
 * The program `fovea`: runs its command line, and turns what went wrong into one sentence and an exit code. stdout carries the result, stderr all else.
 * @module
 */
import { CommanderError } from 'commander';
import { program } from './program.js';

// A reader that has seen enough (`fovea info | head -1`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

program()
  .parseAsync(process.argv.length > 2 ? process.argv.slice(2) : ['--help'], { from: 'user' })
  .catch((error: unknown) => {
    // Set and not taken at once, so that a slow reader gets all of it.
    process.exitCode = exitCodeOf(error);
    if (error instanceof CommanderError || !(error instanceof Error)) return; // commander has said it already
    process.stderr.write(`fovea: ${error.message}\n${process.exitCode === 2 ? 'Try --help.\n' : ''}`);
  });

/** 0 help was asked for, 1 the work failed, 2 the command line is wrong. Throws what is a mistake of ours, so that it shows its stack. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Error && 'exitCode' in error) return Number(error.exitCode);
  if (error instanceof Error && error.name === 'FoveaError') return 1;
  throw error;
}
