/**
 * What PyTorch gives, an implementation that shares no code with this one (test/golden/pytorch.py): the textbook gives the same in float64, and every
 * backend and target the same up to the roundings that the textbook counts.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attention, attentionBackward, linear, linearBackward, MultiHeadAttention, setBackend } from '../src/node.js';
import type {
  Activation,
  AttentionBackwardOptions,
  AttentionOptions,
  FloatData,
  GradientName,
  LinearOptions,
  SoftmaxOptions,
  Tensor,
} from '../src/types.js';
import type { AttentionCall, Call } from './calls.js';
import { run } from './calls.js';
import { faults } from './check.js';
import { argument, digits, type Golden, goldens } from './goldens.js';
import type { Inexact } from './inexact.js';
import { textbook } from './oracle.js';
import { label, targets, use } from './targets.js';
import { type Dense, dense } from './tensors.js';
import { addedUp } from './textbook/added-up.js';
import { textbookAttention } from './textbook/attention.js';
import { type Gradient, textbookBackward } from './textbook/attention-backward.js';
import { type LinearBackwardCall, textbookLinearBackward } from './textbook/linear-backward.js';
import { type TorchCall, type TorchState, torchLayer } from './textbook/torch-layer.js';
import { type Arithmetic, arithmeticOf, kernelArithmetic, textbookArithmetic } from './tolerance.js';

afterAll(() => setBackend('auto'));

/** Numbers by the names of the golden's results. */
type Found = Readonly<Record<string, Dense>>;
/** What the textbook says, and how far an arithmetic may be off. */
type Known = Readonly<Record<string, Gradient>>;

interface Op {
  /** Runs it on the backend that is set. */
  readonly run: (golden: Golden) => Found;
  /** Gradients are made of what a forward pass has found; without, of an exact one. */
  readonly known: (golden: Golden, arithmetic: Arithmetic, forward?: Found) => Known;
  /** Of other ops, between which numbers are float32 on every backend. */
  readonly isMade?: boolean;
}

/** Gradients by their names. */
const named = (gradients: object, prefix = ''): Found =>
  Object.fromEntries(
    Object.entries(gradients).flatMap(([name, gradient]) => (gradient ? [[prefix + name, dense(gradient as Tensor)]] : [])),
  );

function knownOf(call: Call, arithmetic: Arithmetic): Known {
  const { answers, bounds } = textbook(call);
  const entries = Object.entries(bounds(arithmetic));
  return Object.fromEntries(entries.map(([name, { slack }]) => [name, { value: answers[name] ?? new Float64Array(), error: slack }]));
}

/** How an op's gradients are computed, and what is known of them. */
interface Backward {
  readonly run: (golden: Golden, output: Tensor) => object;
  readonly known: (golden: Golden, arithmetic: Arithmetic, output: Tensor) => Known;
}

/** Gradients by a call in the table of cases. */
const byCall = (callOf: (golden: Golden, output: Tensor) => Call): Backward => ({
  run: (golden, output) => run(callOf(golden, output)),
  known: (golden, arithmetic, output) => knownOf(callOf(golden, output), arithmetic),
});

/** An op of one result, by its call in the table of cases, and its gradients where the golden has them. */
const plain = (callOf: (golden: Golden) => Call, backward?: Backward, found?: (golden: Golden) => Tensor<FloatData>): Op => ({
  run: (golden) => {
    const output = found?.(golden) ?? run(callOf(golden)).output ?? { data: new Float32Array(), shape: [] };
    const { dOutput } = golden.arguments;
    return { output: dense(output), ...(dOutput !== undefined && backward && named(backward.run(golden, output as Tensor))) };
  },
  known: (golden, arithmetic, forward) => {
    const known = knownOf(callOf(golden), arithmetic);
    if (golden.arguments.dOutput === undefined || !backward) return known;
    const { shape } = golden.results.get('output') ?? { shape: [] };
    const output = { data: forward?.output?.data ?? known.output?.value, shape } as unknown as Tensor;
    return { ...known, ...backward.known(golden, arithmetic, output) };
  },
});

const x = (golden: Golden): Tensor => argument(golden, 'x');
const norm = (op: 'layerNorm' | 'rmsNorm') =>
  plain(
    (golden) => ({ op, x: x(golden), options: golden.options }),
    byCall((golden) => {
      const { beta: _, ...options } = golden.options;
      return { op: `${op}Backward`, x: x(golden), dOutput: argument(golden, 'dOutput'), options };
    }),
  );
