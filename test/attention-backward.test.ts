/** attentionBackward: against the textbook's gradients on every backend and target, and the textbook's against finite differences. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attention, attentionBackward, attentionBackwardAsync, backend, setBackend, setThreads } from '../src/node.js';
import type { AttentionBackwardOptions, AttentionOptions, FloatData, GradientName, Score, Tensor } from '../src/types.js';
import type { AttentionCall } from './calls.js';
import { attentionCase } from './cases/attention.js';
import type { AttentionDraft } from './cases/attention-draft.js';
import { type AttentionFeature, attentionFeatures } from './cases/attention-features.js';
import { type Kind, scoreOf } from './cases/scores.js';
import { faults } from './check.js';
import { random } from './random.js';
import { label, targets, use } from './targets.js';
import { booleans, dense, float32, floats, formatOf } from './tensors.js';
import { addedUp } from './textbook/added-up.js';
import { textbookAttention } from './textbook/attention.js';
import { type Gradient, textbookBackward } from './textbook/attention-backward.js';
import { thrown } from './thrown.js';
import { arithmeticOf, referenceArithmetic } from './tolerance.js';

afterAll(() => setBackend('auto'));

interface Row {
  readonly name: string;
  readonly call: AttentionCall;
  readonly gradients: readonly GradientName[];
}

const unwanted = ['out', 'weights', 'logSumExp'];
const features = attentionFeatures.filter(({ name }) => !unwanted.some((word) => name.startsWith(word)));
const scoreKinds: readonly Kind[] = ['dot', 'cosine', 'euclidean', 'rbf', 'general', 'additive'];
const weighted = features.filter(({ name }) => name.startsWith('general') || name.startsWith('additive'));

function rowOf(name: string, draft: Partial<AttentionDraft>, given: readonly AttentionFeature[] = [], options: AttentionOptions = {}): Row {
  const call = attentionCase(`backward, ${name}`, draft, given, options).call();
  if (call.op !== 'attention') throw new Error('no attention');
  const gradients: GradientName[] = [];
  if (call.options.bias) gradients.push('bias');
  if (call.options.sinks) gradients.push('sinks');
  const { score } = call.options;
  if (typeof score === 'object' && score.kind !== 'rbf') gradients.push('score');
  return { name, call, gradients };
}

const missing = (name: string): never => {
  throw new Error(`no feature ${name}`);
};
const single = { batch: 1, heads: 1, kvHeads: 1 };
const rows: readonly Row[] = [
  rowOf('no options', {}),
  ...features.map((feature) => rowOf(feature.name, {}, [feature])),
  ...scoreKinds.flatMap((name) => {
    const score = scoreOf(name, 9);
    return [
      rowOf(`${name}, causal, grouped heads, across tiles`, { heads: 2, kvHeads: 1, queries: 101, keys: 340, batch: 1, headDim: 5 }, [], {
        score: scoreOf(name, 5),
        causal: true,
      }),
      rowOf(
        `${name}, softcap, bias, sinks`,
        { queries: 21, keys: 35 },
        features.filter(({ name }) => name === 'bias' || name === 'sinks'),
        { score, softcap: 2 },
      ),
      rowOf(
        `${name}, a window, lengths`,
        { queries: 30, keys: 90 },
        features.filter(({ name }) => name === 'window' || name === 'keyLengths'),
        { score },
      ),
      rowOf(`${name}, far from 0`, { queries: 20, q: (at) => 30 + Math.sin(at), k: (at) => 30 + Math.cos(at) }, [], { score }),
      rowOf(
        `${name}, zero vectors`,
        { ...single, queries: 4, keys: 6, headDim: 3, q: (at) => (at < 3 ? 0 : Math.sin(at)), k: (at) => (at < 6 ? 0 : Math.cos(at)) },
        [],
        { score: scoreOf(name, 3) },
      ),
    ];
  }),
  ...weighted.flatMap((feature) =>
    [
      ['grouped heads', 'causal'],
      ['one key head', 'queryLengths', 'mask'],
      ['grouped heads', 'bshd', 'keyLengths', 'sinks'],
      ['grouped heads', 'turned tensors', 'softcap'],
      ['spread tensors', 'alibi', 'negative scale'],
      ['float16', 'one key head', 'bias'],
      ['bfloat16', 'window', 'wider values'],
      ['grouped heads', 'rank 3'],
    ].map((names) =>
      rowOf(
        [feature.name, ...names].join(', '),
        {},
        names.map((name) => features.find((other) => other.name === name) ?? missing(name)).concat(feature),
      ),
    ),
  ),
  ...(['general', 'additive'] as const).flatMap((kind) => [
    ...[1, 2, 15, 17, 33, 64, 65].flatMap((width) => [
      rowOf(`${kind}, queries of width ${width}`, { ...single, queries: 7, keys: 21, headDim: width, keyDim: 3 }, [], {
        score: scoreOf(kind, width, 3),
      }),
      rowOf(`${kind}, keys of width ${width}`, { ...single, queries: 7, keys: 21, headDim: 4, keyDim: width }, [], {
        score: scoreOf(kind, 4, width),
      }),
    ]),
    ...[1, 95, 96, 97, 193].map((queries) =>
      rowOf(`${kind}, ${queries} queries`, { ...single, heads: 2, queries, keys: 37 }, [], { score: scoreOf(kind, 9), causal: true }),
    ),
    ...[1, 16, 255, 257, 321].map((keys) =>
      rowOf(`${kind}, ${keys} keys`, { ...single, queries: 14, keys, headDim: 5, keyDim: 5 }, [], { score: scoreOf(kind, 5) }),
    ),
  ]),
  ...[1, 8, 17, 64].map((units) =>
    rowOf(`additive, ${units} units`, { ...single, queries: 21, keyDim: 4 }, [], { score: scoreOf('additive', 9, 4, units) }),
  ),
  rowOf('additive, only q is projected', { ...single, headDim: 5, keyDim: 7 }, [], {
    score: { kind: 'additive', queryWeight: float32([5, 7], (at) => Math.sin(at)), v: float32([7], (at) => Math.cos(at)) },
  }),
  rowOf('additive, only k is projected, with a bias', { ...single, headDim: 7, keyDim: 5 }, [], {
    score: {
      kind: 'additive',
      keyWeight: float32([5, 7], (at) => Math.sin(at)),
      v: float32([7], (at) => Math.cos(at)),
      bias: float32([7], (at) => at / 7),
    },
  }),
  rowOf('additive, a v and a bias a head', { heads: 4, kvHeads: 2 }, [], {
    score: { kind: 'additive', v: float32([4, 9], (at) => Math.sin(at)), bias: float32([4, 9], (at) => Math.cos(at)) },
  }),
  rowOf('additive, no units', { ...single, queries: 3 }, [], {
    score: { kind: 'additive', v: float32([0], () => 0), queryWeight: float32([9, 0], () => 0), keyWeight: float32([9, 0], () => 0) },
  }),
  rowOf('additive, queries of width 0', { ...single, headDim: 0, keyDim: 5 }, [], { score: scoreOf('additive', 0, 5) }),
  rowOf('general, queries of width 0', { ...single, headDim: 0, keyDim: 5 }, [], { score: scoreOf('general', 0, 5) }),
  rowOf('general, keys of width 0', { ...single, keyDim: 0 }, [], { score: scoreOf('general', 9, 0) }),
  ...[1, 2, 15, 16, 17, 32, 33, 255, 256, 257, 319, 320, 321].map((keys) =>
    rowOf(`${keys} keys`, { ...single, queries: 14, keys, headDim: 5, valueDim: 6 }),
  ),
  ...[1, 2, 5, 8, 9, 15, 16, 17, 33, 64, 65].flatMap((width) => [
    rowOf(`head dim ${width}`, { ...single, queries: 7, keys: 21, headDim: width }),
    rowOf(`value dim ${width}`, { ...single, queries: 7, keys: 21, valueDim: width }),
  ]),
  ...[1, 12, 13, 95, 96, 97, 193].map((queries) => rowOf(`${queries} queries`, { ...single, queries, keys: 37 }, [], { causal: true })),
  rowOf('a bias of each key, rows that see nothing', { queries: 9, keys: 12 }, [], {
    bias: float32([12], (j) => j / 7),
    causal: true,
    queryOffset: -3,
  }),
];

const given = ({ call }: Row) => {
  const { out: _, returnWeights: _w, returnLogSumExp: _l, ...options } = call.options;
  return options as Omit<AttentionBackwardOptions, 'out'>;
};

/** Forward on the backend that is set, and a gradient of its output. */
function prepared(row: Row) {
  const { q, k, v } = row.call;
  const forward = attention(q, k, v, { ...given(row), returnLogSumExp: true });
  const { normal } = random(`dOutput of ${row.name}`);
  return { forward, dOutput: floats(forward.output.shape, q.dtype ?? 'float32', normal) };
}

