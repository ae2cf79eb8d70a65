/** Layers that attend, beside their formulas on every target: for inference, by the kernels, and while training, by ops that a loss may hang on. */
import * as tf from '@tensorflow/tfjs-core';
import type * as L from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdditiveAttention, Attention, AttentionPooling, GroupQueryAttention, MultiHeadAttention } from '../../src/tfjs/layers/node.js';
import { targets, use } from '../targets.js';
import * as keras from '../textbook/keras.js';
import { built, withWeights } from './built.js';
import { expectGradients, normals } from './differences.js';
import { expectWithin, rowsOf } from './within.js';

const [batch, queries, keys] = [2, 5, 7];
/** The second sequence is shorter, on both sides. */
const queryMask = [Array(queries).fill(1), [1, 1, 1, 0, 0]];
const valueMask = [Array(keys).fill(1), [1, 1, 0, 1, 0, 0, 0]];
const keyMask = [[1, 1, 1, 0, 1, 1, 1], Array(keys).fill(1)];
const attendable = Array.from({ length: batch * queries * keys }, (_, i) => Number(i % 5 !== 2));

interface Call {
  readonly mask?: boolean;
  readonly attentionMask?: boolean;
  readonly useCausalMask?: boolean;
}

interface Row {
  readonly name: string;
  readonly make: (args?: object) => L.layers.Layer;
  /** Of query, value, key. */
  readonly widths: readonly number[];
  readonly call?: Call;
  /** Of one sequence. @param weights as the layer has them, in its order */
  readonly formula: (sequence: readonly keras.Rows[], weights: number[][], sees: keras.Sees) => keras.Answer;
  /** Masked queries give 0, and the key's mask is not asked for. */
  readonly zeroes?: boolean;
}

const alone = (answer: ReturnType<typeof keras.attention>): keras.Answer => ({ output: answer.output, weights: [answer.weights] });
const dots: Row['formula'] = ([q, v, k], [[scale = 1] = []], sees) =>
  alone(keras.attention(q ?? [], k ?? v ?? [], v ?? [], keras.dotScore(scale), sees));

const rows: readonly Row[] = [
  { name: 'Attention', make: (args) => new Attention(args), widths: [6, 6], formula: dots, zeroes: true },
  { name: 'Attention of keys apart', make: (args) => new Attention(args), widths: [6, 4, 6], formula: dots, zeroes: true },
  { name: 'Attention, masks', make: (args) => new Attention(args), widths: [6, 6], call: { mask: true }, formula: dots, zeroes: true },
  {
    name: 'Attention, causal',
    make: (args) => new Attention(args),
    widths: [6, 6],
    call: { useCausalMask: true },
    formula: dots,
    zeroes: true,
  },
  {
    name: 'Attention, all masks, scale',
    make: (args) => new Attention({ useScale: true, ...args }),
    widths: [6, 4, 6],
    call: { mask: true, attentionMask: true, useCausalMask: true },
    formula: dots,
    zeroes: true,
  },
  {
    name: 'Attention, concat',
    make: (args) => new Attention({ scoreMode: 'concat', useScale: true, ...args }),
    widths: [6, 4, 6],
    call: { mask: true },
    formula: ([q = [], v = [], k = []], [[scale = 1] = [], [weight = 1] = []], sees) => {
      const scaled = (rows: keras.Rows) => rows.map((row) => row.map((x) => keras.affine([x], [[scale]])[0] ?? x));
      return alone(keras.attention(scaled(q), scaled(k), v, keras.additiveScore(Array(6).fill(weight)), sees));
    },
    zeroes: true,
  },
  {
    name: 'AdditiveAttention',
    make: (args) => new AdditiveAttention(args),
    widths: [6, 4, 6],
    call: { mask: true, useCausalMask: true },
    formula: ([q = [], v = [], k = []], [scale = []], sees) => alone(keras.attention(q, k, v, keras.additiveScore(scale), sees)),
    zeroes: true,
  },
  {
    name: 'AdditiveAttention without scale',
    make: (args) => new AdditiveAttention({ useScale: false, ...args }),
    widths: [3, 3],
    formula: ([q = [], v = []], _, sees) => alone(keras.attention(q, v, v, keras.additiveScore([1, 1, 1]), sees)),
    zeroes: true,
  },
  ...[{}, { mask: true }, { useCausalMask: true }, { mask: true, attentionMask: true, useCausalMask: true }].map(
    (call: Call): Row => ({
      name: `MultiHeadAttention, ${Object.keys(call).join(', ') || 'plain'}`,
      make: (args) =>
        new MultiHeadAttention({ numHeads: 3, keyDim: 4, valueDim: 2, outputShape: 5, biasInitializer: 'randomNormal', ...args }),
      widths: [6, 4, 8],
      call,
      formula: ([q = [], v = [], k = []], weights, sees) =>
        keras.heads([q, k, v], keras.projections(weights, [12, 12, 6, 5]), { queryHeads: 3, kvHeads: 3 }, sees),
    }),
  ),
  {
    name: 'MultiHeadAttention without biases, of itself',
    make: (args) => new MultiHeadAttention({ numHeads: 2, keyDim: 3, useBias: false, ...args }),
    widths: [6, 6],
    formula: ([q = [], v = []], weights, sees) =>
      keras.heads([q, v, v], keras.projections(weights, [6, 6, 6, 6]), { queryHeads: 2, kvHeads: 2 }, sees),
  },
  {
    name: 'GroupQueryAttention',
    make: (args) =>
      new GroupQueryAttention({ headDim: 4, numQueryHeads: 6, numKeyValueHeads: 2, biasInitializer: 'randomNormal', ...args }),
    widths: [5, 5],
    call: { mask: true, useCausalMask: true },
    formula: ([q = [], v = []], weights, sees) =>
      keras.heads([q, v, v], keras.projections(weights, [24, 8, 8, 5]), { queryHeads: 6, kvHeads: 2 }, sees),
  },
];

