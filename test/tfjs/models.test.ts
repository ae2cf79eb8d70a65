/** Layers that attend within models of TensorFlow.js: their masks, `fit`, what is saved and loaded again, and weights of Keras. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import * as L from '@tensorflow/tfjs-layers';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import * as fovea from '../../src/tfjs/layers/node.js';
import * as keras from '../textbook/keras.js';
import { thrown } from '../thrown.js';
import { normals } from './differences.js';
import { expectWithin, rowsOf } from './within.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

beforeAll(async () => {
  await tf.setBackend('fovea');
});

const tokens = tf.tensor2d(
  [
    [3, 1, 4, 1, 5],
    [9, 2, 6, 0, 0],
    [5, 0, 0, 0, 0],
  ],
  undefined,
  'int32',
);
const embedding = (maskZero: boolean) => L.layers.embedding({ inputDim: 10, outputDim: 4, maskZero });

interface Model {
  readonly name: string;
  /** Of embedded tokens, another sequence of them, and an image. */
  readonly outputs: (words: L.SymbolicTensor, others: L.SymbolicTensor, image: L.SymbolicTensor) => L.SymbolicTensor;
}

const pooled = (x: unknown) => L.layers.globalAveragePooling1d().apply(x as L.SymbolicTensor) as L.SymbolicTensor;
const flat = (x: unknown) => L.layers.flatten().apply(x as L.SymbolicTensor) as L.SymbolicTensor;
const gru = (args: object) => L.layers.gru({ units: 3, recurrentInitializer: 'glorotUniform', ...args });

const models: readonly Model[] = [
  { name: 'Attention', outputs: (x, y) => pooled(new fovea.Attention({ useScale: true, scoreMode: 'concat' }).apply([x, y])) },
  { name: 'AdditiveAttention', outputs: (x, y) => pooled(new fovea.AdditiveAttention().apply([x, y])) },
  {
    name: 'MultiHeadAttention',
    outputs: (x) =>
      pooled(
        new fovea.MultiHeadAttention({ numHeads: 2, keyDim: 3, valueDim: 2, outputShape: 5, useCausalMask: true, dropout: 0.1 }).apply([
          x,
          x,
        ]),
      ),
  },
  {
    name: 'GroupQueryAttention',
    outputs: (x, y) =>
      pooled(
        new fovea.GroupQueryAttention({ headDim: 3, numQueryHeads: 4, numKeyValueHeads: 2, kernelInitializer: 'heNormal' }).apply([x, y]),
      ),
  },
  {
    name: 'AttentionPooling, with its weights',
    outputs: (x) => {
      const [out, weights] = new fovea.AttentionPooling({ units: 3, returnAttentionScores: true }).apply(x) as L.SymbolicTensor[];
      return L.layers.concatenate().apply([out, weights] as L.SymbolicTensor[]) as L.SymbolicTensor;
    },
  },
  {
    name: 'BahdanauCell',
    outputs: (x, y) => {
      const [encoded, last] = gru({ returnSequences: true, returnState: true }).apply(x) as L.SymbolicTensor[];
      const memory = new fovea.AttentionMemory({ units: 6 }).apply(encoded as L.SymbolicTensor) as L.SymbolicTensor[];
      const cell = new fovea.BahdanauCell({
        cell: L.layers.gruCell({ units: 3, recurrentInitializer: 'glorotUniform' }),
        units: 6,
        valueDim: 3,
      });
      return L.layers.rnn({ cell }).apply(plain(y), { initialState: [last as L.SymbolicTensor, ...memory] }) as L.SymbolicTensor;
    },
  },
  {
    name: 'LuongCell',
    outputs: (x, y) => {
      const [encoded, last] = gru({ returnSequences: true, returnState: true }).apply(x) as L.SymbolicTensor[];
      const memory = new fovea.AttentionMemory().apply(encoded as L.SymbolicTensor) as L.SymbolicTensor[];
      const cell = new fovea.LuongCell({ cell: L.layers.gruCell({ units: 3, recurrentInitializer: 'glorotUniform' }), units: 3 });
      const states = [last, last] as L.SymbolicTensor[];
      return L.layers.rnn({ cell }).apply(plain(y), { initialState: [...states, ...memory] }) as L.SymbolicTensor;
    },
  },
  { name: 'SqueezeExcite', outputs: (_x, _y, image) => flat(new fovea.SqueezeExcite({ ratio: 2, biasInitializer: 'ones' }).apply(image)) },
  { name: 'SpatialAttention', outputs: (_x, _y, image) => flat(new fovea.SpatialAttention({ kernelSize: 3 }).apply(image)) },
  { name: 'CBAM', outputs: (_x, _y, image) => flat(new fovea.CBAM({ ratio: 2, kernelSize: 3, biasInitializer: 'ones' }).apply(image)) },
];