const parts = (tensor: Tensor<FloatData>, layout: string | undefined): Float64Array => {
  const { shape, data } = dense(tensor);
  if (layout !== 'bshd' || shape.length < 3) return data;
  const [sequence = 0, heads = 0, width = 0] = shape.slice(-3);
  return data.map((_, at) => {
    const [c, s, h] = [at % width, Math.floor(at / width) % sequence, Math.floor(at / width / sequence) % heads];
    return data[(Math.floor(at / width / sequence / heads) * sequence + s) * heads * width + h * width + c] ?? Number.NaN;
  });
};

for (const target of targets)
  describe(label(target), () => {
    beforeAll(() => use(target));
    for (const row of rows)
      it(row.name, () => {
        const { q, k, v, options } = row.call;
        const { forward, dOutput } = prepared(row);
        const found = attentionBackward(q, k, v, forward, dOutput, { ...given(row), gradients: row.gradients });
        const known = textbookBackward(row.call, forward, dOutput, arithmeticOf(target));
        const check = (name: string, actual: Float64Array, { value, error }: Gradient, format = formatOf(q)) =>
          expect(faults(name, actual, value, { slack: error }, format).slice(0, 5)).toEqual([]);
        for (const name of ['dQuery', 'dKey', 'dValue'] as const) check(name, parts(found[name], options.layout), known[name]);
        expect(Object.keys(found).length).toBe(3 + row.gradients.length);
        if (found.dBias) {
          const rank = q.shape.length;
          const [sq, skv] = [forward.logSumExp.shape.at(-1) ?? 0, k.shape.at(options.layout === 'bshd' && rank > 2 ? -3 : -2) ?? 0];
          const scores = [...forward.logSumExp.shape.slice(0, -1), sq, skv];
          expect(found.dBias.shape).toEqual(options.bias?.shape);
          check('dBias', dense(found.dBias).data, addedUp(known.dScores, scores, found.dBias.shape, arithmeticOf(target)), 'float32');
        }
        if (found.dSinks) {
          const heads = found.dSinks.length;
          const sum = { value: new Float64Array(heads), error: new Float64Array(heads) };
          known.dSinks.value.forEach((value, at) => {
            sum.value[at % heads] = (sum.value[at % heads] ?? 0) + value;
            sum.error[at % heads] = (sum.error[at % heads] ?? 0) + (known.dSinks.error[at] ?? 0) + 2 ** -23 * Math.abs(value);
          });
          check('dSinks', Float64Array.from(found.dSinks), sum, 'float32');
        }
        if (found.dScore) {
          const { kind: _, ...weights } = options.score as Record<string, unknown>;
          const shapes = (of: object) => Object.fromEntries(Object.entries(of).map(([name, { shape }]) => [name, shape]));
          expect(shapes(found.dScore)).toEqual(shapes(weights));
          for (const [name, gradient] of Object.entries(found.dScore) as [string, Tensor][])
            check(name, dense(gradient).data, known.dScore[name] ?? missing(name), 'float32');
        }
      });
  });

