/** MultiHeadAttention against the textbook: both kinds of attention, fewer key heads, rotary, caches, PyTorch's states, bad input. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  attention,
  KVCache,
  linear,
  MultiHeadAttention,
  type MultiHeadAttentionOptions,
  packMatrix,
  setBackend,
  toBfloat16,
  toFloat16,
} from '../src/node.js';
import type { FloatData, Tensor } from '../src/types.js';
import { random } from './random.js';
import { label, targets, use } from './targets.js';
import { dense, float32 } from './tensors.js';
import { type LayerSheet, type Matrix, textbookLayer } from './textbook/multi-head-attention.js';
import { thrown } from './thrown.js';

const { normal } = random('multi-head attention');

/**
 * Numbers are about 1, sums have at most 24 terms, and there are four layers of them, each rounded to float32: an error of 1e-6 would be much; a wrong head,
 * position, bias or mask exceeds 1e-4 by far.
 */
const digits = 4;

const [embedDim, heads, d] = [24, 4, 6];
const tensor = (...shape: number[]): Tensor => float32(shape, () => normal() / 2);
const rows = (x: Tensor<FloatData>): number[][] => {
  const { shape, data } = dense(x);
  const width = shape.at(-1) ?? 1;
  return Array.from({ length: data.length / width }, (_, i) => [...data.subarray(i * width, (i + 1) * width)]);
};
const close = (actual: Tensor<FloatData>, expected: Matrix) => {
  const found = dense(actual).data;
  expect(found.length).toBe(expected.flat().length);
  expected.flat().forEach((x, i) => void expect(found[i]).toBeCloseTo(x, digits));
};

/** Weights for such widths, as tensors and as the textbook reads them. */
function layerOf(kvHeads = heads, keyWidth = embedDim, valueWidth = keyWidth, valueDim = d) {
  const map = (from: number, to: number) => ({ weight: tensor(from, to), bias: tensor(to) });
  const weights = {
    q: map(embedDim, heads * d),
    k: map(keyWidth, kvHeads * d),
    v: map(valueWidth, kvHeads * valueDim),
    out: map(heads * valueDim, embedDim),
  };
  const read = ({ weight, bias }: { weight: Tensor; bias: Tensor }) => ({ weight: rows(weight), bias: [...bias.data] });
  const sheet: LayerSheet = {
    heads,
    kvHeads,
    weights: { q: read(weights.q), k: read(weights.k), v: read(weights.v), out: read(weights.out) },
  };
  const options: MultiHeadAttentionOptions = { embedDim, heads, kvHeads, keyWidth, valueWidth, weights };
  return { options, sheet, weights };
}

const sequence = (x: Tensor, row: number): Tensor => {
  const shape = x.shape.slice(1);
  const size = shape.reduce((a, b) => a * b, 1);
  return { data: x.data.subarray(row * size, (row + 1) * size), shape };
};