const inputsOf = ({ widths }: Row) => widths.map((width, i) => normals(batch, i === 0 ? queries : keys, width));

function argsOf({ call = {} }: Row) {
  return {
    ...(call.mask && { mask: [queryMask, valueMask, keyMask].map((mask) => tf.tensor2d(mask, undefined, 'bool')) }),
    ...(call.attentionMask && { attentionMask: tf.tensor(attendable, [batch, queries, keys], 'bool') }),
    ...(call.useCausalMask && { useCausalMask: true }),
  };
}

describe.each(targets)('layers that attend, $name $target', (target) => {
  beforeAll(async () => {
    use(target);
    await tf.setBackend('fovea');
  });

  it.each(rows.flatMap((row) => [false, true].map((training) => ({ ...row, training }))))('$name, training: $training', (row) => {
    const { make, formula, call = {}, zeroes = false, training } = row;
    const layer = make();
    const inputs = inputsOf(row);
    const [output, scores] = layer.apply(inputs, { ...argsOf(row), training, returnAttentionScores: true }) as tf.Tensor[];
    const weights = layer.getWeights().map((weight) => [...weight.dataSync()]);
    const sequences = inputs.map(rowsOf);
    const answers = Array.from({ length: batch }, (_, b) => {
      const isThere = (mask: number[][], at: number) => !call.mask || mask[b]?.[at] === 1;
      const sees: keras.Sees = (i, j) =>
        isThere(valueMask, j) &&
        (zeroes || (isThere(queryMask, i) && (row.widths.length < 3 || isThere(keyMask, j)))) &&
        (!call.attentionMask || attendable[(b * queries + i) * keys + j] === 1) &&
        (!call.useCausalMask || j <= i);
      const answer = formula(
        sequences.map((all) => all[b] ?? []),
        weights,
        sees,
      );
      const kept = answer.output.map((line, i) => (zeroes && !isThere(queryMask, i) ? line.map(() => ({ value: 0, error: 0 })) : line));
      return { output: kept, weights: answer.weights };
    });
    expectWithin(
      output as tf.Tensor,
      answers.flatMap((one) => one.output.flat()),
      'output',
    );
    expectWithin(
      scores as tf.Tensor,
      answers.flatMap((one) => one.weights.flat(2)),
      'weights',
    );
    const alone = layer.apply(inputs, { ...argsOf(row), training }) as tf.Tensor;
    expectWithin(
      alone,
      answers.flatMap((one) => one.output.flat()),
      'output alone',
    );
  });

  it('AttentionPooling', () => {
    const x = normals(batch, keys, 6);
    const layer = new AttentionPooling({ units: 4, biasInitializer: 'randomNormal', returnAttentionScores: true });
    const [output, scores] = layer.apply(x, { mask: tf.tensor2d(valueMask, undefined, 'bool') }) as tf.Tensor[];
    const [kernel = [], bias = [], context = []] = layer.getWeights().map((weight) => [...weight.dataSync()]);
    const answers = rowsOf(x).map((rows, b) =>
      keras.pooled(rows, { weight: keras.matrix(kernel, 4), bias }, context, (j) => valueMask[b]?.[j] === 1),
    );
    expectWithin(
      output as tf.Tensor,
      answers.flatMap((one) => one.output),
      'output',
    );
    expectWithin(
      scores as tf.Tensor,
      answers.flatMap((one) => one.weights),
      'weights',
    );
  });
});