describe('the textbook', () => {
  beforeAll(() => setBackend('reference'));

  /** Σ output · dOutput in float64: the textbook's forward pass is. */
  it.each(scoreKinds)('agrees with finite differences, %s', (kind) => {
    const score = scoreOf(kind, 3);
    const row = rowOf(`differences of ${kind}`, { batch: 1, heads: 2, kvHeads: 1, queries: 4, keys: 5, headDim: 3, valueDim: 3 }, [], {
      score,
      softcap: 1.5,
      causal: true,
      bias: float32([4, 5], (at) => Math.sin(at)),
      sinks: Float32Array.of(0.2, -0.4),
    });
    const { forward, dOutput } = prepared(row);
    const known = textbookBackward(row.call, forward, dOutput, referenceArithmetic);
    const seed = dense(dOutput).data;
    const loss = () => textbookAttention(row.call).output.reduce((sum, value, at) => sum + value * (seed[at] ?? 0), 0);
    const { q, k, v, options } = row.call;
    const sinks = { data: options.sinks ?? new Float32Array(), shape: [2] };
    const pairs = [
      [q, known.dQuery],
      [k, known.dKey],
      [v, known.dValue],
      [sinks, known.dSinks],
      ...Object.entries(known.dScore).map(
        ([name, gradient]) => [(score as unknown as Record<string, Tensor>)[name] ?? missing(name), gradient] as const,
      ),
    ] as const;
    for (const [tensor, gradient] of pairs) {
      const data = tensor.data as Float32Array;
      for (let at = 0; at < data.length; at++) {
        const was = data[at] ?? 0;
        const side = (step: number): [number, number] => {
          data[at] = was + step;
          return [data[at] ?? 0, loss()];
        };
        const [[high, above], [low, below]] = [side(2 ** -10), side(-(2 ** -10))];
        data[at] = was;
        // The third derivative's share of a central difference, and float32's of the forward pass that the gradients are made of.
        expect(Math.abs((above - below) / (high - low) - (gradient.value[at] ?? 0))).toBeLessThan(2e-5);
      }
    }
  });
});

