/**
 * Unknown value → checked options. An op's rules are one table with a rule for every key of its options type; a key without
 * a rule does not compile, a key that the table lacks is an error that offers the nearest name, `undefined` is the default.
 * @module
 */
import { dtypeError, FoveaError, optionError } from '../errors.js';
import type { Activation, CacheDType, Layout, PackedDType, Score } from '../types.js';
import { kindOf, list, received } from './describe.js';
import { checkFloat32, checkFloats, checkMask } from './tensor.js';
import { Workspace } from './workspace.js';

/** Checks one option's value; `op` and `name` are for the message, what is made of the value lies in `workspace`. */
export type Rule<T> = (op: string, name: string, value: unknown, workspace: Workspace) => T;

/** A rule for every option: what an op's table must satisfy. */
export type Rules<Options> = { readonly [K in keyof Required<Options>]: Rule<unknown> };

/** The options after their rules; undefined where the caller gave none. */
export type CheckedOptions<R> = { readonly [K in keyof R]: R[K] extends Rule<infer T> ? T | undefined : never };

/** Names that the promise twins take; their rules stand in plan/async.ts. */
const asyncNames = ['signal', 'copy'];
/** What has no twin. */
const alone = [
  'packMatrix',
  'KVCache',
  'KVCache.append',
  'KVCache.truncate',
  'embedding',
  'sinusoidalPositions',
  'MultiHeadAttention',
  'MultiHeadAttention.fromTorch',
  'entropy',
  'rollout',
  'SequenceAttention',
  'SequenceAttention.step',
];

export type AnyRules = Readonly<Record<string, Rule<unknown>>>;

/** Where checked options are written, call after call. Each name is there from the start, as undefined: the object keeps one form. */
export class GivenOptions<R extends AnyRules> {
  readonly checked: CheckedOptions<R>;
  /** The first `#count` of them are not undefined now. */
  readonly #names: string[] = [];
  #count = 0;

  constructor(rules: R) {
    this.checked = Object.fromEntries(Object.keys(rules).map((name) => [name, undefined])) as CheckedOptions<R>;
  }

  /** @param name one of the rules' */
  put(name: string, value: unknown): void {
    this.#names[this.#count++] = name;
    (this.checked as Record<string, unknown>)[name] = value;
  }

  /** Lets go of all of them. */
  forget(): void {
    const checked = this.checked as Record<string, unknown>;
    for (let i = 0; i < this.#count; i++) checked[this.#names[i] ?? ''] = undefined;
    this.#count = 0;
  }
}

/** @param into where they are written: new, or forgotten since the last call */
export function checkOptions<R extends AnyRules>(
  op: string,
  options: unknown,
  rules: R,
  workspace = new Workspace(),
  into = new GivenOptions(rules),
): CheckedOptions<R> {
  if (options === undefined) return into.checked;
  if (!isRecord(options)) throw optionError(op, 'the last argument', received(options), 'an object of options');
  for (const name in options) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) throw unknownOption(op, name, Object.keys(rules));
    const value = options[name];
    if (value !== undefined) into.put(name, rule(op, name, value, workspace));
  }
  return into.checked;
}

/** An option that a function cannot do without; its rule says what is missing. */
export function needed<T>(op: string, name: string, value: T | undefined, rule: Rule<T>): T {
  return value ?? rule(op, name, undefined, new Workspace());
}

export function isRecord(options: unknown): options is Readonly<Record<string, unknown>> {
  return typeof options === 'object' && options !== null && !Array.isArray(options);
}

/** @param ofTwin names that the promise twin alone takes */
export function unknownOption(
  op: string,
  name: string,
  known: readonly string[],
  ofTwin: readonly string[] = alone.includes(op) ? [] : asyncNames,
): FoveaError {
  if (ofTwin.includes(name))
    return new FoveaError('ERR_OPTION', `${op}: option '${name}' belongs to ${op}Async, expected one of ${known.join(', ')}`);
  const nearest = nearestName(name, [...known, ...ofTwin]);
  return new FoveaError('ERR_OPTION', `${op}: unknown option '${name}', did you mean '${nearest}'? (options are ${known.join(', ')})`);
}

/** A field of an option that is an object. */
export function unknownField(op: string, option: string, name: string, known: readonly string[]): FoveaError {
  const nearest = nearestName(name, known);
  return new FoveaError(
    'ERR_OPTION',
    `${op}: ${option} has unknown field '${name}', did you mean '${nearest}'? (fields are ${known.join(', ')})`,
  );
}

function nearestName(name: string, known: readonly string[]): string {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[_-]/g, '');
  const distances = known.map((candidate) => editDistance(plain(name), plain(candidate)));
  return known[distances.indexOf(Math.min(...distances))] ?? '';
}