const activation = (name: Activation) => plain((golden) => ({ op: 'activation', name, x: x(golden), options: {} }));

function attentionCall(golden: Golden): AttentionCall {
  const [q, k, v] = ['q', 'k', 'v'].map((name) => argument<Tensor>(golden, name));
  if (!q || !k || !v) throw new TypeError('no tensors');
  return { op: 'attention', q, k, v, options: golden.options as AttentionOptions };
}

const gradientNames = { dBias: 'bias', dSinks: 'sinks' } satisfies Record<string, GradientName>;
/** Whether the score has weights, and so gradients of them. */
const hasFields = ({ options: { score } }: Golden): boolean =>
  typeof score === 'object' && score !== null && 'kind' in score && score.kind !== 'rbf';

const attentionOp: Op = {
  run: (golden) => {
    const { q, k, v, options } = attentionCall(golden);
    const asked = { ...(options as AttentionOptions), returnWeights: true, returnLogSumExp: true } as const;
    const { output, weights, logSumExp } = attention(q as Tensor, k as Tensor, v as Tensor, asked);
    const found = { output: dense(output), weights: dense(weights), logSumExp: dense(logSumExp) };
    const gradients: GradientName[] = Object.entries(gradientNames).flatMap(([name, wanted]) => (golden.results.has(name) ? [wanted] : []));
    if (hasFields(golden)) gradients.push('score');
    const { dQuery, dKey, dValue, dBias, dSinks, dScore } = attentionBackward(
      q as Tensor,
      k as Tensor,
      v as Tensor,
      { output, logSumExp },
      argument<Tensor>(golden, 'dOutput'),
      { ...(golden.options as AttentionBackwardOptions), gradients },
    );
    return {
      ...found,
      ...{ dQuery: dense(dQuery), dKey: dense(dKey), dValue: dense(dValue) },
      ...(dBias && { dBias: dense(dBias) }),
      ...named(dScore ?? {}, 'dScore.'),
      ...(dSinks && { dSinks: dense({ data: dSinks, shape: [dSinks.length] }) }),
    };
  },
  known: (golden, arithmetic, forward) => {
    const call = attentionCall(golden);
    const known = knownOf(call, arithmetic);
    const { batch, heads, queries, keys } = textbookAttention(call);
    const part = (name: 'output' | 'logSumExp') => {
      const data = forward?.[name]?.data ?? known[name]?.value;
      return { data, shape: golden.results.get(name)?.shape ?? [batch, heads, queries] } as unknown as Tensor;
    };
    const passed = { output: part('output'), logSumExp: part('logSumExp') };
    const gradients = textbookBackward(call, passed, argument(golden, 'dOutput'), arithmetic);
    const { dQuery, dKey, dValue, dScores, dSinks } = gradients;
    const dScore = Object.fromEntries(Object.entries(gradients.dScore).map(([name, gradient]) => [`dScore.${name}`, gradient]));
    const dBias = addedUp(dScores, [batch, heads, queries, keys], golden.results.get('dBias')?.shape ?? [], arithmetic);
    return { ...known, dQuery, dKey, dValue, ...dScore, dBias, dSinks: addedUp(dSinks, [batch, heads], [heads], arithmetic) };
  },
};

function layerCall(golden: Golden): TorchCall {
  const query = argument<Tensor>(golden, 'query');
  const { key = query, value = key } = golden.arguments as { key?: Tensor; value?: Tensor };
  const [state, heads] = [argument<TorchState>(golden, 'state'), argument<number>(golden, 'heads')];
  return { ...(golden.options as Pick<TorchCall, 'mask' | 'bias' | 'causal'>), state, heads, query, key, value };
}

const layerOp: Op = {
  run: (golden) => {
    const { state, heads, query, key, value, ...options } = layerCall(golden);
    const layer = MultiHeadAttention.fromTorch(state, { heads });
    const { output, weights } = layer.forward(query, key, value, { ...options, returnWeights: true });
    const { shape, data } = dense(weights);
    const [batch = 0, , queries = 0, keys = 0] = shape;
    const size = queries * keys;
    const means = new Float64Array(batch * size);
    data.forEach((weight, at) => {
      const place = Math.floor(at / (heads * size)) * size + (at % size);
      means[place] = (means[place] ?? 0) + weight / heads;
    });
    return { output: dense(output), weights: dense(weights), meanWeights: { shape: [batch, queries, keys], data: means } };
  },
  known: (golden, arithmetic) => torchLayer(layerCall(golden), arithmetic),
  isMade: true,
};