describe('what is hidden', () => {
  const nan = Number.NaN;
  const [q, dOutput] = [float32([1, 1, 20, 4], (at) => Math.sin(at)), float32([1, 1, 20, 5], (at) => Math.cos(3 * at))];
  const k = (rotten: boolean) => float32([1, 1, 40, 4], (at) => (rotten && Math.floor(at / 4) % 4 === 2 ? nan : Math.cos(at)));
  const v = (rotten: boolean) =>
    float32([1, 1, 40, 5], (at) => (rotten && Math.floor(at / 5) % 4 === 2 ? Number.POSITIVE_INFINITY : Math.cos(2 * at)));
  const options = { mask: booleans([40], (j) => j % 4 !== 2) };
  const ofWeights = (kind: Kind): GradientName[] => (kind === 'general' || kind === 'additive' ? ['score'] : []);

  describe.each(targets.map((target) => [label(target), target] as const))('%s', (_, target) => {
    beforeAll(() => use(target));

    it.each(scoreKinds)('changes nothing, whatever its numbers are, %s', (kind) => {
      const score = scoreOf(kind, 4);
      const run = (rotten: boolean) => {
        const forward = attention(q, k(rotten), v(rotten), { ...options, score, returnLogSumExp: true });
        return attentionBackward(q, k(rotten), v(rotten), forward, dOutput, { ...options, score, gradients: ofWeights(kind) });
      };
      const [clean, spoilt] = [run(false), run(true)];
      expect(spoilt.dQuery.data).toEqual(clean.dQuery.data);
      expect(spoilt.dKey.data).toEqual(clean.dKey.data);
      expect(spoilt.dValue.data).toEqual(clean.dValue.data);
      expect(spoilt.dScore).toEqual(clean.dScore);
      expect([...spoilt.dKey.data].filter((_, at) => Math.floor(at / 4) % 4 === 2).every((gradient) => gradient === 0)).toBe(true);
    });

    it.each(scoreKinds)('is a query that sees nothing or is not computed, %s', (kind) => {
      const score = scoreOf(kind, 4);
      const rules = { mask: booleans([20, 40], (at) => at % 3 !== 0 && Math.floor(at / 40) !== 5), queryLengths: Int32Array.of(17) };
      const run = (rotten: boolean) => {
        const spoilt = (tensor: Tensor) => {
          const width = tensor.shape[3] ?? 1;
          return { ...tensor, data: tensor.data.map((x, at) => (rotten && [5, 17, 19].includes(Math.floor(at / width)) ? nan : x)) };
        };
        const forward = attention(spoilt(q), k(false), v(false), { ...rules, score, returnLogSumExp: true });
        return attentionBackward(spoilt(q), k(false), v(false), forward, spoilt(dOutput), { ...rules, score, gradients: ofWeights(kind) });
      };
      const clean = run(false);
      expect(run(true)).toEqual(clean);
      expect([...clean.dQuery.data.subarray(5 * 4, 6 * 4)]).toEqual([0, 0, 0, 0]);
    });

    it('is a query that sees nothing but its sink', () => {
      const rules = { mask: booleans([20, 1], (i) => i !== 5), sinks: Float32Array.of(0.3) };
      const run = (rotten: boolean) => {
        const query = { ...q, data: q.data.map((x, at) => (rotten && Math.floor(at / 4) === 5 ? nan : x)) };
        const forward = attention(query, k(false), v(false), { ...rules, returnLogSumExp: true });
        return attentionBackward(query, k(false), v(false), forward, dOutput, { ...rules, gradients: ['sinks'] });
      };
      expect(run(true)).toEqual(run(false));
      expect(run(true).dSinks?.[0]).not.toBe(0);
    });

    it.each(['general', 'additive'] as const)('lets NaN in a query, a key or a weight that is seen reach dScore, %s', (kind) => {
      const spoilt = (tensor: Tensor) => ({ ...tensor, data: tensor.data.map((x, at) => (at === 8 ? nan : x)) });
      const run = (query: Tensor, key: Tensor) => {
        const score = scoreOf(kind, 4);
        const forward = attention(query, key, v(false), { score, returnLogSumExp: true });
        return attentionBackward(query, key, v(false), forward, dOutput, { score, gradients: ['score'] }).dScore ?? {};
      };
      for (const dScore of [run(spoilt(q), k(false)), run(q, spoilt(k(false)))])
        for (const { data } of Object.values(dScore) as Tensor[]) expect([...data].every(Number.isNaN)).toBe(true);
    });

    it.each(['query', 'dOutput'])('is not reached by NaN in a %s that does not see it', (where) => {
      const [bad, seed] = [
        { ...q, data: q.data.slice() },
        { ...dOutput, data: dOutput.data.slice() },
      ];
      if (where === 'query') bad.data[7 * 4 + 1] = nan;
      else seed.data[7 * 5 + 1] = nan;
      const causal = { causal: true, queryOffset: 0 };
      const forward = attention(bad, k(false), v(false), { ...causal, returnLogSumExp: true });
      const { dQuery, dKey, dValue } = attentionBackward(bad, k(false), v(false), forward, seed, causal);
      const rowsWithNaN = ({ data, shape }: Tensor) => {
        const width = shape[3] ?? 1;
        return Array.from({ length: data.length / width }, (_, row) => data.subarray(row * width, (row + 1) * width).some(Number.isNaN));
      };
      expect(rowsWithNaN(dQuery).map((is, i) => is === (i === 7))).not.toContain(false);
      expect(rowsWithNaN(dKey).map((is, j) => is === j <= 7)).not.toContain(false);
      expect(rowsWithNaN(dValue).map((is, j) => is === j <= 7)).not.toContain(false);
    });
  });
});

