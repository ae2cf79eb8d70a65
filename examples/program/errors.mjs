/** What a user can put right: said in one sentence, without a stack trace. */

/** The command line is wrong. */
export class UsageError extends Error {
  exitCode = 2;
}

/** What was asked for cannot be done: a missing file, nothing to index, a model that is not installed. */
export class InputError extends Error {
  exitCode = 1;
}
