// @ts-check
/** Per case, on one thread: the fastest of ours beside the fastest of the others, machine code and WebAssembly apart. */
import { fastest, isOurs, kindOf } from './kinds.mjs';

/** @import { Report, Result } from './types.js' */

/**
 * @typedef {object} Line
 * @property {string} case
 * @property {'native' | 'wasm'} kind
 * @property {Result & { medianMs: number }} ours
 * @property {Result & { medianMs: number }} peer
 * @property {number} ratio how many times as fast ours is
 */

/** @param {Report} report @returns {readonly Line[]} only where both were measured */
export function summaryOf(report) {
  const names = [...new Set(report.results.map((row) => row.case))];
  return names.flatMap((name) => /** @type {const} */ (['native', 'wasm']).flatMap((kind) => lineOf(report, name, kind)));
}

/** @param {Report} report @param {string} name @param {'native' | 'wasm'} kind @returns {readonly Line[]} */
function lineOf(report, name, kind) {
  const rows = report.results.filter((row) => row.case === name && row.threads === 1 && kindOf(row.contender) === kind);
  const ours = fastest(rows.filter((row) => isOurs(report, row)));
  const peer = fastest(rows.filter((row) => !isOurs(report, row)));
  return ours && peer ? [{ case: name, kind, ours, peer, ratio: peer.medianMs / ours.medianMs }] : [];
}