describe('out', () => {
  const tensor = (...shape: number[]) => float32(shape, random(`out ${shape}`).normal);
  const junk = (shape: readonly number[], strides?: readonly number[]): Tensor => ({
    data: new Float32Array(4000).fill(Number.NaN),
    shape,
    ...(strides && { strides, offset: 3 }),
  });

  describe.each(targets.map((target) => [label(target), target] as const))('%s', (_, target) => {
    beforeAll(() => use(target));

    it('takes the gradients, whatever lies there, and is what the call returns', async () => {
      const [q, k, v, dOutput] = [tensor(1, 2, 20, 5), tensor(1, 1, 30, 5), tensor(1, 1, 30, 6), tensor(1, 2, 20, 6)];
      const forward = attention(q, k, v, { causal: true, returnLogSumExp: true });
      const fresh = attentionBackward(q, k, v, forward, dOutput, { causal: true });
      for (const isTwin of [false, true]) {
        const out = { dQuery: junk(q.shape, [0, 5, 13, 1]), dKey: junk(k.shape, [0, 0, 1, 31]), dValue: junk(v.shape) };
        const options = { causal: true, out };
        const found = isTwin
          ? await attentionBackwardAsync(q, k, v, forward, dOutput, options)
          : attentionBackward(q, k, v, forward, dOutput, options);
        for (const name of ['dQuery', 'dKey', 'dValue'] as const) {
          expect(found[name]).toBe(out[name]);
          expect(dense(found[name]).data).toEqual(dense(fresh[name]).data);
        }
      }
      const some = attentionBackward(q, k, v, forward, dOutput, { causal: true, out: { dKey: junk(k.shape) } });
      expect(dense(some.dKey).data).toEqual(dense(fresh.dKey).data);
      expect(some.dQuery).toEqual(fresh.dQuery);
    });

    it.each([
      [0, 4],
      [4, 0],
    ])('is 0 where there are %i queries and %i keys', (queries, keys) => {
      const [q, k, v, dOutput] = [tensor(1, 2, queries, 5), tensor(1, 2, keys, 5), tensor(1, 2, keys, 6), tensor(1, 2, queries, 6)];
      const forward = attention(q, k, v, { returnLogSumExp: true });
      const out = { dQuery: junk(q.shape), dKey: junk(k.shape), dValue: junk(v.shape) };
      for (const { shape, data } of Object.values(attentionBackward(q, k, v, forward, dOutput, { out })) as Tensor[]) {
        const size = shape.reduce((product, n) => product * n, 1);
        expect(data.subarray(0, size)).toEqual(new Float32Array(size));
      }
    });
  });
});