describe.each(targets.map((target) => ({ name: label(target), target })))('$name', ({ target }) => {
  beforeAll(() => use(target));
  afterAll(() => setBackend('auto'));

  it('self-attention, causal, with weights', () => {
    const { options, sheet } = layerOf();
    const layer = new MultiHeadAttention(options);
    expect(layer).toMatchObject({ embedDim, heads, kvHeads: heads, headDim: d, valueDim: d });
    const x = tensor(2, 7, embedDim);
    const { output, weights } = layer.forward(x, x, x, { causal: true, returnWeights: true });
    expect([output.shape, weights.shape]).toEqual([
      [2, 7, embedDim],
      [2, heads, 7, 7],
    ]);
    for (const row of [0, 1]) {
      const own = rows(sequence(x, row));
      const expected = textbookLayer(own, own, own, { ...sheet, sees: (i, j) => j <= i });
      close(sequence(output, row), expected.output);
      close(sequence(weights, row), expected.weights.flat());
    }
  });

  it('cross-attention: other widths, fewer heads of keys, values of another width, a mask', () => {
    const { options, sheet } = layerOf(2, 10, 16, 3);
    const layer = new MultiHeadAttention(options);
    const [query, key, value] = [tensor(1, 5, embedDim), tensor(1, 8, 10), tensor(1, 8, 16)];
    const mask = { data: Uint8Array.from({ length: 40 }, (_, i) => Number(i % 3 !== 1)), shape: [5, 8] };
    const { output } = layer.forward(query, key, value, { mask });
    const sees = (i: number, j: number) => mask.data[i * 8 + j] === 1;
    close(output, textbookLayer(rows(query), rows(key), rows(value), { ...sheet, sees }).output);
  });

  it('without a batch, value = key = query unless given, weights without bias, into out', () => {
    const { options, sheet, weights } = layerOf();
    const bare = Object.fromEntries(Object.entries(weights).map(([name, { weight }]) => [name, { weight }])) as unknown as typeof weights;
    const plain = Object.fromEntries(
      Object.entries(sheet.weights).map(([name, { weight }]) => [name, { weight }]),
    ) as unknown as LayerSheet['weights'];
    const layer = new MultiHeadAttention({ ...options, weights: bare });
    const x = tensor(6, embedDim);
    const out = { data: new Float32Array(6 * 30), shape: [6, embedDim], strides: [30, 1] };
    expect(layer.forward(x, undefined, undefined, { out }).output).toBe(out);
    close(out, textbookLayer(rows(x), rows(x), rows(x), { ...sheet, weights: plain }).output);
    const key = tensor(4, embedDim);
    close(layer.forward(x, key).output, textbookLayer(rows(x), rows(key), rows(key), { ...sheet, weights: plain }).output);
  });

  it('rotary turns queries and keys by their positions, the last query standing at the last key', () => {
    const { options, sheet } = layerOf(2);
    const layer = new MultiHeadAttention({ ...options, rotary: { base: 100 } });
    const [query, key] = [tensor(1, 3, embedDim), tensor(1, 7, embedDim)];
    const at = (first: number) => ({ base: 100, query: (i: number) => i + first, key: (j: number) => j });
    close(layer.forward(query, key).output, textbookLayer(rows(query), rows(key), rows(key), { ...sheet, rotary: at(4) }).output);
    const causal = { ...sheet, rotary: at(1), sees: (i: number, j: number) => j <= i + 1 };
    close(
      layer.forward(query, key, key, { queryOffset: 1, causal: true }).output,
      textbookLayer(rows(query), rows(key), rows(key), causal).output,
    );
  });

  it('a cache: a prompt and a token at a time give what all give at once, rows of different lengths too', () => {
    const { options } = layerOf(2);
    const layer = new MultiHeadAttention({ ...options, rotary: {} });
    const x = tensor(2, 9, embedDim);
    const whole = layer.forward(x, x, x, { causal: true }).output;
    const cache = new KVCache({ batch: 2, kvHeads: 2, headDim: d, capacity: 20 });
    const part = (begin: number, end: number): Tensor => ({
      data: x.data,
      shape: [2, end - begin, embedDim],
      strides: [9 * embedDim, embedDim, 1],
      offset: begin * embedDim,
    });
    const found: Tensor<FloatData>[] = [];
    for (const [begin, end] of [
      [0, 5],
      [5, 6],
      [6, 7],
      [7, 9],
    ] as const)
      found.push(layer.forward(part(begin, end), undefined, undefined, { cache }).output);
    for (const row of [0, 1])
      close(
        sequence(whole, row),
        found.flatMap((output) => rows(sequence(output as Tensor, row))),
      );
    expect([...cache.lengths]).toEqual([9, 9]);

    // Row 1 goes back: its next token stands at 4, that of row 0 at 9.
    cache.truncate(4, { row: 1 });
    const next = tensor(2, 1, embedDim);
    const { output } = layer.forward(next, undefined, undefined, { cache });
    const alone = [0, 1].map((row) => {
      const kept = rows(sequence(x, row)).slice(0, row === 0 ? 9 : 4);
      const all = float32([1, kept.length + 1, embedDim], (i) => [...kept.flat(), ...sequence(next, row).data][i] ?? 0);
      return rows(layer.forward(all, all, all, { causal: true }).output).at(-1) ?? [];
    });
    close(output, alone);
    cache.dispose();
  });

  it('hands the score on', () => {
    const { options, weights } = layerOf();
    const x = tensor(1, 5, embedDim);
    const cut = ({ weight, bias }: { weight: Tensor; bias: Tensor }) => ({ ...linear(x, weight, { bias }), shape: [1, 5, heads, d] });
    const asked = { score: 'cosine', returnWeights: true } as const;
    const expected = attention(cut(weights.q), cut(weights.k), cut(weights.v), { ...asked, layout: 'bshd' });
    expect(new MultiHeadAttention(options).forward(x, x, x, asked).weights).toEqual(expected.weights);
  });

  it('packed weights', () => {
    const { options, weights, sheet } = layerOf();
    const packed = Object.fromEntries(
      Object.entries(weights).map(([name, { weight, bias }]) => [name, { weight: packMatrix(weight), bias }]),
    );
    const layer = new MultiHeadAttention({ ...options, weights: packed as unknown as MultiHeadAttentionOptions['weights'] });
    const x = tensor(1, 5, embedDim);
    close(layer.forward(x).output, textbookLayer(rows(x), rows(x), rows(x), sheet).output);
  });
});