function linearBackwardCall(golden: Golden): LinearBackwardCall {
  const [weight, dOutput] = [argument<Tensor>(golden, 'weight'), argument<Tensor>(golden, 'dOutput')];
  return { x: x(golden), weight, dOutput, options: golden.options };
}

const gradientIn = (numbers: readonly Inexact[]): Gradient => ({
  value: Float64Array.from(numbers, ({ value }) => value),
  error: Float64Array.from(numbers, ({ error }) => error),
});

const ops: Readonly<Record<string, Op>> = {
  attention: attentionOp,
  MultiHeadAttention: layerOp,
  layerNorm: norm('layerNorm'),
  rmsNorm: norm('rmsNorm'),
  softmax: plain(
    (golden) => ({ op: 'softmax', x: x(golden), options: golden.options }),
    byCall((golden, y) => {
      const { axis, scale } = golden.options as SoftmaxOptions;
      return { op: 'softmaxBackward', y, dOutput: argument(golden, 'dOutput'), options: { axis, scale } };
    }),
  ),
  softmin: plain((golden) => ({ op: 'softmin', x: x(golden), options: golden.options })),
  relu: activation('relu'),
  gelu: activation('gelu'),
  tanh: activation('tanh'),
  sigmoid: activation('sigmoid'),
  linear: plain(
    (golden) => ({ op: 'matmul', a: x(golden), b: argument<Tensor>(golden, 'weight'), options: golden.options }),
    {
      run: (golden) => {
        const { weight, dOutput, options } = linearBackwardCall(golden);
        return linearBackward(x(golden), weight, dOutput, options);
      },
      known: (golden, arithmetic) => {
        const { dX, dWeight, dBias } = textbookLinearBackward(linearBackwardCall(golden), arithmetic);
        return { dX: gradientIn(dX), dWeight: gradientIn(dWeight), dBias: gradientIn(dBias) };
      },
    },
    (golden) => linear(x(golden), argument<Tensor>(golden, 'weight'), golden.options as LinearOptions),
  ),
  rotary: plain((golden) => ({ op: 'rotary', x: x(golden), options: golden.options })),
};

function opOf({ op }: Golden): Op {
  const found = ops[op];
  if (!found) throw new TypeError(`nothing runs ${op}`);
  return found;
}

function gradientOf(known: Known, name: string): Gradient {
  const found = known[name];
  if (!found) throw new TypeError(`nothing is known of ${name}`);
  return found;
}

describe('the textbook', () => {
  it.each(goldens)('$op, $name', (golden) => {
    const known = opOf(golden).known(golden, textbookArithmetic);
    for (const [name, { data }] of golden.results) {
      const { value, error } = gradientOf(known, name);
      const slack = data.map((number, at) => (error[at] ?? 0) + digits * Math.abs(number));
      expect(faults(name, value, data, { slack }, 'float64')).toEqual([]);
    }
  });

  it('has something of every op to say', () => {
    expect(new Set(goldens.map(({ op }) => op))).toEqual(new Set(Object.keys(ops)));
  });
});

describe.each(targets.map((target) => ({ title: label(target), target })))('$title', ({ target }) => {
  beforeAll(() => use(target));

  it.each(goldens)('$op, $name', (golden) => {
    const op = opOf(golden);
    const found = op.run(golden);
    const [exact, known] = [
      op.known(golden, textbookArithmetic),
      op.known(golden, op.isMade ? kernelArithmetic : arithmeticOf(target), found),
    ];
    for (const [name, { shape, data }] of golden.results) {
      const [{ value, error }, { value: whole }] = [gradientOf(known, name), gradientOf(exact, name)];
      // What rounding has made of the forward pass moves gradients too, by as much as it moves the textbook's.
      const slack = data.map((number, at) => (error[at] ?? 0) + Math.abs((value[at] ?? 0) - (whole[at] ?? 0)) + digits * Math.abs(number));
      expect(found[name]?.shape, `shape of ${name}`).toEqual(shape);
      expect(faults(name, found[name]?.data ?? new Float64Array(), data, { slack }, 'float32')).toEqual([]);
    }
  });
});
