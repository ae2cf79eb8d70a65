/** MultiHeadAttention.forwardAsync: the bits of forward, arguments taken at the call, caches in the order of the calls, aborts, errors. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KVCache, MultiHeadAttention, type MultiHeadForwardOptions, packMatrix, setBackend, toBfloat16, toFloat16 } from '../src/node.js';
import type { Tensor } from '../src/types.js';
import { random } from './random.js';
import { label, targets, use } from './targets.js';
import { booleans, bytesOf, float32 } from './tensors.js';
import { thrown } from './thrown.js';

const { normal } = random('multi-head attention, later');
const tensor = (...shape: number[]): Tensor => float32(shape, () => normal() / 2);
const [embedDim, heads, kvHeads, d] = [24, 4, 2, 6];
const map = (from: number, to: number) => ({ weight: tensor(from, to), bias: tensor(to) });
const weights = {
  q: map(embedDim, heads * d),
  k: map(embedDim, kvHeads * d),
  v: map(embedDim, kvHeads * d),
  out: map(heads * d, embedDim),
};
const sizes = { embedDim, heads, kvHeads, weights };
const layer = new MultiHeadAttention(sizes);
const rotating = new MultiHeadAttention({ ...sizes, rotary: {} });
const [x, y] = [tensor(2, 7, embedDim), tensor(2, 9, embedDim)];

const own = (one: Tensor): Tensor => ({ ...one, data: one.data.slice() });
const additive = { kind: 'additive', queryWeight: tensor(d, 5), keyWeight: tensor(d, 5), v: tensor(5), bias: tensor(5) } as const;
const everything = (): MultiHeadForwardOptions => ({
  score: {
    kind: 'additive',
    queryWeight: own(additive.queryWeight),
    keyWeight: own(additive.keyWeight),
    v: own(additive.v),
    bias: own(additive.bias),
  },
  scale: 0.5,
  mask: booleans([2, 1, 7, 9], (at) => at % 5 !== 3),
  bias: float32([4, 7, 9], (at) => Math.sin(at)),
  causal: true,
  queryOffset: Int32Array.of(2, 5),
  window: [6, 1],
  keyLengths: Int32Array.of(9, 6),
  queryLengths: Int32Array.of(7, 5),
  softcap: 2,
  alibi: Float32Array.of(0.5, 0.25, 0.125, 0.0625),
  sinks: Float32Array.of(0.1, -0.2, 0.3, -0.4),
  returnWeights: true,
});

/** One number more in each array that a call was given. */
function spoil(value: unknown): void {
  if (ArrayBuffer.isView(value)) {
    const data = value as Float32Array;
    for (let i = 0; i < data.length; i++) data[i] = (data[i] ?? 0) + 1;
  } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(spoil);
}

const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Aborts as soon as the cache holds something: between the append and the attention. */
const afterAppend = (cache: KVCache, before: number): AbortSignal =>
  ({
    get aborted() {
      return (cache.lengths[0] ?? 0) > before;
    },
    reason: 'seen',
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }) as unknown as AbortSignal;

const part = (begin: number, end: number): Tensor => ({
  data: x.data,
  shape: [2, end - begin, embedDim],
  strides: [7 * embedDim, embedDim, 1],
  offset: begin * embedDim,
});
const spans = [
  [0, 4],
  [4, 5],
  [5, 6],
  [6, 7],
] as const;
const newCache = () => new KVCache({ batch: 2, kvHeads, headDim: d, capacity: 20 });