describe('dropout', () => {
  const keys = 400;
  // Scores that are all the same, and values of which each key has one of its own: the output is the weights.
  const inputs = [tf.ones([1, 1, 4]), tf.reshape(tf.eye(keys), [1, keys, keys]), tf.ones([1, keys, 4])];
  const layer = new Attention({ dropout: 0.25 });

  it('drops its share of the weights while training, and makes up for it', () => {
    const found = layer.apply(inputs, { training: true });
    expect(found).toBeInstanceOf(tf.Tensor);
    const weights = [...(found as tf.Tensor).dataSync()];
    const kept = weights.filter((weight) => weight !== 0);
    tf.test_util.expectArraysClose(kept, Array(kept.length).fill(4 / 3 / keys), 1e-6);
    // ¾ of them, give or take √(400 · ¼ · ¾); five of these are enough.
    expect(Math.abs(kept.length - 0.75 * keys)).toBeLessThan(5 * Math.sqrt(75));
  });

  it('does nothing else', () => {
    expect((layer.apply(inputs) as tf.Tensor).shape).toEqual([1, 1, keys]);
    const [output, scores] = layer.apply(inputs, { training: true, returnAttentionScores: true }) as tf.Tensor[];
    expect(output?.shape).toEqual([1, 1, keys]);
    tf.test_util.expectArraysClose(scores?.dataSync() ?? [], Array(keys).fill(1 / keys), 1e-6); // before it drops any
  });
});

describe('gradients of layers that attend', () => {
  it.each([
    ...rows.map((row) => ({ name: row.name, layer: row.make(), inputs: inputsOf(row), args: argsOf(row) })),
    { name: 'AttentionPooling', layer: new AttentionPooling({ units: 4 }), inputs: [normals(2, 5, 6)], args: {} },
  ])('$name: of its inputs and its weights', ({ layer, inputs, args }) => {
    const apply = (own: tf.Tensor[]) => layer.apply(own.length === 1 ? (own[0] as tf.Tensor) : own, args) as tf.Tensor;
    expectGradients(
      (...all) => withWeights(layer, all.slice(inputs.length), () => apply(all.slice(0, inputs.length))),
      [...inputs, ...built(layer, inputs.length === 1 ? (inputs[0] as tf.Tensor) : inputs)],
    );
  });

  it('of the weights that are a result, too', () => {
    tf.tidy(() => {
      const layer = new MultiHeadAttention({ numHeads: 2, keyDim: 3, returnAttentionScores: true });
      const [query, value] = [normals(2, 3, 4), normals(2, 5, 4)];
      const scores = (q: tf.Tensor, v: tf.Tensor) => (layer.apply([q, v], { training: true }) as tf.Tensor[])[1] as tf.Tensor;
      scores(query, value);
      expectGradients((q, v) => scores(q as tf.Tensor, v as tf.Tensor), [query, value]);
    });
  });
});
