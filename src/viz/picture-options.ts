/**
 * The options that pictures have in common, and the rules of theirs.
 * @module
 */
import { optionError, shapeError } from '../errors.js';
import { list, received } from '../validate/describe.js';
import * as rule from '../validate/options.js';

/** Colours of paper and ink: as the reader's system has it, or always light or dark. */
export type Theme = 'auto' | 'light' | 'dark';

/** How cells become one where there are more than can be shown. */
export type Aggregate = 'max' | 'mean';

/** What every picture has. */
export interface PictureOptions {
  /** Stands above the picture, and is what screen readers call it. */
  readonly title?: string | undefined;
  /** What screen readers say of it. @default a sentence about sizes and the strongest weights */
  readonly description?: string | undefined;
  /** Colours of paper and ink. @default 'auto' */
  readonly theme?: Theme | undefined;
}

export const text: rule.Rule<string> = (op, name, value) => {
  if (typeof value !== 'string') throw optionError(op, name, received(value), 'a string');
  return value;
};

export const theme = rule.oneOf<Theme>('auto', 'light', 'dark');
export const aggregate = rule.oneOf<Aggregate>('max', 'mean');

/** An array of strings: how many belongs to `checkCount`. */
export const tokens: rule.Rule<readonly string[]> = (op, name, value) => {
  if (!Array.isArray(value)) throw optionError(op, name, received(value), 'an array of strings');
  const wrong = value.findIndex((token) => typeof token !== 'string');
  if (wrong >= 0) throw optionError(op, `${name}[${wrong}]`, received(value[wrong]), 'a string');
  return value as string[];
};

/** `[low, high]`. */
export const range: rule.Rule<readonly [number, number]> = (op, name, value) => {
  const expected = 'two finite numbers [low, high], the first below the second';
  if (!Array.isArray(value)) throw optionError(op, name, received(value), expected);
  const [low, high] = value as unknown[];
  const fits = value.length === 2 && Number.isFinite(low) && Number.isFinite(high) && (low as number) < (high as number);
  if (!fits) throw optionError(op, name, list(value), expected);
  return [low as number, high as number];
};

export const picture = { title: text, description: text, theme } satisfies rule.Rules<PictureOptions>;

/** @throws {FoveaError} ERR_SHAPE where there are tokens, but not one for each `noun` */
export function checkCount(
  op: string,
  name: string,
  given: readonly string[] | undefined,
  count: number,
  noun: string,
  shape: readonly number[],
): void {
  if (given === undefined || given.length === count) return;
  throw shapeError(op, name, `${given.length} tokens`, `${count}, one a ${noun}`, `weights is ${list(shape)}`);
}