describe('threads and twins', () => {
  const before = backend().threads;
  afterAll(() => setThreads(before));
  const tensor = (...shape: number[]) => float32(shape, random(`backward ${shape}`).normal);
  const [q, k, v, dOutput] = [tensor(2, 4, 130, 16), tensor(2, 2, 300, 16), tensor(2, 2, 300, 24), tensor(2, 4, 130, 24)];
  const bias = tensor(4, 130, 300);
  const options = { causal: true, bias, sinks: tensor(4).data };
  const perHead: Score = {
    kind: 'additive',
    queryWeight: tensor(4, 16, 12),
    keyWeight: tensor(4, 16, 12),
    v: tensor(4, 12),
    bias: tensor(12),
  };

  describe.each(targets.filter(({ name }) => name !== 'reference').map((target) => [label(target), target] as const))('%s', (_, target) => {
    beforeAll(() => use(target));

    it.each([[[]], [['bias', 'sinks']]] as const)(
      'gives the same bits for any number of threads, and off the event loop, %j',
      async (gradients) => {
        const forward = attention(q, k, v, { ...options, returnLogSumExp: true });
        const run = (threads: number) => {
          setThreads(threads);
          return attentionBackward(q, k, v, forward, dOutput, { ...options, gradients });
        };
        const one = run(1);
        expect(run(2)).toEqual(one);
        expect(run(5)).toEqual(one);
        expect(await attentionBackwardAsync(q, k, v, forward, dOutput, { ...options, gradients })).toEqual(one);
      },
    );

    it.each([
      ['general', scoreOf('general', 16)],
      ['additive', scoreOf('additive', 16)],
      ['additive, a weight a head', perHead],
    ] as const)('gives the same bits of the weights too, %s', async (_name, score) => {
      const given = { causal: true, score };
      const forward = attention(q, k, v, { ...given, returnLogSumExp: true });
      const run = (threads: number) => {
        setThreads(threads);
        return attentionBackward(q, k, v, forward, dOutput, { ...given, gradients: ['score'] });
      };
      const one = run(1);
      expect(run(2)).toEqual(one);
      expect(run(5)).toEqual(one);
      expect(await attentionBackwardAsync(q, k, v, forward, dOutput, { ...given, gradients: ['score'] })).toEqual(one);
    });
  });
});

