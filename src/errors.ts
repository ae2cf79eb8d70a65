/**
 * The one error class, its codes, and the builders of its sentences. Imports nothing of ours.
 * @module
 */

/** Stable names of what went wrong; see docs/design.md, "Errors". */
export type FoveaErrorCode =
  | 'ERR_SHAPE'
  | 'ERR_DTYPE'
  | 'ERR_OPTION'
  | 'ERR_BACKEND'
  | 'ERR_ABORTED'
  | 'ERR_DISPOSED'
  | 'ERR_FORMAT'
  | 'ERR_OUT_OF_MEMORY'
  | 'ERR_NOT_READY';

/** Every error that fovea throws or rejects with. */
export class FoveaError extends Error {
  override readonly name = 'FoveaError';
  readonly code: FoveaErrorCode;

  constructor(code: FoveaErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** `op: argument has what came, expected what (the context that explains it)`. */
function sentence(op: string, argument: string, received: string, expected: string, context?: string): string {
  return `${op}: ${argument} has ${received}, expected ${expected}${context ? ` (${context})` : ''}`;
}

export function shapeError(op: string, argument: string, received: string, expected: string, context?: string): FoveaError {
  return new FoveaError('ERR_SHAPE', sentence(op, argument, received, expected, context));
}

export function dtypeError(op: string, argument: string, received: string, expected: string, context?: string): FoveaError {
  return new FoveaError('ERR_DTYPE', sentence(op, argument, received, expected, context));
}

/** `op: option is what came, expected what (the context that explains it)`. */
export function optionError(op: string, option: string, received: string, expected: string, context?: string): FoveaError {
  return new FoveaError('ERR_OPTION', `${op}: ${option} is ${received}, expected ${expected}${context ? ` (${context})` : ''}`);
}

/** `op: what is there, expected what (the context that explains it)`, of a file. */
export function formatError(op: string, found: string, expected: string, context?: string): FoveaError {
  return new FoveaError('ERR_FORMAT', `${op}: ${found}, expected ${expected}${context ? ` (${context})` : ''}`);
}

/** An error of a function that another one is made of, as one of its own: by its name, and an argument by the name that it has there. */
export function renamed(op: string, error: unknown, [inner, outer]: readonly [string, string] = ['', '']): unknown {
  if (!(error instanceof FoveaError) || error.message.startsWith(`${op}: `)) return error;
  return new FoveaError(error.code, error.message.replace(inner, outer).replace(/^[^:]*/, op), { cause: error });
}

export function abortedError(op: string, signal: AbortSignal): FoveaError {
  return new FoveaError('ERR_ABORTED', `${op}: aborted by its signal`, { cause: signal.reason });
}

/** What was thrown, which may be anything, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}
