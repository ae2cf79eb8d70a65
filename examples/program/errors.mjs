/** What a user can put right: said in one sentence, without a stack trace. */

/** The command line is wrong. */
export class UsageError extends Error {
  exitCode = 2;
}

/** What was asked for cannot be done: a missing file, nothing to index, a model that is not installed. */
export class InputError extends Error {
  exitCode = 1;
}

/** Stopped by Ctrl-C, with everything in order: the status is what shells give a program that SIGINT ended. */
export class Interruption extends Error {
  exitCode = 130;
}