describe('fromTorch', () => {
  const { options, sheet, weights } = layerOf();
  const x = tensor(5, embedDim);
  const expected = textbookLayer(rows(x), rows(x), rows(x), sheet).output;
  /** `[in, out]` → `[out, in]`. */
  const torch = ({ weight }: { weight: Tensor }): Tensor => {
    const [from = 0, to = 0] = weight.shape;
    return float32([to, from], (i) => weight.data[(i % from) * to + Math.floor(i / from)] ?? 0);
  };
  const joined = (...parts: Tensor[]): Tensor => ({
    data: Float32Array.from(parts.flatMap(({ data }) => [...data])),
    shape: [parts.reduce((size, { shape }) => size + (shape[0] ?? 0), 0), ...(parts[0]?.shape.slice(1) ?? [])],
  });
  const { q, k, v, out } = weights;
  const biases = { in_proj_bias: joined(q.bias, k.bias, v.bias), 'out_proj.bias': out.bias };
  const outWeight = { 'out_proj.weight': torch(out) };

  it('in_proj_weight', () => {
    const state = { in_proj_weight: joined(torch(q), torch(k), torch(v)), ...outWeight, ...biases };
    close(MultiHeadAttention.fromTorch(state, { heads }).forward(x).output, expected);
  });

  it('q_proj_weight, k_proj_weight, v_proj_weight, of keys and values of another width', () => {
    const state = { q_proj_weight: torch(q), k_proj_weight: torch(k), v_proj_weight: torch(v), ...outWeight, ...biases };
    close(MultiHeadAttention.fromTorch(state, { heads }).forward(x).output, expected);
    const cross = layerOf(heads, 10, 16);
    const [key, value] = [tensor(7, 10), tensor(7, 16)];
    const other = {
      q_proj_weight: torch(cross.weights.q),
      k_proj_weight: torch(cross.weights.k),
      v_proj_weight: torch(cross.weights.v),
      in_proj_bias: joined(cross.weights.q.bias, cross.weights.k.bias, cross.weights.v.bias),
      'out_proj.weight': torch(cross.weights.out),
      'out_proj.bias': cross.weights.out.bias,
    };
    const layer = MultiHeadAttention.fromTorch(other, { heads });
    close(layer.forward(x, key, value).output, textbookLayer(rows(x), rows(key), rows(value), cross.sheet).output);
  });

  it('a prefix, no biases, more in the state', () => {
    const state = {
      'a.in_proj_weight': joined(torch(q), torch(k), torch(v)),
      'a.out_proj.weight': torch(out),
      in_proj_weight: tensor(3, 3),
    };
    const none = {
      q: { weight: rows(q.weight) },
      k: { weight: rows(k.weight) },
      v: { weight: rows(v.weight) },
      out: { weight: rows(out.weight) },
    };
    const layer = MultiHeadAttention.fromTorch(state, { heads, prefix: 'a.' });
    close(layer.forward(x).output, textbookLayer(rows(x), rows(x), rows(x), { ...sheet, weights: none }).output);
  });

  it.each<['float16' | 'bfloat16', (x: Tensor) => Tensor<Uint16Array>]>([
    ['float16', (one) => toFloat16(one)],
    ['bfloat16', (one) => toBfloat16(one)],
  ])('%s throughout: biases become float32', (dtype, to) => {
    const state = { in_proj_weight: joined(torch(q), torch(k), torch(v)), ...outWeight, ...biases };
    const halves = Object.fromEntries(Object.entries(state).map(([name, one]) => [name, to(one)]));
    const wide = Object.fromEntries(
      Object.entries(halves).map(([name, one]) => [name, float32(one.shape, (i) => dense(one).data[i] ?? 0)]),
    );
    const { output } = MultiHeadAttention.fromTorch(halves, { heads }).forward(to(x));
    const right = rows(
      MultiHeadAttention.fromTorch(wide, { heads }).forward(float32(x.shape, (i) => dense(to(x)).data[i] ?? 0)).output,
    ).flat();
    // Each of four steps rounds to 8 or 11 bits numbers of up to about 8.
    dense(output).data.forEach((value, i) => void expect(Math.abs(value - (right[i] ?? Number.NaN))).toBeLessThan(0.25));
    expect(output.dtype).toBe(dtype);
  });

  it.each<[string, Record<string, Tensor>, string, string]>([
    ['nothing', {}, 'ERR_OPTION', "state['q_proj_weight'] is missing"],
    ['no out_proj', { in_proj_weight: joined(torch(q), torch(k), torch(v)) }, 'ERR_OPTION', "state['out_proj.weight'] is missing"],
    [
      'bias_k',
      { in_proj_weight: joined(torch(q), torch(k), torch(v)), ...outWeight, bias_k: tensor(1, 1, embedDim) },
      'ERR_OPTION',
      "state['bias_k'] is there, expected none",
    ],
    [
      'a third of 25 rows',
      { in_proj_weight: tensor(25, embedDim), ...outWeight },
      'ERR_SHAPE',
      "state['in_proj_weight'] has shape [25, 24]",
    ],
    [
      'a bias of rank 2',
      { in_proj_weight: joined(torch(q), torch(k), torch(v)), ...outWeight, in_proj_bias: tensor(3, embedDim) },
      'ERR_SHAPE',
      "state['in_proj_bias'] has shape [3, 24]",
    ],
    [
      'another out',
      { in_proj_weight: joined(torch(q), torch(k), torch(v)), 'out_proj.weight': tensor(embedDim, 25) },
      'ERR_SHAPE',
      'weights.out.weight has 25 rows, expected 24',
    ],
  ])('refuses %s', (_, state, code, words) => {
    expect(thrown(() => MultiHeadAttention.fromTorch(state, { heads }))).toMatchObject({ code, message: expect.stringContaining(words) });
  });

  it('refuses heads that do not divide the width, and no heads', () => {
    const state = { in_proj_weight: joined(torch(q), torch(k), torch(v)), ...outWeight };
    expect(thrown(() => MultiHeadAttention.fromTorch(state, { heads: 5 }))).toMatchObject({
      code: 'ERR_SHAPE',
      message: expect.stringContaining('a multiple of the 5 heads'),
    });
    expect(thrown(() => MultiHeadAttention.fromTorch(state, {} as never))).toMatchObject({
      code: 'ERR_OPTION',
      message: expect.stringContaining('heads is undefined'),
    });
    expect(options.heads).toBe(heads);
  });
});