/** Letters to insert, delete or replace to make b of a (Levenshtein 1966). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

// ---- rules ----

export const boolean: Rule<boolean> = (op, name, value) => {
  if (typeof value !== 'boolean') throw optionError(op, name, received(value), 'true or false');
  return value;
};

/** A number that float32 holds: the kernels compute in it. */
export const finite = (op: string, name: string, value: unknown): number => {
  if (typeof value !== 'number' || !Number.isFinite(Math.fround(value)))
    throw optionError(op, name, received(value), 'a finite float32 number');
  return value;
};

export const positive: Rule<number> = (op, name, value) => {
  const number = finite(op, name, value);
  if (!(Math.fround(number) > 0)) throw optionError(op, name, received(value), 'a finite float32 number above 0');
  return number;
};

/** A float32 number from 0. */
export const notNegative: Rule<number> = (op, name, value) => {
  const number = finite(op, name, value);
  if (number < 0) throw optionError(op, name, received(value), 'a finite float32 number from 0');
  return number;
};

export const integer: Rule<number> = (op, name, value) => {
  if (!Number.isSafeInteger(value)) throw optionError(op, name, received(value), 'a whole number');
  return value as number;
};

/** How many there are of something that cannot be missing. */
export const size = (op: string, name: string, value: unknown): number => {
  if (!Number.isSafeInteger(value) || (value as number) < 1) throw optionError(op, name, received(value), 'a whole number from 1');
  return value as number;
};

/** Counted from 0. */
export const index = (op: string, name: string, value: unknown): number => {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw optionError(op, name, received(value), 'a whole number from 0');
  return value as number;
};

/** A rule: one of some words. */
export function oneOf<W extends string>(...words: readonly [W, W, ...W[]]): Rule<W> {
  const named = words.map((word) => `'${word}'`);
  const expected = `${named.slice(0, -1).join(', ')} or ${named.at(-1)}`;
  return (op, name, value) => {
    if (!words.includes(value as W)) throw optionError(op, name, received(value), expected);
    return value as W;
  };
}

export const cacheDtype: Rule<CacheDType> = oneOf('float32', 'float16', 'bfloat16', 'int8');
export const packedDtype: Rule<PackedDType> = oneOf('float32', 'bfloat16', 'int8');
export const layout: Rule<Layout> = oneOf('bhsd', 'bshd');

const scoreKinds = ['dot', 'cosine', 'euclidean', 'rbf', 'general', 'additive'];
const scoresWithoutFields = scoreKinds.slice(0, 3);

/** Its kind; what else belongs to it is plan/score.ts's matter, which knows what it has to fit. */
export const score: Rule<Score> = (op, name, value) => {
  const kind = isRecord(value) ? value.kind : value;
  if (typeof kind !== 'string' || !scoreKinds.includes(kind) || scoresWithoutFields.includes(kind) !== (typeof value === 'string'))
    throw optionError(
      op,
      name,
      typeof kind === 'string' && isRecord(value) ? `kind '${kind}'` : received(value),
      "'dot', 'cosine', 'euclidean', or an object whose kind is 'rbf', 'general' or 'additive'",
    );
  return value as Score;
};

export const activation: Rule<Activation> = oneOf('relu', 'gelu', 'tanh', 'sigmoid');

/** `[left, right]`: whole numbers from 0, or Infinity. */
export const window: Rule<readonly [number, number]> = (op, name, value, workspace) => {
  if (!Array.isArray(value)) throw optionError(op, name, received(value), 'two numbers of keys [left, right]');
  const [left, right] = value as unknown[];
  if (value.length !== 2 || !isSide(left) || !isSide(right)) {
    throw optionError(op, name, list(value), 'two numbers of keys [left, right], each a whole number from 0 or Infinity for no bound');
  }
  const sides = workspace.list(2) as [number, number];
  sides[0] = left;
  sides[1] = right;
  return sides;
};

function isSide(side: unknown): side is number {
  return side === Infinity || (Number.isSafeInteger(side) && (side as number) >= 0);
}

export const int32Array = (op: string, name: string, value: unknown): Int32Array => {
  if (!isInt32Array(value)) throw dtypeError(op, name, received(value), 'an Int32Array');
  return value;
};

export const integerOrInt32Array: Rule<number | Int32Array> = (op, name, value) => {
  if (isInt32Array(value)) return value;
  if (!Number.isSafeInteger(value)) throw optionError(op, name, received(value), 'a whole number or an Int32Array');
  return value as number;
};

export const float32Array: Rule<Float32Array> = (op, name, value) => {
  if (kindOf(value) !== 'Float32Array') throw dtypeError(op, name, received(value), 'a Float32Array');
  return value as Float32Array;
};

export const floatTensor = checkFloats;
export const float32Tensor = checkFloat32;
export const maskTensor = checkMask;

/** Anything that tells of an abort as the platform's own does. */
export const signal: Rule<AbortSignal> = (op, name, value) => {
  const isSignal = typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value;
  if (!isSignal) throw optionError(op, name, received(value), 'an AbortSignal');
  return value as AbortSignal;
};

function isInt32Array(value: unknown): value is Int32Array {
  return kindOf(value) === 'Int32Array';
}
