/**
 * alignment: lines from the tokens of a target to those of a source.
 * @module
 */
import { optionError } from '../errors.js';
import type { Tensor } from '../types.js';
import { received } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import type { Checked } from '../validate/tensor.js';
import { checkCount, type PictureOptions, picture, tokens } from './picture-options.js';
import { strongest } from './strongest.js';
import { at, escaped, label, longest, svg, tokenColumn } from './svg.js';
import { counted, figure, grouped, namesOf } from './visible.js';
import { checkWeights } from './weights.js';

/** Options of `alignment`. */
export interface AlignmentOptions extends PictureOptions {
  /** What was read: a token for each column. @default their numbers, from 0 */
  readonly source?: readonly string[] | undefined;
  /** What was written: a token for each row. @default their numbers, from 0 */
  readonly target?: readonly string[] | undefined;
  /** Weights below it have no line, from 0 to 1. @default 0.05 */
  readonly threshold?: number | undefined;
}

const op = 'alignment';

const rules = {
  ...picture,
  source: tokens,
  target: tokens,
  threshold: (name: string, option: string, value: unknown) => {
    const share = rule.finite(name, option, value);
    if (share < 0 || share > 1) throw optionError(name, option, received(value), 'a number from 0 to 1');
    return share;
  },
} satisfies rule.Rules<AlignmentOptions>;

/** Tokens of either side, and lines of a target's token, at most. */
const [limit, mostLines] = [512, 16];
/** Of a line of text, and between the two sides. */
const [rowHeight, gap] = [18, 220];
const tokenColumns = 28;

interface Line {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
}

/**
 * Which tokens of a source each token of a target was made of, as an SVG: two columns of tokens, and lines between them that are the stronger the
 * larger the weight.
 * @param weights float32 `[target, source]`; the first 512 of each are drawn, as the picture then says
 * @returns the text of an SVG document, which may also stand in HTML
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION
 * @see Bahdanau, Cho & Bengio 2015, figure 3
 */
export function alignment(weights: Tensor, options?: AlignmentOptions): string {
  const matrix = checkWeights(op, 'weights', weights, ['target', 'source']);
  const given = rule.checkOptions(op, options, rules);
  const [targets = 0, sources = 0] = matrix.shape;
  checkCount(op, 'target', given.target, targets, 'row', matrix.shape);
  checkCount(op, 'source', given.source, sources, 'column', matrix.shape);
  const { threshold = 0.05 } = given;
  const drawn = { targets: Math.min(targets, limit), sources: Math.min(sources, limit) };
  const targetName = namesOf(given.target);
  const sourceName = namesOf(given.source);
  const targetNames = Array.from({ length: drawn.targets }, (_, i) => targetName(i));
  const sourceNames = Array.from({ length: drawn.sources }, (_, i) => sourceName(i));
  const found = Array.from(targetNames, (_, row) => linesOf(matrix, row, drawn.sources, threshold));
  const left = longest([...sourceNames, 'source'], tokenColumns) * tokenColumn;
  const right = longest([...targetNames, 'target'], tokenColumns) * tokenColumn;
  const y = (i: number) => 24 + (i + 0.5) * rowHeight;
  const lines = found.flatMap((of) => of.lines).sort((a, b) => a.weight - b.weight); // the strongest are drawn over the others
  return svg({
    title: given.title ?? 'Alignment',
    description:
      given.description ??
      `Lines from ${counted(targets, 'target token')} to ${counted(sources, 'source token')}. ${strongest(matrix, targetName, sourceName, ['source', 'target', 'target tokens'])}`,
    theme: given.theme ?? 'auto',
    width: left + gap + right,
    height: 24 + Math.max(drawn.targets, drawn.sources) * rowHeight,
    notes: notes(matrix, threshold, found),
    body: () =>
      [
        `<text class="note" x="${at(left)}" y="10" text-anchor="end">source</text><text class="note" x="${at(left + gap)}" y="10">target</text>`,
        ...lines.map(({ from, to, weight }) => {
          const title = escaped(`${targetName(from)} → ${sourceName(to)}: ${figure(weight)}`);
          const strength = `stroke-width="${at(0.75 + 3 * Math.min(1, weight))}" stroke-opacity="${at(0.2 + 0.8 * Math.min(1, weight))}"`;
          const ends = `x1="${at(left + 8)}" y1="${at(y(to))}" x2="${at(left + gap - 8)}" y2="${at(y(from))}"`;
          return `<line class="line" ${ends} ${strength}><title>${title}</title></line>`;
        }),
        ...sourceNames.map((name, i) => label(name, tokenColumns, `x="${at(left)}" y="${at(y(i) + 4)}" text-anchor="end"`)),
        ...targetNames.map((name, i) => label(name, tokenColumns, `x="${at(left + gap)}" y="${at(y(i) + 4)}"`)),
      ].join('\n'),
  });
}

/** The strongest lines of a target's token, and how many there would be. NaN has none. */
function linesOf(
  { data, strides, offset }: Checked,
  from: number,
  sources: number,
  threshold: number,
): { lines: readonly Line[]; all: number } {
  const [rowStride = 0, columnStride = 0] = strides;
  const lines: Line[] = [];
  for (let to = 0; to < sources; to++) {
    const weight = data[offset + from * rowStride + to * columnStride] ?? 0;
    if (weight >= threshold && weight > 0) lines.push({ from, to, weight });
  }
  const all = lines.length;
  return { lines: lines.sort((a, b) => b.weight - a.weight).slice(0, mostLines), all };
}

function notes(
  { shape: [targets = 0, sources = 0] }: Checked,
  threshold: number,
  found: readonly { readonly all: number }[],
): readonly string[] {
  const said: string[] = [];
  if (targets * sources === 0)
    said.push(`There is nothing to show: ${counted(targets, 'target token')} and ${counted(sources, 'source token')}.`);
  if (targets > limit) said.push(`The first ${limit} of ${grouped(targets)} target tokens are shown.`);
  if (sources > limit) said.push(`The first ${limit} of ${grouped(sources)} source tokens are shown.`);
  if (threshold > 0) said.push(`Weights below ${figure(threshold)} have no line.`);
  if (found.some(({ all }) => all > mostLines)) said.push(`A target token has its ${mostLines} strongest lines.`);
  return said;
}