describe('bad input', () => {
  const { options, weights } = layerOf();
  const { q, k, v, out } = weights;
  // biome-ignore lint/suspicious/noExplicitAny: what the types forbid is the point
  const build = (change: any) => () => new MultiHeadAttention({ ...options, ...change });
  it.each<[string, () => unknown, string, string]>([
    ['no options', () => new MultiHeadAttention(undefined as never), 'ERR_OPTION', 'embedDim is undefined, expected a whole number from 1'],
    ['heads of 0', build({ heads: 0 }), 'ERR_OPTION', 'heads is 0'],
    ['key heads that do not divide', build({ kvHeads: 3 }), 'ERR_OPTION', 'heads is 4, expected a multiple of the 3 key/value heads'],
    ['no weights', build({ weights: undefined }), 'ERR_OPTION', 'weights is missing, expected { weight, bias? }'],
    ['no weight of v', build({ weights: { q, k, out } }), 'ERR_OPTION', 'weights.v is missing'],
    ['an unknown weight', build({ weights: { q, k, v, out, o: out } }), 'ERR_OPTION', "unknown option 'o'"],
    ['an unknown option', build({ numHeads: 4 }), 'ERR_OPTION', "unknown option 'numHeads'"],
    [
      'a weight of other rows',
      build({ weights: { q: { weight: tensor(23, 24) }, k, v, out } }),
      'ERR_SHAPE',
      'weights.q.weight has 23 rows, expected 24, embedDim',
    ],
    [
      'columns that are no heads',
      build({ weights: { q: { weight: tensor(24, 23) }, k, v, out } }),
      'ERR_SHAPE',
      'weights.q.weight has 23 columns, expected a multiple of the 4 heads',
    ],
    [
      'keys of another width a head',
      build({ weights: { q, k: { weight: tensor(24, 20) }, v, out } }),
      'ERR_SHAPE',
      'weights.k.weight has 5 columns a head, expected 6',
    ],
    [
      'out of other rows',
      build({ weights: { q, k, v, out: { weight: tensor(20, 24) } } }),
      'ERR_SHAPE',
      'weights.out.weight has 20 rows, expected 24',
    ],
    [
      'a bias of another width',
      build({ weights: { q, k, v: { ...v, bias: tensor(23) }, out } }),
      'ERR_SHAPE',
      'weights.v.bias has shape [23], expected [24]',
    ],
    [
      'a weight that is an array',
      build({ weights: { q: { weight: new Float32Array(576) }, k, v, out } }),
      'ERR_DTYPE',
      'a tensor { data, shape }',
    ],
    [
      'odd heads to turn',
      build({ embedDim, heads: 8, kvHeads: 8, rotary: {} }),
      'ERR_SHAPE',
      'weights.q.weight has 3 columns a head, expected an even number',
    ],
    ['an unknown option of rotary', build({ rotary: { theta: 3 } }), 'ERR_OPTION', "unknown option 'theta'"],
  ])('%s', (_, call, code, words) => {
    expect(thrown(call)).toMatchObject({ code, message: expect.stringContaining(words) });
  });

  const layer = new MultiHeadAttention(options);
  const x = tensor(1, 3, embedDim);
  it.each<[string, () => unknown, string, string]>([
    ['rank 1', () => layer.forward(tensor(embedDim)), 'ERR_SHAPE', 'MultiHeadAttention.forward: query has rank 1'],
    ['another width', () => layer.forward(tensor(1, 3, 23)), 'ERR_SHAPE', 'query has rows of 23, expected 24'],
    ['another rank of key', () => layer.forward(x, tensor(3, embedDim)), 'ERR_SHAPE', 'key has rank 2, expected 3, the rank of query'],
    ['another batch of value', () => layer.forward(x, x, tensor(2, 3, embedDim)), 'ERR_SHAPE', 'value has batch 2'],
    [
      'an unknown option',
      () => layer.forward(x, x, x, { isCausal: true } as never),
      'ERR_OPTION',
      "unknown option 'isCausal', did you mean 'causal'",
    ],
    ['a layout, which is its own', () => layer.forward(x, x, x, { layout: 'bhsd' } as never), 'ERR_OPTION', "unknown option 'layout'"],
    ['a cache that is none', () => layer.forward(x, x, x, { cache: {} as never }), 'ERR_OPTION', 'cache is an Object, expected a KVCache'],
  ])('forward: %s', (_, call, code, words) => {
    expect(thrown(call)).toMatchObject({ code, message: expect.stringContaining(words) });
  });

  it('a cache is as it was when attention refuses its options', () => {
    const cache = new KVCache({ batch: 1, kvHeads: heads, headDim: d, capacity: 10 });
    layer.forward(x, x, x, { cache });
    const before = cache.toTensors();
    const call = () => layer.forward(x, x, x, { cache, mask: { data: new Uint8Array(5), shape: [5] } });
    expect(thrown(call)).toMatchObject({ code: 'ERR_SHAPE', message: expect.stringContaining('mask has shape [5]') });
    expect(cache.toTensors()).toEqual(before);
    expect([...cache.lengths]).toEqual([3]);
  });
});
