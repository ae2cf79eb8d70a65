/**
 * The sentences about backends: why this one, what was wrong with the others, what there is instead.
 * @module
 */
import { FoveaError, optionError } from '../errors.js';
import type { BackendInfo } from '../types.js';
import type { Backend } from './backend.js';

/** What somebody asked for, and who: `by` is the subject of the sentence when it cannot be had, '' where nobody asked. */
export interface Wanted {
  readonly backend: string;
  readonly target: string | undefined;
  readonly by: string;
}

export type Rejected = BackendInfo['rejected'];

/** A candidate that was tried; without an error it works here. */
export interface Tried {
  readonly name: string;
  readonly target?: string;
  readonly error?: Error;
}

/** Why this backend: who asked for it, or that it is the fastest one left; why it has fewer threads than it should; where its async calls run. */
export function reasonFor(backend: Backend, wanted: Wanted, rejected: Rejected): string {
  const why =
    wanted.by !== ''
      ? `asked for by ${wanted.by}`
      : rejected.length === 0
        ? 'the fastest there is, and it passed its self-check'
        : `the fastest that works here: ${rejected.map(named).join(' and ')} ${rejected.length === 1 ? 'does' : 'do'} not`;
  const shortage = backend.shortage === undefined ? '' : `; ${backend.shortage}`;
  return `${why}${shortage}; async calls run ${backend.asyncRuns}`;
}

export function notReady(op: string): FoveaError {
  return new FoveaError('ERR_NOT_READY', `${op}: fovea is not ready; await init() first, or use the async twins, which wait for it`);
}

/** Options with one name: an object, and nothing else in it. */
export function checkNames(op: string, options: unknown, known: string): void {
  if (typeof options !== 'object' || options === null)
    throw optionError(op, 'the last argument', typeof options === 'string' ? `'${options}'` : String(options), `an object: { ${known} }`);
  for (const key in options) {
    if (key !== known) throw new FoveaError('ERR_OPTION', `${op}: unknown option '${key}', expected '${known}'`);
  }
}

/** The value given as `wasm` is nothing that a module can be made of. */
export function badWasm(received: string): FoveaError {
  return optionError('init', 'wasm', received, 'bytes, a Response, a WebAssembly.Module, or a URL');
}

export function unknownBackend(wanted: Wanted, names: readonly string[]): FoveaError {
  return new FoveaError('ERR_BACKEND', `${wanted.by}: unknown backend '${wanted.backend}', expected ${quoted([...names, 'auto'])}`);
}

/** Nothing failed, yet no candidate has that target: it is not compiled in, or misspelt. */
export function unknownTarget(wanted: Wanted, tried: readonly Tried[]): FoveaError {
  const of = wanted.backend === 'auto' ? '' : ` of ${wanted.backend}`;
  const known = tried.filter((it) => it.target !== undefined && (wanted.backend === 'auto' || it.name === wanted.backend));
  const expected = quoted(known.map((it) => it.target ?? ''));
  return new FoveaError(
    'ERR_BACKEND',
    `${wanted.by}: unknown target '${wanted.target ?? ''}'${of}, expected ${expected}. ${available(tried)}`,
  );
}

export function cannotBeHad(wanted: Wanted, rejected: Rejected, tried: readonly Tried[]): FoveaError {
  const failures = rejected.map((it) => `${named(it)}: ${it.error.message}`).join('; ');
  const subject = wanted.by === '' ? 'no backend works here' : `${wanted.by} cannot be had`;
  return new FoveaError('ERR_BACKEND', `${subject} (${failures}). ${available(tried)}`, { cause: rejected.at(-1)?.error });
}

function available(tried: readonly Tried[]): string {
  const works = tried.filter((it) => it.error === undefined);
  return `What works here: ${works.length === 0 ? 'nothing' : works.map(named).join(', ')}`;
}

function named(it: Tried): string {
  return it.target === undefined ? it.name : `${it.name} ${it.target}`;
}

function quoted(names: readonly string[]): string {
  const all = names.map((name) => `'${name}'`);
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} or ${all.at(-1) ?? ''}`;
}
