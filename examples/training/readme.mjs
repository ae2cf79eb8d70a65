/** Measured figures written into a README, between two comments there, as the comparison writes its own. Above them a line says where, of what and how long. */
import { writeFileSync } from 'node:fs';
import { environmentNow } from '../../bench/environment.mjs';
import { hasPlace, placeOf, withFigures } from '../../bench/place.mjs';
import { InputError } from '../program/errors.mjs';
import { fromCaller, readText, reason } from '../program/files.mjs';

/**
 * Called first: before minutes of training are spent on figures that have no place, and before anything is written that would change what was run.
 * @param {string} file
 * @param {string} name of the example
 * @param {string} command that writes there
 * @returns {(figures: string, info: import('fovea').BackendInfo) => Promise<void>} writes, below a line that says where they were measured
 */
export function figuresIn(file, name, command) {
  const place = placeOf(name, command);
  const path = fromCaller(file);
  if (!hasPlace(readText(path), place))
    throw new InputError(`${file} has no place for the figures: expected the lines\n${place.join('\n')}`);
  const environment = environmentNow();
  return async (figures, info) => {
    const text = withFigures(readText(path), place, `> ${lineOf(await environment, info)}\n\n${figures}`);
    try {
      writeFileSync(path, text);
    } catch (error) {
      throw new InputError(`cannot write ${file}: ${reason(error)}`, { cause: error });
    }
  };
}

/**
 * @param {Awaited<ReturnType<typeof environmentNow>>} environment
 * @param {import('fovea').BackendInfo} info
 */
function lineOf({ cpu, cores, os, node, date, commit }, { name, target, threads }) {
  const where = `${name} (${target}), ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  const what = commit ? ` · commit ${commit}` : '';
  // As the process counts them: reading, training and measuring.
  const took = `the whole run ${(performance.now() / 1000).toFixed(0)} s`;
  return `${cpu}, ${cores} cores · ${os} · Node ${node} · ${where} · ${date.slice(0, 10)}${what} · ${took}`;
}