describe.each(targets.map((target) => ({ name: label(target), target })))('$name', ({ target }) => {
  beforeAll(() => use(target));
  afterAll(() => setBackend('auto'));

  it.each<[string, MultiHeadAttention, MultiHeadForwardOptions]>([
    ['nothing asked for', layer, {}],
    ['every option', layer, everything()],
    ['rotary, every option', rotating, everything()],
    ['rotary, causal', rotating, { causal: true, returnWeights: true }],
  ])('the bits of forward: %s', async (_, one, options) => {
    expect(await one.forwardAsync(x, y, y, options)).toEqual(one.forward(x, y, y, options));
    const { mask: _m, bias: _b, ...rest } = options;
    expect(await one.forwardAsync(x, undefined, undefined, { ...rest, keyLengths: undefined })).toEqual(
      one.forward(x, x, x, { ...rest, keyLengths: undefined }),
    );
  });

  it('the bits of forward: packed weights, half types, without a batch, into out', async () => {
    const packed = Object.fromEntries(
      Object.entries(weights).map(([name, { weight, bias }]) => [name, { weight: packMatrix(weight), bias }]),
    );
    const ofPacked = new MultiHeadAttention({ ...sizes, weights: packed as unknown as typeof weights });
    expect(await ofPacked.forwardAsync(x)).toEqual(ofPacked.forward(x));
    for (const to of [toFloat16, toBfloat16]) {
      const half = (one: { weight: Tensor; bias: Tensor }) => ({ weight: to(one.weight), bias: one.bias });
      const { q, k, v, out } = weights;
      const ofHalves = new MultiHeadAttention({ ...sizes, weights: { q: half(q), k: half(k), v: half(v), out: half(out) } });
      expect(await ofHalves.forwardAsync(to(x))).toEqual(ofHalves.forward(to(x)));
    }
    const row: Tensor = { data: x.data, shape: [7, embedDim] };
    const out = tensor(7, embedDim);
    expect((await layer.forwardAsync(row, row, row, { out })).output).toBe(out);
    expect(out.data).toEqual(layer.forward(row).output.data);
  });

  it('takes its arguments at the call, and borrows them with copy: false', async () => {
    const [expected, borrowed] = [layer.forward(x, y, y, everything()), everything()];
    const [query, key, value, options] = [own(x), own(y), own(y), everything()];
    const promise = layer.forwardAsync(query, key, value, options);
    [query, key, value, options].forEach(spoil);
    expect(await promise).toEqual(expected);
    expect(await layer.forwardAsync(x, y, y, { ...borrowed, copy: false })).toEqual(expected);
  });

  it.each([
    ['without rotary', layer],
    ['with rotary', rotating],
  ])('a cache: calls at once are those one after another, %s', async (_, one) => {
    const [now, later] = [newCache(), newCache()];
    const expected = spans.map(([begin, end]) => one.forward(part(begin, end), undefined, undefined, { cache: now }));
    const found = await Promise.all(
      spans.map(([begin, end]) => one.forwardAsync(part(begin, end), undefined, undefined, { cache: later })),
    );
    expect(found).toEqual(expected);
    expect(later.toTensors()).toEqual(now.toTensors());
    for (const cache of [now, later]) cache.dispose();
  });

  it('an abort before, between, and while others have their turn leaves the cache as it was', async () => {
    const [cache, like] = [newCache(), newCache()];
    for (const one of [cache, like]) layer.forward(part(0, 4), undefined, undefined, { cache: one });
    const aborted = { name: 'FoveaError', code: 'ERR_ABORTED', message: 'MultiHeadAttention.forward: aborted by its signal' };
    const next = part(4, 5);
    const reject = async (signal: AbortSignal) =>
      expect(await errorOf(layer.forwardAsync(next, next, next, { cache, signal }))).toMatchObject(aborted);
    await reject(AbortSignal.abort('early'));
    await reject(afterAppend(cache, 4));
    expect(cache.toTensors()).toEqual(like.toTensors());

    const controller = new AbortController();
    const first = layer.forwardAsync(next, next, next, { cache });
    const second = errorOf(layer.forwardAsync(part(5, 6), undefined, undefined, { cache, signal: controller.signal }));
    const third = layer.forwardAsync(part(6, 7), undefined, undefined, { cache });
    controller.abort('enough');
    expect(await second).toMatchObject({ ...aborted, cause: 'enough' });
    const expected = [next, part(6, 7)].map((rows) => layer.forward(rows, rows, rows, { cache: like }));
    expect(await Promise.all([first, third])).toEqual(expected);
    expect(cache.toTensors()).toEqual(like.toTensors());
    for (const one of [cache, like]) one.dispose();
  });

  it('a refusal leaves the cache as it was, now and later, whichever step refuses', async () => {
    const cache = newCache();
    layer.forward(part(0, 4), undefined, undefined, { cache });
    const before = cache.toTensors();
    const next = part(4, 5);
    const refused: [MultiHeadForwardOptions<Float32Array>, string, string][] = [
      [{ cache, mask: booleans([4], () => true) }, 'ERR_SHAPE', 'mask has shape [4]'],
      [{ cache, out: tensor(2, 1, embedDim + 1) }, 'ERR_SHAPE', 'out has shape [2, 1, 25]'],
      [{ cache, keyLengths: Int32Array.of(1, 1) }, 'ERR_OPTION', 'keyLengths'],
    ];
    for (const [options, code, words] of refused) {
      const wanted = { name: 'FoveaError', code, message: expect.stringContaining(words) };
      expect(thrown(() => layer.forward(next, next, next, options))).toMatchObject(wanted);
      expect(await errorOf(layer.forwardAsync(next, next, next, options))).toMatchObject(wanted);
      expect(cache.toTensors()).toEqual(before);
    }
    cache.dispose();
  });

  it('a cache that changes meanwhile is refused, and keeps what it was given', async () => {
    const cache = newCache();
    const promise = errorOf(layer.forwardAsync(part(0, 4), undefined, undefined, { cache }));
    cache.append(tensor(2, kvHeads, 3, d), tensor(2, kvHeads, 3, d));
    expect(await promise).toMatchObject({
      code: 'ERR_OPTION',
      message: expect.stringMatching(/^MultiHeadAttention\.forward: cache .*\[3, 3\].*\[0, 0\].*changed meanwhile/),
    });
    expect([...cache.lengths]).toEqual([3, 3]);
    cache.dispose();
  });
});

