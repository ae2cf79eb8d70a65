/** Curves of a training as a picture: how the loss fell, with lines for what it has to be below. Light and dark, and told apart by their dashes too. */

/**
 * @typedef {readonly [x: number, y: number]} Point
 * @typedef {{ name: string, value: number }} Level
 * @typedef {object} Picture
 * @property {string} title
 * @property {string} description what a screen reader says
 * @property {string} x what is counted to the right, such as "step"
 * @property {string} y what is measured upwards, such as "bits per character"
 * @property {readonly { name: string, points: readonly Point[] }[]} curves three at most
 * @property {readonly Level[]} [levels] lines from side to side
 */

const [width, height] = [720, 400];
const plot = { left: 56, top: 64, bottom: 48 };
/** Between two lines of text. */
const lineHeight = 15;
const kinds = ['first', 'second', 'third'];

const style = `
  text { font: 12px system-ui, sans-serif; fill: #57575f } .title { font-weight: 600; font-size: 15px; fill: #1a1a1e } .ground { fill: #fff }
  path { fill: none; stroke-width: 2; stroke-linejoin: round } .grid { stroke: #e3e3e8; stroke-width: 1 } .level { stroke: #57575f; stroke-width: 1.2; stroke-dasharray: 2 3 }
  .first { stroke: #0b5cad } .second { stroke: #b3261e; stroke-dasharray: 7 3 } .third { stroke: #2f7d32; stroke-dasharray: 2 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #b0b0ba } .title { fill: #f1f1f4 } .ground { fill: #17181c } .grid { stroke: #33343b } .level { stroke: #b0b0ba }
    .first { stroke: #7cc0ff } .second { stroke: #f2a6a0 } .third { stroke: #8fd694 }
  }`;

/** @param {Picture} picture @returns {string} an SVG */
export function drawCurves({ title, description, x, y, curves, levels = [] }) {
  const points = curves.flatMap((curve) => curve.points);
  const end = Math.max(...points.map(([at]) => at));
  const right = ticks(0, end).filter((at) => at <= end);
  const values = [...points.map(([, value]) => value), ...levels.map(({ value }) => value)];
  const up = ticks(Math.min(...values), Math.max(...values));
  // Names of levels stand beside them.
  const edge = width - 24 - 7 * Math.max(0, ...levels.map((level) => nameOf(level).length));
  const toX = scale(0, end, plot.left, edge);
  const toY = scale(up[0], up[up.length - 1], height - plot.bottom, plot.top);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title about">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="about">${escaped(description)}</desc>`,
    `<style>${style}</style>`,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    `<text class="title" x="16" y="24">${escaped(title)}</text>`,
    ...up.map(
      (value) =>
        `<path class="grid" d="M${plot.left} ${toY(value)}H${edge}"/><text x="${plot.left - 8}" y="${toY(value) + 4}" text-anchor="end">${value}</text>`,
    ),
    ...right.map((value) => `<text x="${toX(value)}" y="${height - plot.bottom + 18}" text-anchor="middle">${value}</text>`),
    `<text x="${edge}" y="${height - 10}" text-anchor="end">${escaped(x)}</text>`,
    `<text x="16" y="46">${escaped(y)}</text>`,
    ...curves.map((curve, i) => `<path class="${kinds[i]}" d="${lineOf(curve.points.map(([at, value]) => `${toX(at)} ${toY(value)}`))}"/>`),
    ...levelLines(levels, toY, edge),
    ...legend(
      curves.map(({ name }) => name),
      edge,
    ),
    '</svg>',
    '',
  ].join('\n');
}

/**
 * The means of so many stretches: what one sees of a curve that is all noise from step to step.
 * @param {readonly number[]} losses of steps 1, 2, …
 * @param {number} [stretches] at most
 * @returns {Point[]}
 */
export function smoothed(losses, stretches = 120) {
  const length = Math.max(1, Math.ceil(losses.length / stretches));
  return Array.from({ length: Math.ceil(losses.length / length) }, (_, i) => {
    const own = losses.slice(i * length, (i + 1) * length);
    return [i * length + (own.length + 1) / 2, own.reduce((sum, loss) => sum + loss, 0) / own.length];
  });
}

/**
 * Each with its name to the right of it, none over another's.
 * @param {readonly Level[]} levels
 * @param {(value: number) => number} toY
 * @param {number} edge where the plot ends
 */
function levelLines(levels, toY, edge) {
  let below = 0;
  return levels
    .toSorted((a, b) => b.value - a.value)
    .map((level) => {
      const y = toY(level.value);
      below = Math.max(y + 4, below + lineHeight);
      return `<path class="level" d="M${plot.left} ${y}H${edge}"/><text x="${edge + 8}" y="${below}">${escaped(nameOf(level))}</text>`;
    });
}

/** @param {Level} level */
const nameOf = ({ name, value }) => `${name} ${value.toPrecision(3)}`;

/** Beside what is measured, from the right. @param {readonly string[]} names @param {number} edge where the plot ends */
function legend(names, edge) {
  const widths = names.map((name) => 7 * name.length + 48);
  return names.map((name, i) => {
    const x = edge - widths.slice(i).reduce((sum, own) => sum + own, 0) + 8;
    return `<path class="${kinds[i]}" d="M${x} 42h24"/><text x="${x + 30}" y="46">${escaped(name)}</text>`;
  });
}

/** @param {readonly string[]} places */
const lineOf = (places) => places.map((place, i) => `${i === 0 ? 'M' : 'L'}${place}`).join('');

/** @param {number} low @param {number} high @param {number} from @param {number} to @returns {(value: number) => number} */
function scale(low, high, from, to) {
  return (value) => Math.round(10 * (from + ((to - from) * (value - low)) / (high - low))) / 10;
}

/** Round numbers, some five of them, that enclose two. @param {number} low @param {number} high */
function ticks(low, high) {
  const raw = Math.max(high - low, 1e-9) / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * /** @type {number} */ ([1, 2, 5, 10].find((factor) => factor * power >= raw));
  const first = Math.floor(low / step);
  return Array.from({ length: Math.ceil(high / step) - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** @param {string} text */
const escaped = (text) => text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