describe('bad input', () => {
  const zeros = (...shape: number[]): Tensor => ({ data: new Float32Array(shape.reduce((size, n) => size * n, 1)), shape });
  const [q, k, v] = [zeros(1, 2, 3, 4), zeros(1, 2, 5, 4), zeros(1, 2, 5, 6)];
  const [output, logSumExp, k2] = [zeros(1, 2, 3, 6), zeros(1, 2, 3), zeros(1, 2, 5, 4)];
  // biome-ignore lint/suspicious/noExplicitAny: the point of these tests is what the types forbid
  const call = (change: { forward?: any; dOutput?: any; options?: any; k?: any }) =>
    thrown(() => attentionBackward(q, change.k ?? k, v, change.forward ?? { output, logSumExp }, change.dOutput ?? output, change.options));

  it.each([
    ['no forward', { forward: 5 }, 'ERR_OPTION', ['forward is 5', 'returnLogSumExp: true']],
    ['a forward without logSumExp', { forward: { output } }, 'ERR_OPTION', ['without logSumExp']],
    [
      'an output of another shape',
      { forward: { output: zeros(1, 2, 3, 5), logSumExp } },
      'ERR_SHAPE',
      ['forward.output has shape [1, 2, 3, 5]', '[1, 2, 3, 6]'],
    ],
    [
      'logSumExp of another shape',
      { forward: { output, logSumExp: zeros(1, 2, 4) } },
      'ERR_SHAPE',
      ['forward.logSumExp has shape [1, 2, 4]', '[1, 2, 3]'],
    ],
    ['dOutput of another shape', { dOutput: zeros(1, 2, 3, 5) }, 'ERR_SHAPE', ['dOutput has shape [1, 2, 3, 5]', 'forward.output']],
    [
      'dOutput of another dtype',
      { dOutput: { data: new Uint16Array(36), shape: [1, 2, 3, 6], dtype: 'float16' } },
      'ERR_DTYPE',
      ['dOutput has dtype float16'],
    ],
    ['a key of another width', { k: zeros(1, 2, 5, 3) }, 'ERR_SHAPE', ['key has head dim 3']],
    ['an option of attention that is out of range', { options: { softcap: -1 } }, 'ERR_OPTION', ['softcap is -1']],
    ['an unknown option', { options: { casual: true } }, 'ERR_OPTION', ["did you mean 'causal'"]],
    ['an out that is a tensor', { options: { out: output } }, 'ERR_OPTION', ["out has unknown field 'data'", 'dQuery, dKey, dValue']],
    ['an out that is no object', { options: { out: 3 } }, 'ERR_OPTION', ['out is 3', '{ dQuery, dKey, dValue }']],
    ['an out of another shape', { options: { out: { dKey: q } } }, 'ERR_SHAPE', ['out.dKey has shape [1, 2, 3, 4]', '[1, 2, 5, 4]']],
    [
      'an out of another dtype',
      { options: { out: { dKey: { data: new Uint16Array(40), shape: [1, 2, 5, 4], dtype: 'bfloat16' } } } },
      'ERR_DTYPE',
      ['out.dKey has dtype bfloat16', 'float32'],
    ],
    ['an out over an input', { options: { out: { dKey: k } } }, 'ERR_OPTION', ['out.dKey is overlapping key']],
    [
      'an out over what attention gave',
      { options: { out: { dValue: { ...v, data: output.data } } } },
      'ERR_SHAPE',
      ['out.dValue has data of 36'],
    ],
    [
      'an out over an option',
      { options: { out: { dKey: k2 }, bias: { ...k2, shape: [3, 5] } } },
      'ERR_OPTION',
      ['out.dKey is overlapping bias'],
    ],
    [
      'an out over another',
      { options: { out: { dKey: k2, dQuery: { ...k2, shape: q.shape } } } },
      'ERR_OPTION',
      ['out.dQuery is overlapping out.dKey'],
    ],
    [
      'an out that overlaps itself',
      { options: { out: { dKey: { ...k2, strides: [0, 0, 4, 1] } } } },
      'ERR_OPTION',
      ['out.dKey is overlapping itself'],
    ],
    ['returnWeights', { options: { returnWeights: true } }, 'ERR_OPTION', ['returnWeights is true']],
    ['gradients that are no list', { options: { gradients: 'bias' } }, 'ERR_OPTION', ["gradients is 'bias'"]],
    ['a gradient that there is not', { options: { gradients: ['mask'] } }, 'ERR_OPTION', ["gradients is ['mask']"]],
    ['a gradient of what is not there', { options: { gradients: ['bias'] } }, 'ERR_OPTION', ['it has no bias']],
    ['a gradient of a score that is not there', { options: { gradients: ['score'] } }, 'ERR_OPTION', ['it has no score']],
    [
      'a gradient of a score without weights',
      { options: { score: { kind: 'rbf', gamma: 1 }, gradients: ['score'] } },
      'ERR_OPTION',
      ["gradients is ['score']", "a score of kind 'rbf' has no weights"],
    ],
    [
      'a weight of another shape',
      { options: { score: { kind: 'general', weight: zeros(4, 3) }, gradients: ['score'] } },
      'ERR_SHAPE',
      ['score.weight has shape [4, 3]', '4 (head dim of key)'],
    ],
    [
      'an unknown field of the score',
      { options: { score: { kind: 'general', weights: zeros(4, 4) } } },
      'ERR_OPTION',
      ["did you mean 'weight'"],
    ],
  ] as const)('%s', (_, change, code, words) => {
    const error = call(change);
    expect(error).toMatchObject({ name: 'FoveaError', code });
    for (const word of ['attentionBackward: ', ...words]) expect((error as Error).message).toContain(word);
  });
});
