/** What a caller of fovea/viz may get wrong: each row with its code and the words that one would search for. */
import { describe, expect, it } from 'vitest';
import { FoveaError } from '../../src/node.js';
import * as viz from '../../src/viz/node.js';
import { type Anything, zeros } from '../bad-input/row.js';
import { thrown } from '../thrown.js';

const { alignment, entropy, heatmap, heatmapPng, headView, overlay, overlayPng, rollout }: Record<string, Anything> = viz;

const image = (length = 16) => ({ data: new Uint8Array(length), width: 2, height: 2 });
const file = (url: unknown) => ({ url, width: 2, height: 2 });

describe('bad input', () => {
  it.each<[string, () => unknown, string, string[]]>([
    ['no weights', () => entropy(), 'ERR_DTYPE', ['entropy: weights has no value', 'a tensor { data, shape }']],
    ['nested arrays', () => entropy([[1, 0]]), 'ERR_DTYPE', ['weights has an Array', 'a tensor']],
    ['a vector', () => entropy(zeros(4)), 'ERR_SHAPE', ['shape [4]', '[…, sq, skv]']],
    ['weights in float64', () => entropy({ data: new Float64Array(4), shape: [2, 2] }), 'ERR_DTYPE', ['Float64Array', 'a Float32Array']],
    ['ragged weights', () => entropy({ data: new Float32Array(5), shape: [2, 3] }), 'ERR_SHAPE', ['5 elements', 'at least 6']],
    ['a base of 1', () => entropy(zeros(2, 2), { base: 1 }), 'ERR_OPTION', ['base is 1', 'above 1']],
    ['a base that is no number', () => entropy(zeros(2, 2), { base: '2' }), 'ERR_OPTION', ["base is '2'"]],
    ['a misspelt option', () => entropy(zeros(2, 2), { perquery: true }), 'ERR_OPTION', ["'perquery'", "did you mean 'perQuery'"]],
    ['a signal without a twin', () => entropy(zeros(2, 2), { signal: 1 }), 'ERR_OPTION', ["unknown option 'signal'"]],
    ['one matrix', () => rollout(zeros(3, 3)), 'ERR_SHAPE', ['shape [3, 3]', '[layers, heads, sq, skv]']],
    ['a batch', () => rollout([zeros(2, 4, 3, 3)]), 'ERR_SHAPE', ['weights[0] has shape [2, 4, 3, 3]', '[heads, sq, skv]']],
    ['layers of other sizes', () => rollout([zeros(2, 3, 3), zeros(2, 4, 4)]), 'ERR_SHAPE', ['weights[1]', '3 queries and 3 keys']],
    ['no layers', () => rollout([]), 'ERR_SHAPE', ['0 layers']],
    ['no heads', () => rollout(zeros(2, 0, 3, 3)), 'ERR_SHAPE', ['0 heads']],
    ['cross attention', () => rollout(zeros(2, 1, 3, 5)), 'ERR_SHAPE', ['3 queries and 5 keys', 'as many queries as keys']],
    ['a residual above 1', () => rollout(zeros(1, 1, 2, 2), { residual: 2 }), 'ERR_OPTION', ['residual is 2', 'from 0 to 1']],
    ['another fusion', () => rollout(zeros(1, 1, 2, 2), { heads: 'sum' }), 'ERR_OPTION', ["heads is 'sum'", "'mean', 'min' or 'max'"]],
    ['options that are none', () => rollout(zeros(1, 1, 2, 2), 3), 'ERR_OPTION', ['the last argument is 3', 'an object of options']],
    ['a matrix of heads', () => heatmap(zeros(2, 3, 3)), 'ERR_SHAPE', ['heatmap: weights has shape [2, 3, 3]', '[sq, skv]', 'sizes of 1']],
    ['ragged rows', () => heatmap([[1], [0.5, 0.5]]), 'ERR_DTYPE', ['weights has an Array', 'a tensor { data, shape }']],
    ['integers', () => heatmap({ data: new Uint8Array(4), shape: [2, 2] }), 'ERR_DTYPE', ['Uint8Array', 'a Float32Array']],
    [
      'too few tokens',
      () => heatmap(zeros(2, 3), { queryTokens: ['a'] }),
      'ERR_SHAPE',
      ['queryTokens has 1 tokens', '2, one a query', '[2, 3]'],
    ],
    [
      'too many tokens',
      () => heatmap(zeros(2, 2), { keyTokens: ['a', 'b', 'c'] }),
      'ERR_SHAPE',
      ['keyTokens has 3 tokens', '2, one a key'],
    ],
    [
      'tokens that are one string',
      () => heatmap(zeros(2, 2), { queryTokens: 'ab' }),
      'ERR_OPTION',
      ["queryTokens is 'ab'", 'an array of strings'],
    ],
    ['a token that is a number', () => heatmap(zeros(2, 2), { queryTokens: ['a', 7] }), 'ERR_OPTION', ['queryTokens[1] is 7', 'a string']],
    ['a hole among the tokens', () => heatmap(zeros(2, 2), { queryTokens: new Array(2) }), 'ERR_OPTION', ['queryTokens[0] is undefined']],
    ['a title that is none', () => heatmap(zeros(2, 2), { title: 3 }), 'ERR_OPTION', ['title is 3', 'a string']],
    ['another theme', () => heatmap(zeros(2, 2), { theme: 'sepia' }), 'ERR_OPTION', ["theme is 'sepia'", "'auto', 'light' or 'dark'"]],
    ['a range upside down', () => heatmap(zeros(2, 2), { range: [1, 0] }), 'ERR_OPTION', ['range is [1, 0]', 'the first below the second']],
    ['an infinite range', () => heatmap(zeros(2, 2), { range: [0, Infinity] }), 'ERR_OPTION', ['range is [0, Infinity]', 'finite']],
    ['another aggregate', () => heatmap(zeros(2, 2), { aggregate: 'sum' }), 'ERR_OPTION', ["'max' or 'mean'"]],
    ['a misspelt token list', () => heatmap(zeros(2, 2), { querytoken: [] }), 'ERR_OPTION', ["did you mean 'queryTokens'"]],
    [
      'a picture of nothing',
      () => heatmapPng(zeros(0, 2)),
      'ERR_SHAPE',
      ['heatmapPng: weights has shape [0, 2]', 'at least one query and one key'],
    ],
    ['cells of no pixels', () => heatmapPng(zeros(2, 2), { cellSize: 0 }), 'ERR_OPTION', ['cellSize is 0', 'a whole number from 1']],
    ['cells of too many pixels', () => heatmapPng(zeros(2, 2), { cellSize: 257 }), 'ERR_OPTION', ['cellSize is 257', 'from 1 to 256']],
    [
      'a picture that is too large',
      () => heatmapPng(zeros(2, 1025), { cellSize: 16 }),
      'ERR_OPTION',
      ['cellSize is 16', 'at most 7', '8192'],
    ],
    ['a PNG with a title', () => heatmapPng(zeros(2, 2), { title: 'a' }), 'ERR_OPTION', ["unknown option 'title'"]],
    [
      'a target of other length',
      () => alignment(zeros(2, 3), { target: ['a', 'b', 'c'] }),
      'ERR_SHAPE',
      ['target has 3 tokens', '2, one a row'],
    ],
    ['a source of other length', () => alignment(zeros(2, 3), { source: [] }), 'ERR_SHAPE', ['source has 0 tokens', '3, one a column']],
    ['a threshold in percent', () => alignment(zeros(2, 3), { threshold: 5 }), 'ERR_OPTION', ['threshold is 5', 'from 0 to 1']],
    ['no image', () => overlay(zeros(2, 2)), 'ERR_OPTION', ['image is missing', 'pixels { data, width, height }']],
    ['an image of no width', () => overlay(zeros(2, 2), { ...image(), width: 0 }), 'ERR_OPTION', ['image.width is 0', 'from 1 to 16384']],
    ['pixels in one channel', () => overlayPng(zeros(2, 2), image(4)), 'ERR_SHAPE', ['data of 4 bytes', '16 (RGBA) or 12 (RGB)', '2 × 2']],
    [
      'pixels that are floats',
      () => overlayPng(zeros(2, 2), { ...image(), data: new Float32Array(16) }),
      'ERR_DTYPE',
      ['Float32Array', 'a Uint8Array'],
    ],
    [
      'a file for a PNG',
      () => overlayPng(zeros(2, 2), file('data:image/png;base64,AAAA')),
      'ERR_DTYPE',
      ['image has data that is undefined'],
    ],
    [
      'an address',
      () => overlay(zeros(2, 2), file('https://example.com/a.png')),
      'ERR_OPTION',
      ["'https://example.com/a.png'", 'data:image/png;base64'],
    ],
    ['a file that could hold a script', () => overlay(zeros(2, 2), file('data:image/svg+xml;base64,AAAA')), 'ERR_OPTION', ['image.url']],
    ['a file that breaks out', () => overlay(zeros(2, 2), file('data:image/png;base64,AA"><script>')), 'ERR_OPTION', ['image.url']],
    ['no rows of weights', () => overlay(zeros(0, 2), image()), 'ERR_SHAPE', ['at least one row and one column']],
    ['patches without a grid', () => overlay(zeros(4), image()), 'ERR_SHAPE', ['shape [4]', '[h, w]']],
    ['another grid', () => overlay(zeros(5), image(), { grid: [2, 2] }), 'ERR_SHAPE', ['shape [5]', '4 weights', 'grid is [2, 2]']],
    ['a grid of one side', () => overlay(zeros(4), image(), { grid: [4] }), 'ERR_OPTION', ['grid is [4]', 'two whole numbers']],
    ['a grid of halves', () => overlay(zeros(4), image(), { grid: [2.5, 2] }), 'ERR_OPTION', ['grid[0] is 2.5', 'a whole number']],
    ['more than opaque', () => overlay(zeros(2, 2), image(), { opacity: 2 }), 'ERR_OPTION', ['opacity is 2', 'from 0 to 1']],
    [
      'another interpolation',
      () => overlayPng(zeros(2, 2), image(), { interpolation: 'cubic' }),
      'ERR_OPTION',
      ["'bilinear' or 'nearest'"],
    ],
    ['one head alone', () => headView(zeros(3, 3)), 'ERR_SHAPE', ['headView: weights has shape [3, 3]', '[layers, heads, sq, skv]']],
    [
      'ragged layers',
      () => headView([zeros(1, 3, 3), zeros(1, 3, 4)]),
      'ERR_SHAPE',
      ['weights[1] has shape [1, 3, 4]', '3 queries and 3 keys'],
    ],
    ['a layer of no heads', () => headView([zeros(1, 3, 3), zeros(0, 3, 3)]), 'ERR_SHAPE', ['0 heads', 'at least one']],
    ['tokens of another length', () => headView(zeros(1, 1, 2, 2), { queryTokens: ['a'] }), 'ERR_SHAPE', ['queryTokens has 1 tokens']],
    [
      'more weights than a page holds',
      () => headView({ data: new Float32Array(1), shape: [48, 32, 512, 512], strides: [0, 0, 0, 0] }),
      'ERR_SHAPE',
      ['402,653,184 weights to show', 'at most 134,217,728', 'leave out layers'],
    ],
  ])('%s', (_, call, code, words) => {
    const error = thrown(call);
    expect(error).toBeInstanceOf(FoveaError);
    expect(error).toMatchObject({ code, name: 'FoveaError' });
    for (const word of words) expect(String(error)).toContain(word);
  });
});