describe('what forward throws, the promise rejects with', () => {
  it.each<[string, readonly unknown[]]>([
    ['rank 1', [tensor(embedDim)]],
    ['another width', [tensor(1, 3, 23)]],
    ['another rank of key', [x, tensor(3, embedDim)]],
    ['another batch of value', [x, x, tensor(1, 7, embedDim)]],
    ['an unknown option', [x, x, x, { isCausal: true }]],
    ['a cache that is none', [x, x, x, { cache: {} }]],
    ['numbers as a mask', [x, x, x, { mask: tensor(7) }]],
    ['a field of the score that is no tensor', [x, x, x, { score: { ...additive, v: 5 } }]],
    ['an unknown field of the score', [x, x, x, { score: { ...additive, weights: tensor(5) } }]],
    ['a lag that is no number', [x, x, x, { queryOffset: '1' }]],
    ['options that are none', [x, x, x, 5]],
  ])('%s', async (_, given) => {
    const call = given as unknown as Parameters<MultiHeadAttention['forwardAsync']>;
    const expected = thrown(() => layer.forward(...(call as unknown as Parameters<MultiHeadAttention['forward']>)));
    expect(expected).toMatchObject({ name: 'FoveaError' });
    const promise = layer.forwardAsync(...call); // throws nothing itself
    const found = await errorOf(promise);
    expect(found).toMatchObject({ code: (expected as { code: string }).code, message: (expected as Error).message });
  });

  it('names the twin for its own options, and refuses what it cannot borrow', async () => {
    const signal = new AbortController().signal;
    expect(thrown(() => layer.forward(x, x, x, { signal } as never))).toMatchObject({
      message: expect.stringContaining("option 'signal' belongs to MultiHeadAttention.forwardAsync"),
    });
    expect(await errorOf(layer.forwardAsync(x, x, x, { copy: 1 } as never))).toMatchObject({
      code: 'ERR_OPTION',
      message: expect.stringContaining('copy is 1'),
    });
    const Resizable = ArrayBuffer as unknown as new (bytes: number, options: { maxByteLength: number }) => ArrayBuffer;
    const buffer = new Resizable(x.data.byteLength, { maxByteLength: x.data.byteLength * 2 });
    const resizable = { data: new Float32Array(buffer), shape: x.shape };
    resizable.data.set(x.data);
    expect(await errorOf(layer.forwardAsync(resizable, resizable, resizable, { copy: false }))).toMatchObject({
      code: 'ERR_OPTION',
      message: expect.stringMatching(/^MultiHeadAttention\.forward: copy is false with an input in a resizable ArrayBuffer/),
    });
    expect(bytesOf((await layer.forwardAsync(resizable)).output)).toEqual(bytesOf(layer.forward(x).output));
  });
});