/** Without its mask: a decoder's input has none. */
function plain(x: L.SymbolicTensor): L.SymbolicTensor {
  return L.layers.reshape({ targetShape: [5, 4] }).apply(x) as L.SymbolicTensor;
}

function modelOf({ outputs }: Model): L.LayersModel {
  const [words, others, image] = [L.input({ shape: [5] }), L.input({ shape: [5] }), L.input({ shape: [3, 3, 4] })];
  const [x, y] = [embedding(true).apply(words), embedding(true).apply(others)] as L.SymbolicTensor[];
  const out = outputs(x as L.SymbolicTensor, y as L.SymbolicTensor, image);
  // Every input counts, so that each model may have all three.
  const all = [out, flat(image), flat(plain(x as L.SymbolicTensor)), flat(plain(y as L.SymbolicTensor))];
  const logits = L.layers.dense({ units: 3, activation: 'softmax' }).apply(L.layers.concatenate().apply(all) as L.SymbolicTensor);
  return L.model({ inputs: [words, others, image], outputs: logits as L.SymbolicTensor });
}

const inputs = [tokens, tf.reverse(tokens, 0), normals(3, 3, 3, 4)];
const classes = tf.oneHot(tf.tensor1d([0, 1, 2], 'int32'), 3);

/** As `model.save` writes it, by way of JSON. */
async function saved(model: L.LayersModel): Promise<tf.io.ModelArtifacts> {
  let kept: tf.io.ModelArtifacts = {};
  await model.save(
    tf.io.withSaveHandler(async ({ weightData, ...rest }) => {
      kept = { ...JSON.parse(JSON.stringify(rest)), weightData };
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  return kept;
}

describe.each(models)('a model with $name', (one) => {
  it('learns in fit, and is the same when it was saved and loaded', async () => {
    const model = modelOf(one);
    model.compile({ optimizer: tf.train.adam(0.02), loss: 'categoricalCrossentropy' });
    const { history } = await model.fit(inputs, classes, { epochs: 40, verbose: 0 });
    const [first, last] = [history.loss?.[0], history.loss?.at(-1)] as [number, number];
    expect(last).toBeLessThan(first / 2);
    const back = await L.loadLayersModel(tf.io.fromMemory(await saved(model)));
    expect(back.layers.map((layer) => layer.getClassName())).toEqual(model.layers.map((layer) => layer.getClassName()));
    expect((back.predict(inputs) as tf.Tensor).arraySync()).toEqual((model.predict(inputs) as tf.Tensor).arraySync());
    const own = (all: L.LayersModel) => all.layers.filter((layer) => layer.getClassName() in fovea).map((layer) => layer.getConfig());
    expect(own(back)).toEqual(own(model));
  });

  it('trains every weight', () => {
    const model = modelOf(one);
    const { grads } = tf.variableGrads(() => tf.mean(tf.mul(model.apply(inputs, { training: true }) as tf.Tensor, classes)) as tf.Scalar);
    const untrained = Object.entries(grads).filter(([, gradient]) => !gradient.dataSync().some((slope) => slope !== 0));
    // What is added to all keys alike changes no weight: the gradient of the keys' bias is 0, but for roundings.
    expect(untrained.map(([name]) => name).filter((name) => !name.includes('key_bias'))).toEqual([]);
  });
});

describe('masks in a model', () => {
  it('reach the value and the query, each its own', () => {
    const [words, others] = [L.input({ shape: [5] }), L.input({ shape: [5] })];
    const embed = embedding(true);
    const layer = new fovea.Attention();
    const [x, y] = [embed.apply(words), embed.apply(others)] as [L.SymbolicTensor, L.SymbolicTensor];
    const model = L.model({ inputs: [words, others], outputs: layer.apply([x, y]) as L.SymbolicTensor });
    const [query, value] = [tokens, tf.reverse(tokens, 0)] as [tf.Tensor, tf.Tensor];
    const found = model.predict([query, value]) as tf.Tensor;
    const mask = [tf.notEqual(query, 0), tf.notEqual(value, 0)];
    const expected = layer.apply([embed.apply(query) as tf.Tensor, embed.apply(value) as tf.Tensor], { mask }) as tf.Tensor;
    expect(found.arraySync()).toEqual(expected.arraySync());
    expect(tf.abs(tf.slice(found, [2, 1, 0], [1, 4, 4])).arraySync()).toEqual([Array(4).fill(Array(4).fill(0))]); // queries that are not there
  });

  it('do not reach a layer that has none, whatever came before it', () => {
    const [words, others] = [L.input({ shape: [5] }), L.input({ shape: [5] })];
    const [masked, unmasked] = [embedding(true), embedding(false)];
    const x = new fovea.Attention().apply([masked.apply(words), masked.apply(words)] as L.SymbolicTensor[]) as L.SymbolicTensor;
    const layer = new fovea.Attention();
    const alone = unmasked.apply(others) as L.SymbolicTensor;
    const y = layer.apply([alone, alone]) as L.SymbolicTensor;
    const p = new fovea.AttentionPooling();
    const z = p.apply(alone) as L.SymbolicTensor;
    const model = L.model({ inputs: [words, others], outputs: [x, y, z] });
    const [, found, summed] = model.predict([tokens, tokens]) as tf.Tensor[];
    const embedded = unmasked.apply(tokens) as tf.Tensor;
    expect(found?.arraySync()).toEqual((layer.apply([embedded, embedded]) as tf.Tensor).arraySync());
    expect(summed?.arraySync()).toEqual((p.apply(embedded) as tf.Tensor).arraySync());
  });

  it('do not reach a decoder whose input has none, nor a layer within another', () => {
    const [words, states, inputs, parts] = [
      L.input({ shape: [5] }),
      L.input({ shape: [3] }),
      L.input({ shape: [2, 4] }),
      L.input({ shape: [2, 5, 4] }),
    ];
    const encoded = gru({ returnSequences: true }).apply(embedding(true).apply(words)) as L.SymbolicTensor;
    const memory = new fovea.AttentionMemory().apply(encoded) as L.SymbolicTensor[];
    const cell = new fovea.BahdanauCell({ cell: L.layers.gruCell({ units: 3, recurrentInitializer: 'glorotUniform' }), units: 3 });
    const decoder = L.layers.rnn({ cell });
    const decoded = decoder.apply(inputs, { initialState: [states, ...memory] }) as L.SymbolicTensor;
    const each = L.layers.timeDistributed({ layer: new fovea.AttentionPooling() });
    const pooledParts = each.apply(parts) as L.SymbolicTensor;
    const model = L.model({ inputs: [words, states, inputs, parts], outputs: [decoded, pooledParts, ...memory] });
    const given = [tokens, normals(3, 3), normals(3, 2, 4), normals(3, 2, 5, 4)] as const;
    const [found, foundParts, ...kept] = model.predict([...given]) as tf.Tensor[];
    expect(found?.arraySync()).toEqual((decoder.apply(given[2], { initialState: [given[1], ...kept] }) as tf.Tensor).arraySync());
    expect(foundParts?.arraySync()).toEqual((each.apply(given[3]) as tf.Tensor).arraySync());
  });

  it('that a model within has let go of are none', () => {
    const within = L.sequential({ layers: [embedding(true)] });
    const words = L.input({ shape: [5] });
    const x = within.apply(words) as L.SymbolicTensor;
    const layer = new fovea.Attention();
    const model = L.model({ inputs: words, outputs: layer.apply([x, x]) as L.SymbolicTensor });
    const embedded = within.apply(tokens) as tf.Tensor;
    expect((model.predict(tokens) as tf.Tensor).arraySync()).toEqual((layer.apply([embedded, embedded]) as tf.Tensor).arraySync());
  });

  it('are handed on by what attends, as that of its query', () => {
    const words = L.input({ shape: [5] });
    const x = embedding(true).apply(words) as L.SymbolicTensor;
    const attended = new fovea.MultiHeadAttention({ numHeads: 1, keyDim: 2 }).apply([x, x]) as L.SymbolicTensor;
    const pool = new fovea.AttentionPooling({ returnAttentionScores: true });
    const [, weights] = pool.apply(attended) as L.SymbolicTensor[];
    const model = L.model({ inputs: words, outputs: weights as L.SymbolicTensor });
    expect(tf.greater(model.predict(tokens) as tf.Tensor, 0).arraySync()).toEqual(tf.notEqual(tokens, 0).arraySync());
  });

  it('reach a layer through a sum, too', () => {
    const words = L.input({ shape: [5] });
    const x = embedding(true).apply(words) as L.SymbolicTensor;
    const sum = L.layers.add().apply([x, x]) as L.SymbolicTensor;
    const [, weights] = new fovea.AttentionPooling({ returnAttentionScores: true }).apply(sum) as L.SymbolicTensor[];
    const found = L.model({ inputs: words, outputs: weights as L.SymbolicTensor }).predict(tokens) as tf.Tensor;
    expect(tf.greater(found, 0).arraySync()).toEqual(tf.notEqual(tokens, 0).arraySync());
  });

  it('let an input be used by other layers, too', () => {
    const words = L.input({ shape: [5] });
    for (const maskZero of [true, false]) {
      const x = embedding(maskZero).apply(words) as L.SymbolicTensor;
      const attended = new fovea.MultiHeadAttention({ numHeads: 1, keyDim: 2 }).apply([x, x, x]) as L.SymbolicTensor;
      const sum = L.layers.add().apply([x, attended]) as L.SymbolicTensor;
      const model = L.model({ inputs: words, outputs: sum });
      expect((model.predict(tokens) as tf.Tensor).arraySync()).toEqual((model.apply(tokens) as tf.Tensor).arraySync());
    }
  });

  it('leave no tensors behind', () => {
    const words = L.input({ shape: [5] });
    const x = embedding(true).apply(words) as L.SymbolicTensor;
    const attended = new fovea.MultiHeadAttention({ numHeads: 1, keyDim: 2 }).apply([x, x]) as L.SymbolicTensor;
    const model = L.model({ inputs: words, outputs: new fovea.AttentionPooling().apply(attended) as L.SymbolicTensor });
    tf.dispose(model.predict(tokens));
    const { numTensors, numBytes } = tf.memory();
    for (let i = 0; i < 10; i++) tf.dispose(model.predict(tokens));
    expect(tf.memory()).toMatchObject({ numTensors, numBytes });
  });
});

interface Theirs extends Record<'queryDense' | 'keyDense' | 'valueDense' | 'outputDense', L.layers.Layer> {
  call(query: tf.Tensor, args: object): tf.Tensor;
}

/** The layer of that name in @tensorflow/tfjs-layers (Apache-2.0), which it does not hand out: written apart from ours, by einsum. */
async function theirs(): Promise<new (args: object) => Theirs> {
  const outfile = join(root, '.cache/keras-layer/layer.cjs');
  await build({
    absWorkingDir: root,
    stdin: {
      contents: `
        import './node_modules/@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
        export { MultiHeadAttention } from './node_modules/@tensorflow/tfjs-layers/dist/layers/nlp/multihead_attention.js';`,
      resolveDir: root,
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'],
    logLevel: 'error',
    external: ['node-fetch'],
  });
  const { default: bundled } = await import(outfile);
  return bundled.MultiHeadAttention;
}

describe('MultiHeadAttention', () => {
  it('takes the weights of a Keras layer, in their order and shapes, and computes what TensorFlow.js does with them', async () => {
    const Theirs = await theirs();
    const args = { numHeads: 3, keyDim: 4, valueDim: 2 };
    const [query, value, key] = [normals(2, 5, 6), normals(2, 7, 4), normals(2, 7, 8)];
    const their = new Theirs(args);
    const found = their.call(query, { value, key });
    const weights = [their.queryDense, their.keyDense, their.valueDense, their.outputDense].flatMap((dense) => dense.getWeights());
    const ours = new fovea.MultiHeadAttention(args);
    ours.build([query.shape, value.shape, key.shape]);
    expect(ours.getWeights().map(({ shape }) => shape)).toEqual(weights.map(({ shape }) => shape));
    ours.setWeights(weights);
    const projections = keras.projections(
      weights.map((weight) => [...weight.dataSync()]),
      [12, 12, 6, 6],
    );
    const [q, v, k] = [rowsOf(query), rowsOf(value), rowsOf(key)];
    const expected = q.flatMap(
      (rows, b) => keras.heads([rows, k[b] ?? [], v[b] ?? []], projections, { queryHeads: 3, kvHeads: 3 }, () => true).output,
    );
    expectWithin(found, expected.flat(), 'of TensorFlow.js');
    expectWithin(ours.apply([query, value, key]) as tf.Tensor, expected.flat(), 'ours');
  });
});

describe('what layers refuse', () => {
  const x = () => normals(1, 2, 4);
  const symbolic = () => L.input({ shape: [2, 4] });
  it.each([
    [
      'one input',
      () => new fovea.Attention().apply([x()]),
      'Attention: inputs has 1 tensors, expected 2 to 4: [query, value, key?, attentionMask?]',
    ],
    [
      'another rank',
      () => new fovea.Attention().apply([normals(2, 4), x()]),
      'Attention: query has [2, 4], expected [b, s, width] whose last size is known',
    ],
    [
      'a width that is not known',
      () => new fovea.AdditiveAttention().apply([L.input({ shape: [2, null] as unknown as number[] }), symbolic()]),
      'AdditiveAttention: query has [null, 2, null], expected [b, s, width] whose last size is known',
    ],
    [
      'another width than before',
      () => {
        const layer = new fovea.MultiHeadAttention({ numHeads: 1, keyDim: 2 });
        layer.apply([x(), x()]);
        layer.apply([x(), normals(1, 2, 3)]);
      },
      'MultiHeadAttention: value has [1, 2, 3], expected [b, s, 4] (what the layer was built for)',
    ],
    [
      'a mask that is no list',
      () => new fovea.Attention().apply([x(), x()], { mask: tf.ones([1, 2]) }),
      'Attention: mask is an Object, expected an array of the masks of query, value and key',
    ],
    [
      'a mask of another shape',
      () => new fovea.Attention().apply([x(), x()], { mask: [null, tf.ones([1, 3])] }),
      'Attention: mask of the value has shape [1, 3], expected [1, 2]',
    ],
    [
      'pairs of another shape',
      () => new fovea.Attention().apply([x(), x()], { attentionMask: tf.ones([2, 2]) }),
      'Attention: attentionMask has shape [2, 2], expected [1, 2, 2] or [1, heads, 2, 2]',
    ],
    [
      'a flag in words',
      () => new fovea.Attention({ useCausalMask: 'false' as unknown as boolean }),
      "Attention: useCausalMask is 'false', expected true or false",
    ],
    [
      'a rate of 1',
      () => new fovea.AdditiveAttention({ dropout: 1 }),
      'AdditiveAttention: dropout is 1, expected a number from 0, below 1',
    ],
    ['another mode', () => new fovea.Attention({ scoreMode: 'add' as 'dot' }), "Attention: scoreMode is 'add', expected 'dot' or 'concat'"],
    [
      'no heads',
      () => new fovea.MultiHeadAttention({ numHeads: 0, keyDim: 2 }),
      'MultiHeadAttention: numHeads is 0, expected a whole number from 1',
    ],
    [
      'heads that do not divide',
      () => new fovea.GroupQueryAttention({ headDim: 2, numQueryHeads: 3, numKeyValueHeads: 2 }),
      'GroupQueryAttention: numQueryHeads is 3, expected a multiple of numKeyValueHeads, which is 2',
    ],
    [
      'what a model would drop',
      () => new fovea.Attention().apply([symbolic(), symbolic()], { useCausalMask: true }),
      "Attention: useCausalMask is given with symbolic inputs, expected it as an argument of the layer's constructor",
    ],
    ['a flat sequence', () => new fovea.AttentionPooling().apply(normals(2, 3)), 'AttentionPooling: input has [2, 3], expected [b, s, d]'],
    ['a flat memory', () => new fovea.AttentionMemory().apply(normals(2, 3)), 'AttentionMemory: input has [2, 3], expected [b, s, d]'],
  ])('%s', (_, call, message) => {
    expect((thrown(call) as Error | undefined)?.message).toContain(message);
  });
});
