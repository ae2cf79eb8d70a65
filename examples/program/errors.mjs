/** What a user can put right: said in one sentence, without a stack trace. */
import { constants } from 'node:os';

/** The command line is wrong. */
export class UsageError extends Error {
  exitCode = 2;
}

/** What was asked for cannot be done: a missing file, nothing to index, a model that is not installed. */
export class InputError extends Error {
  exitCode = 1;
}

/** Stopped by Ctrl-C or by who asked for an end, with everything in order: the status is what shells give a program that the signal ended. */
export class Interruption extends Error {
  /** @param {string} message @param {'SIGINT' | 'SIGTERM'} signal */
  constructor(message, signal) {
    super(message);
    this.exitCode = statusOf(signal);
  }
}

/** @param {'SIGINT' | 'SIGTERM'} signal */
export const statusOf = (signal) => 128 + constants.signals[signal];
