/** Measured figures written into a README, between two comments there, as the comparison writes its own. */
import { writeFileSync } from 'node:fs';
import { environmentNow } from '../../bench/environment.mjs';
import { hasPlace, placeOf, withFigures } from '../../bench/place.mjs';
import { InputError } from '../program/errors.mjs';
import { fromCaller, readText, reason } from '../program/files.mjs';

/**
 * Before minutes of training are spent on figures that have no place.
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
  return async (figures, info) => {
    const text = withFigures(readText(path), place, `> ${await environmentLine(info)}\n\n${figures}`);
    try {
      writeFileSync(path, text);
    } catch (error) {
      throw new InputError(`cannot write ${file}: ${reason(error)}`, { cause: error });
    }
  };
}

/** @param {import('fovea').BackendInfo} info */
async function environmentLine({ name, target, threads }) {
  const { cpu, cores, os, node, date, commit } = await environmentNow();
  const where = `${name} (${target}), ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return `${cpu}, ${cores} cores · ${os} · Node ${node} · ${where} · ${date.slice(0, 10)}${commit ? ` · commit ${commit}` : ''}`;
}
