// @ts-check
/**
 * The report as a chart: for each case the fastest row of each contender on one thread, as long as it is fast; the fastest fills the
 * width. Self-contained SVG, light and dark, made from the report alone.
 */
import { percent, rateOf, time } from './figures.mjs';
import { fastest, isOurs } from './kinds.mjs';

/** @import { Report, Result } from './types.js' */

const width = 960;
const labelWidth = 250;
const barWidth = 400;
const lineHeight = 16;
const gap = 14;

const style = `
  text { font: 11px system-ui, sans-serif; fill: #222 } .case { font-weight: 600; font-size: 12px } .note { fill: #666 }
  .ours { fill: #2867c5 } .peer { fill: #b8bec7 } .failed { fill: #b3261e } .ground { fill: #fff }
  @media (prefers-color-scheme: dark) {
    text { fill: #ddd } .note { fill: #999 } .ours { fill: #6fa3ef } .peer { fill: #565d68 } .failed { fill: #f2b8b5 } .ground { fill: #16181c }
  }`;

/** @param {string} text */
export const escaped = (text) =>
  text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`).replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, '\ufffd');

/** @param {Report} report */
export function svgOf(report) {
  const lines = [];
  let y = 34;
  for (const name of new Set(report.results.map((row) => row.case))) {
    const rows = linesOf(report, name);
    if (rows.length === 0) continue;
    lines.push(`<text class="case" x="8" y="${y + 12}">${escaped(name)}</text>`);
    y += lineHeight + 2;
    const best = Math.max(...rows.map(({ speed }) => speed));
    for (const { row, speed } of rows) {
      lines.push(lineOf(report, row, y, speed / best));
      y += lineHeight;
    }
    y += gap;
  }
  const { cpu, node, date } = report.environment;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img">`,
    '<title>Speed of attention and matmul in JavaScript, one thread</title>',
    `<style>${style}</style>`,
    `<rect class="ground" width="${width}" height="${y}"/>`,
    `<text class="note" x="8" y="20">Speed on one thread, longer is faster, the fastest of a case fills the width · ${escaped(`${cpu} · Node ${node} · ${date.slice(0, 10)}`)}</text>`,
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}

/** One row a contender: its fastest, or one that says why there is none. @param {Report} report @param {string} name */
function linesOf({ results }, name) {
  const here = results.filter((row) => row.case === name && row.threads === 1);
  return [...new Set(here.map((row) => row.contender))].flatMap((contender) => {
    const rows = here.filter((row) => row.contender === contender);
    const row = fastest(rows) ?? rows[0];
    return row ? [{ row, speed: row.medianMs ? 1 / row.medianMs : 0 }] : [];
  });
}

/** @param {Report} report @param {Result} row @param {number} y @param {number} length */
function lineOf(report, row, y, length) {
  const who = `<text x="${labelWidth - 8}" y="${y + 12}" text-anchor="end">${escaped(`${row.contender}/${row.variant}`)}</text>`;
  if (row.medianMs === null)
    return `${who}<text class="failed" x="${labelWidth}" y="${y + 12}">${escaped(shortened(row.failed ?? 'not measured'))}</text>`;
  const pixels = Math.max(1, barWidth * length).toFixed(1);
  const share = row.shareOfPeak === null ? '' : ` · ${percent(row.shareOfPeak)} of the ${row.gbs === null ? 'peak' : 'bandwidth'}`;
  const figures = row.gbs === null && row.gflops === null ? time(row.medianMs) : `${time(row.medianMs)} · ${rateOf(row)}${share}`;
  return [
    who,
    `<rect class="${isOurs(report, row) ? 'ours' : 'peer'}" x="${labelWidth}" y="${y + 2}" width="${pixels}" height="${lineHeight - 4}" rx="2"/>`,
    `<text class="note" x="${labelWidth + Number(pixels) + 6}" y="${y + 12}">${escaped(figures)}</text>`,
  ].join('');
}

/** @param {string} text */
const shortened = (text) => (text.length > 90 ? `${text.slice(0, 90)}…` : text);
