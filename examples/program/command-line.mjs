/** Reading a command line: what is wrong with it is a UsageError. Imports nothing that must be built first. */
import { parseArgs } from 'node:util';
import { UsageError } from './errors.mjs';

/**
 * Node's `parseArgs`, whose complaints are ours.
 * @template {import('node:util').ParseArgsConfig} Config
 * @param {Config} config
 */
export function parse(config) {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/**
 * @param {string} option
 * @param {string} text
 * @param {number} [most]
 */
export function positiveInteger(option, text, most = Number.MAX_SAFE_INTEGER) {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1 && number <= most) return number;
  const range = most === Number.MAX_SAFE_INTEGER ? 'from 1' : `from 1 to ${most}`;
  throw new UsageError(`${option} is ${text}, expected a whole number ${range}`);
}

/** The file of a picture: another one's name is likely a mistake, and what stands there is replaced. @param {string} option @param {string} file */
export function svgFile(option, file) {
  if (!/\.svg$/i.test(file)) throw new UsageError(`${option} is ${file}, expected a file whose name ends in .svg (it is replaced)`);
  return file;
}
