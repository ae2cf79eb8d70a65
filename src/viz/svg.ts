/**
 * The frame of a picture: title, what screen readers say, colours of paper and ink, a legend, and notes about what is left out.
 * @module
 */
import type { PictureOptions, Theme } from './picture-options.js';
import type { Scale } from './scale.js';
import { hex, lastStep } from './viridis.js';
import { figure, sentence, shortened, width as textWidth, wrapped } from './visible.js';

/** Around everything, in pixels; a picture is in pixels where nobody scales it. */
export const margin = 16;
/** Of a token, as wide as it may be drawn: 0.6 em of 11 pixels. */
export const tokenColumn = 6.6;

export interface Frame extends Required<Pick<PictureOptions, 'title' | 'description' | 'theme'>> {
  readonly title: string;
  readonly description: string;
  readonly theme: Theme;
  /** Of the body. */
  readonly width: number;
  readonly height: number;
  /** Elements, the body's upper left corner at 0, 0. `id` tells their ids from those of other pictures in a page. */
  readonly body: (id: string) => string;
  /** Sentences below the picture. */
  readonly notes: readonly string[];
  readonly scale?: Scale | undefined;
}

/** A whole picture. */
export function svg({ title, description, theme, width, height, body, notes, scale }: Frame): string {
  const name = sentence(title);
  const about = sentence(description);
  const inner = Math.max(width, 320);
  const titleColumns = Math.floor(inner / 9);
  const headHeight = 28;
  const legendTop = margin + headHeight + height + 16;
  const notesTop = legendTop + (scale === undefined ? 0 : 44);
  const lines = notes.flatMap((note) => wrapped(sentence(note), Math.floor(inner / 6.4)));
  const [fullWidth, fullHeight] = [Math.ceil(inner + 2 * margin), Math.ceil(notesTop + lines.length * 16 + margin)];
  const id = `fovea-${hash(`${name}\n${about}\n${body('')}`)}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="${id}" width="${fullWidth}" height="${fullHeight}" viewBox="0 0 ${fullWidth} ${fullHeight}" role="img" aria-labelledby="${id}-title ${id}-about">
<title id="${id}-title">${escaped(name)}</title>
<desc id="${id}-about">${escaped(about)}</desc>
<style>${style(id, theme)}</style>
<defs>${gradient(id)}${hatch(id)}</defs>
<rect class="paper" width="${fullWidth}" height="${fullHeight}"/>
<text class="title ink" x="${margin}" y="${margin + 14}">${escaped(shortened(name, titleColumns))}</text>
<g transform="translate(${margin} ${margin + headHeight})">
${body(id)}
</g>
${scale === undefined ? '' : legend(id, legendTop, scale)}
${lines.map((line, i) => `<text class="note" x="${margin}" y="${notesTop + 12 + 16 * i}">${escaped(line)}</text>`).join('\n')}
</svg>
`;
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

/** `1.5`, without the tail that sums of fractions have. */
export function at(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** A token's text, its full form in a tooltip where it is not all there. */
export function label(token: string, columns: number, attributes: string): string {
  const short = shortened(token, columns);
  const tooltip = short === token ? '' : `<title>${escaped(token)}</title>`;
  return `<text class="token ink" ${attributes}>${tooltip}${escaped(short)}</text>`;
}

/** The longest of some tokens, in columns, up to a limit. */
export function longest(tokens: readonly string[], limit: number): number {
  return tokens.reduce((most, token) => Math.max(most, Math.min(limit, textWidth(token))), 1);
}

// Contrasts of ink and note on paper are at least 7:1 and 4.5:1.
const light = { paper: '#ffffff', ink: '#1a1a1e', note: '#57575f', line: '#0b5cad', hatch: '#8a8a92' };
const dark = { paper: '#17181c', ink: '#f1f1f4', note: '#b0b0ba', line: '#7cc0ff', hatch: '#8a8a92' };

function style(id: string, theme: Theme): string {
  const fonts = `.${id} text{font:12px system-ui,sans-serif}.${id} .title{font-weight:600;font-size:15px}.${id} .token{font:11px ui-monospace,Consolas,Menlo,monospace;direction:ltr;unicode-bidi:isolate}`;
  const first = rules(id, theme === 'dark' ? dark : light);
  return `${fonts}${first}${theme === 'auto' ? `@media (prefers-color-scheme:dark){${rules(id, dark)}}` : ''}`;
}

function rules(id: string, { paper, ink, note, line, hatch: stripes }: typeof light): string {
  return `.${id} .paper{fill:${paper}}.${id} .ink{fill:${ink}}.${id} .note{fill:${note}}.${id} .line{stroke:${line}}.${id} .edge{fill:none;stroke:${note}}.${id} .hatch{stroke:${stripes}}`;
}

function gradient(id: string): string {
  const stops = Array.from({ length: 16 }, (_, i) => `<stop offset="${at(i / 15)}" stop-color="${hex((i * lastStep) / 15)}"/>`);
  return `<linearGradient id="${id}-scale">${stops.join('')}</linearGradient>`;
}

/** What NaN looks like. */
function hatch(id: string): string {
  return `<pattern id="${id}-nan" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="paper" width="6" height="6"/><line class="hatch" x1="1.5" y1="0" x2="1.5" y2="6" stroke-width="3"/></pattern>`;
}

function legend(id: string, top: number, { low, high, clips, hasNaN }: Scale): string {
  const ticks = [
    { x: 0, anchor: 'start', value: `${clips.low ? '≤ ' : ''}${figure(low)}` },
    { x: 100, anchor: 'middle', value: figure((low + high) / 2) },
    { x: 200, anchor: 'end', value: `${clips.high ? '≥ ' : ''}${figure(high)}` },
  ];
  const texts = ticks.map(({ x, anchor, value }) => `<text class="note" x="${x}" y="25" text-anchor="${anchor}">${value}</text>`).join('');
  const nan = `<rect class="edge" x="236" width="14" height="10" style="fill:url(#${id}-nan)"/><text class="note" x="256" y="10">NaN</text>`;
  return `<g transform="translate(${margin} ${at(top)})"><rect class="edge" width="200" height="10" style="fill:url(#${id}-scale)"/>${texts}${hasNaN ? nan : ''}</g>`;
}

/** FNV-1a, in letters and digits. */
function hash(text: string): string {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return (h >>> 0).toString(36);
}
