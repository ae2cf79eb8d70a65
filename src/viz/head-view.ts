/// <reference path="./part.d.ts" />
/**
 * headView: layers and heads in a page of its own.
 * @module
 */
import { zlibSync } from 'fflate';
import { shapeError } from '../errors.js';
import * as rule from '../validate/options.js';
import type { Checked } from '../validate/tensor.js';
import { text as script, hash as scriptHash } from './head-view/client.ts?part';
import { codeOfLargest, codeOfNaN, type PageData } from './head-view/data.js';
import { text as style, hash as styleHash } from './head-view/page.css?part';
import { checkCount, type PictureOptions, picture, tokens } from './picture-options.js';
import { base64 } from './png.js';
import { escaped } from './svg.js';
import { viridis } from './viridis.js';
import { counted, grouped, namesOf, sentence, shortened } from './visible.js';
import { checkLayers, type LayerWeights } from './weights.js';

/** Options of `headView`. */
export interface HeadViewOptions extends PictureOptions {
  /** The tokens that attend. @default their numbers, from 0 */
  readonly queryTokens?: readonly string[] | undefined;
  /** The tokens that are attended to. @default queryTokens where there are as many keys as queries, else numbers */
  readonly keyTokens?: readonly string[] | undefined;
}

const op = 'headView';

const rules = { ...picture, queryTokens: tokens, keyTokens: tokens } satisfies rule.Rules<HeadViewOptions>;

/** Queries and keys, at most; weights, at most. */
const [limit, mostWeights] = [512, 2 ** 27];
const tokenColumns = 60;

/**
 * All heads of all layers, as a page to look at one query of one head at a time: with the pointer or the keyboard, offline, without any other file.
 * @param weights float32 `[layers, heads, sq, skv]`, or an array with a `[heads, sq, skv]` for each layer. The first 512 queries and keys are shown, as
 * the page then says; each weight in steps of 1/254 of the largest of its query
 * @returns the text of an HTML document. Its script is allowed by its hash, and nothing may be fetched
 * @throws {FoveaError} ERR_SHAPE (also for more than 2^27 weights to show), ERR_DTYPE, ERR_OPTION
 * @see Vig 2019, "A Multiscale Visualization of Attention in the Transformer Model"
 */
export function headView(weights: LayerWeights, options?: HeadViewOptions): string {
  const layers = checkLayers(op, 'weights', weights);
  const [heads = 0, queries = 0, keys = 0] = layers[0].shape;
  const given = rule.checkOptions(op, options, rules);
  const shape = [layers.length, heads, queries, keys];
  checkCount(op, 'queryTokens', given.queryTokens, queries, 'query', shape);
  checkCount(op, 'keyTokens', given.keyTokens, keys, 'key', shape);
  const shown = { queries: Math.min(queries, limit), keys: Math.min(keys, limit) };
  const count = layers.reduce((sum, layer) => sum + (layer.shape[0] ?? 0), 0) * shown.queries * shown.keys;
  if (count > mostWeights)
    throw shapeError(op, 'weights', `${grouped(count)} weights to show`, `at most ${grouped(mostWeights)}`, 'leave out layers');
  const ofKeys = given.keyTokens ?? (queries === keys ? given.queryTokens : undefined);
  const title = sentence(given.title ?? 'Attention heads');
  const about = `${counted(layers.length, 'layer')}, ${counted(queries, 'query', 'queries')}, ${counted(keys, 'key')}.`;
  const data: PageData = {
    queries: named(given.queryTokens, shown.queries),
    keys: named(ofKeys, shown.keys),
    heads: layers.map((layer) => layer.shape[0] ?? 0),
    colours: viridis,
    weights: base64(zlibSync(coded(layers, shown.queries, shown.keys), { level: 3 })),
  };
  const notes = [
    sentence(given.description ?? about),
    ...(queries > limit ? [`The first ${limit} of ${grouped(queries)} queries are shown.`] : []),
    ...(keys > limit ? [`The first ${limit} of ${grouped(keys)} keys are shown.`] : []),
    'Weights are in steps of 1/254 of the largest of their query, which has the lightest colour; NaN is grey. Arrow keys move among heads and among queries.',
  ];
  return `<!doctype html>
<html lang="en" data-theme="${given.theme ?? 'auto'}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src '${scriptHash}'; style-src '${styleHash}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${notes.map((note) => `<p>${escaped(note)}</p>`).join('\n')}
<noscript><p>This page shows its weights with a script, which is switched off here.</p></noscript>
<main>
<section>
<h2 id="heads-name">Heads: a row for each layer</h2>
<div class="scrolls" id="heads" role="radiogroup" aria-labelledby="heads-name"></div>
<h2 id="chosen"></h2>
<canvas id="matrix" role="img"></canvas>
</section>
<section>
<h2 id="queries-name">Queries</h2>
<ul id="queries" role="listbox" aria-labelledby="queries-name"></ul>
<h2 id="keys-name">attend to keys</h2>
<p id="told" aria-live="polite"></p>
<ol id="keys" role="list" tabindex="0" aria-labelledby="keys-name"></ol>
</section>
</main>
<script type="application/json" id="data">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>
<script>${script}</script>
</body>
</html>
`;
}

function named(given: readonly string[] | undefined, count: number): readonly string[] {
  const name = namesOf(given);
  return Array.from({ length: count }, (_, i) => shortened(name(i), tokenColumns));
}

/** The bytes that {@link PageData} tells of. */
function coded(layers: readonly Checked[], queries: number, keys: number): Uint8Array {
  const rows = layers.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0) * queries;
  const bytes = new Uint8Array(rows * (4 + keys));
  const view = new DataView(bytes.buffer);
  let row = 0;
  for (const { data, shape, strides, offset } of layers) {
    const [headStride = 0, queryStride = 0, keyStride = 0] = strides;
    for (let head = 0; head < (shape[0] ?? 0); head++) {
      for (let query = 0; query < queries; query++, row++) {
        const start = offset + head * headStride + query * queryStride;
        let largest = 0; // of what is finite and above 0
        for (let key = 0; key < keys; key++) {
          const weight = data[start + key * keyStride] ?? 0;
          if (weight > largest && weight < Infinity) largest = weight;
        }
        view.setFloat32(4 * row, largest, true);
        for (let key = 0; key < keys; key++) bytes[4 * rows + row * keys + key] = codeOf(data[start + key * keyStride] ?? 0, largest);
      }
    }
  }
  return bytes;
}

function codeOf(weight: number, largest: number): number {
  if (Number.isNaN(weight)) return codeOfNaN;
  return weight > 0 ? Math.round(codeOfLargest * Math.min(1, weight / largest)) : 0;
}
