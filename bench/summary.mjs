// @ts-check
/** Per case, on one thread: the fastest of ours beside the fastest of the others, machine code, WebAssembly and what runs TensorFlow.js apart. */
import { fastest, groups, isIn, isOurs } from './kinds.mjs';

/** @import { Group } from './kinds.mjs' */
/** @import { Report, Result } from './types.js' */

/**
 * @typedef {object} Line
 * @property {string} case
 * @property {Group} kind
 * @property {Result & { medianMs: number }} ours
 * @property {Result & { medianMs: number }} peer
 * @property {number} ratio how many times as fast ours is
 */

/** What the lines are, in words. */
export const comparison =
  'Ours beside the best of the others, machine code with machine code, WebAssembly with WebAssembly, TensorFlow.js on fovea with TensorFlow.js on its own backends, one thread:';

/** @param {Report} report @returns {readonly Line[]} only where both were measured */
export function summaryOf(report) {
  const names = [...new Set(report.results.map((row) => row.case))];
  return names.flatMap((name) => groups.flatMap((kind) => lineOf(report, name, kind)));
}

/** @param {Report} report @param {string} name @param {Group} kind @returns {readonly Line[]} */
function lineOf(report, name, kind) {
  const rows = report.results.filter((row) => row.case === name && row.threads === 1 && isIn(kind, row.contender));
  const ours = fastest(rows.filter((row) => isOurs(report, row)));
  const peer = fastest(rows.filter((row) => !isOurs(report, row)));
  return ours && peer ? [{ case: name, kind, ours, peer, ratio: peer.medianMs / ours.medianMs }] : [];
}
