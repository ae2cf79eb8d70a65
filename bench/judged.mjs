// @ts-check
/** What a report says about the bars of bars.mjs. */
import { bars } from './bars.mjs';
import { cases } from './cases.mjs';
import { bytesOf } from './counting.mjs';
import { fastest, isOurs, kindOf } from './kinds.mjs';

/** @import { Bar, Measure } from './bars.mjs' */
/** @import { Report } from './types.js' */

/**
 * @typedef {object} Judged
 * @property {Bar} bar
 * @property {string} name the build of ours that it is about
 * @property {number | undefined} measured undefined where a row is missing
 * @property {string} against
 * @property {boolean} reached
 */

/** Measures where less is better. */
export const isCeiling = (/** @type {Measure} */ measure) => ['micros', 'rate', 'tokens', 'memory'].includes(measure);

/** @param {Report} report @returns {readonly Judged[]} one for each bar and each build of ours that it is about; those without a row come too, without a figure */
export function judged(report) {
  return bars.flatMap((bar) => {
    const builds = buildsOf(report, bar);
    if (builds.length === 0) return [judgedOne(report, bar, undefined)];
    // A ratio to a peer is the best build's: a user has one of them.
    return (bar.measure === 'peer' ? builds.slice(0, 1) : builds).map((variant) => judgedOne(report, bar, variant));
  });
}

/** Builds of ours that have a row, best first as in the report. @param {Report} report @param {Bar} bar */
function buildsOf({ results }, { case: name, who, threads = 1 }) {
  const [contender, variant] = who.split('/');
  const rows = results.filter((row) => row.case === name && row.contender === contender && row.threads === threads);
  const builds = [...new Set(rows.map((row) => String(row.variant.split(' ')[0])))];
  return variant ? builds.filter((build) => build === variant) : builds;
}

/** @param {Report} report @param {Bar} bar @param {string | undefined} build @returns {Judged} */
function judgedOne(report, bar, build) {
  const [contender = ''] = bar.who.split('/');
  const { measured, against = '' } = (build !== undefined && figure(report, bar, contender, build)) || {};
  const least = bar.least ?? 0;
  const reached = measured !== undefined && (isCeiling(bar.measure) ? measured <= least : measured >= least);
  return { bar, name: build ? `${contender}/${build}` : bar.who, measured, against, reached };
}

/**
 * @param {Report} report @param {Bar} bar @param {string} contender @param {string} build
 * @returns {{ measured: number, against?: string | undefined } | undefined}
 */
function figure(report, bar, contender, build) {
  const { results } = report;
  /** @param {string} name @param {number} threads b packed beforehand counts as ours, too */
  const own = (name, threads = bar.threads ?? 1) =>
    fastest(
      results.filter(
        (row) => row.case === name && row.contender === contender && row.variant.split(' ')[0] === build && row.threads === threads,
      ),
    );
  const row = own(bar.case);
  if (!row) return undefined;
  switch (bar.measure) {
    case 'micros':
      return { measured: 1000 * row.medianMs };
    case 'share':
      return row.shareOfPeak === null ? undefined : { measured: row.shareOfPeak };
    case 'peer': {
      const peer = fastest(peersOf(report, bar, contender));
      return (
        peer && {
          measured: peer.medianMs / row.medianMs,
          against: `${peer.contender}/${peer.variant}${peer.runs === 1 ? ', one call' : ''}`,
        }
      );
    }
    case 'direct':
      return row.direct === undefined ? undefined : { measured: row.direct, against: 'our kernels called directly' };
    case 'memory': {
      const item = caseOf(bar.case);
      return item && row.wasmBytes ? { measured: (row.wasmBytes - bytesOf(item)) / 2 ** 20, against: 'inputs and output' } : undefined;
    }
    case 'shares': {
      const other = own(bar.other ?? '');
      return row.shareOfPeak && other?.shareOfPeak
        ? { measured: row.shareOfPeak / other.shareOfPeak, against: `its share on ${bar.other}` }
        : undefined;
    }
    case 'other':
    case 'rate':
    case 'tokens': {
      const other = own(bar.other ?? '') ?? fastestBuild(report, bar.other ?? '', contender);
      if (!other) return undefined;
      if (bar.measure === 'other') return { measured: other.medianMs / row.medianMs, against: bar.other };
      if (bar.measure === 'tokens')
        return { measured: row.medianMs / tokensOf(bar.case) / (other.medianMs / tokensOf(bar.other ?? '')), against: bar.other };
      return row.gflops && other.gflops ? { measured: other.gflops / row.gflops, against: bar.other } : undefined;
    }
    case 'speedup':
    case 'scaling': {
      const alone = own(bar.case, 1);
      if (!alone) return undefined;
      if (bar.measure === 'speedup') return { measured: alone.medianMs / row.medianMs, against: 'one thread' };
      // Shares are of what the probe did on as many threads in the same seconds.
      return row.shareOfPeak && alone.shareOfPeak
        ? { measured: row.shareOfPeak / alone.shareOfPeak, against: 'the peak’s own' }
        : undefined;
    }
  }
}

/** What a build that has a few cases only is held against. @param {Report} report @param {string} name @param {string} contender */
const fastestBuild = ({ results }, name, contender) =>
  fastest(results.filter((row) => row.case === name && row.contender === contender && row.threads === 1));

/** @param {string} name */
const caseOf = (name) => cases.find((item) => item.name === name);

/** Queries that are none of the padding. @param {string} name */
function tokensOf(name) {
  const item = caseOf(name);
  if (item?.op !== 'attention') return Number.NaN;
  return item.lengths?.reduce((sum, length) => sum + length, 0) ?? item.batch * item.queryLength;
}

/** A step through a cache may be any way that the peer has to decode. @param {Report} report @param {Bar} bar @param {string} contender */
function peersOf(report, { case: name, peer, threads = 1 }, contender) {
  const names = [name, name.replace(/, KVCache.*/, '')];
  return report.results.filter((row) => {
    if (!names.includes(row.case) || row.threads !== threads || isOurs(report, row)) return false;
    if (peer) return row.contender === peer || `${row.contender}/${row.variant}` === peer;
    return contender === 'fovea-native' || kindOf(row.contender) === 'wasm';
  });
}
