/** Cells that attend: a step beside its formula on every target, gradients through time, and decoding step by step. */
import * as tf from '@tensorflow/tfjs-core';
import * as L from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { AttentionMemory, BahdanauCell, LuongCell } from '../../src/tfjs/layers/node.js';
import { exact, inexactIn } from '../inexact.js';
import { targets, use } from '../targets.js';
import * as keras from '../textbook/keras.js';
import { thrown } from '../thrown.js';
import { kernelArithmetic } from '../tolerance.js';
import { built, withWeights } from './built.js';
import { expectGradients, normals } from './differences.js';
import { expectWithin, rowsOf } from './within.js';

const { tanh } = inexactIn(kernelArithmetic);

const [batch, steps, units, valueDim, state, width] = [2, 5, 4, 6, 3, 2];
const mask = [Array(steps).fill(1), [1, 0, 1, 0, 0]];
const rowsOf2 = (x: tf.Tensor) => (x.arraySync() as number[][]).map((row) => row.map(exact));

/** A cell whose output and new state are its input: so it shows what it is given. */
class Echo extends L.layers.RNNCell {
  static className = 'Echo';
  readonly stateSize: number;
  constructor(stateSize: number) {
    super({});
    this.stateSize = stateSize;
  }
  override build(): void {
    this.built = true;
  }
  override call([x]: tf.Tensor[]): tf.Tensor[] {
    return [x as tf.Tensor, x as tf.Tensor];
  }
}

/** Without the corners of TensorFlow.js' default, a hard sigmoid: differences know nothing of them. */
const smooth = { units: state, recurrentInitializer: 'glorotUniform', recurrentActivation: 'sigmoid' } as const;
const gru = () => L.layers.gruCell(smooth);

describe.each(targets)('cells that attend, $name $target', (target) => {
  beforeAll(async () => {
    use(target);
    await tf.setBackend('fovea');
  });

  it('BahdanauCell: the state before the step looks, and the cell within is given what it saw', () => {
    const cell = new BahdanauCell({ cell: new Echo(state), units, valueDim, biasInitializer: 'randomNormal' });
    cell.build([null, width]);
    const [x, h, keys, values, seen] = [
      normals(batch, width),
      normals(batch, state),
      normals(batch, steps, units),
      normals(batch, steps, valueDim),
      tf.tensor(mask.flat(), [batch, steps, 1]),
    ];
    const [output, , ...memory] = cell.call([x, h, keys, values, seen], {}) as [tf.Tensor, ...tf.Tensor[]];
    expect(memory).toEqual([keys, values, seen]);
    const [kernel = [], bias = [], v = []] = cell.getWeights().map((weight) => [...weight.dataSync()]);
    const answers = rowsOf2(h).map((row, b) =>
      keras.attention(
        [keras.affine(row, keras.matrix(kernel, units), bias)],
        rowsOf(keys)[b] ?? [],
        rowsOf(values)[b] ?? [],
        keras.additiveScore(v),
        (_, j) => mask[b]?.[j] === 1,
      ),
    );
    expectWithin(
      output,
      rowsOf2(x).flatMap((row, b) => [...row, ...(answers[b]?.output[0] ?? [])]),
      'input and context',
    );
    expectWithin(
      cell.alignment(h, keys, seen),
      answers.flatMap(({ weights }) => weights.flat()),
      'alignment',
    );
    expect(cell.alignment(normals(batch, 7, state), keys, seen).shape).toEqual([batch, 7, steps]);
  });

  it('LuongCell: the state after the step looks, and the output is of both', () => {
    const cell = new LuongCell({ cell: new Echo(width + state), units: width + state, valueDim, outputDim: state });
    cell.build([null, width]);
    const [x, before, h, keys, values, seen] = [
      normals(batch, width),
      normals(batch, state),
      normals(batch, width + state),
      normals(batch, steps, width + state),
      normals(batch, steps, valueDim),
      tf.tensor(mask.flat(), [batch, steps, 1]),
    ];
    const [output, fed, after] = cell.call([x, before, h, keys, values, seen], {}) as [tf.Tensor, tf.Tensor, tf.Tensor];
    expect(fed).toBe(output);
    const queries = rowsOf2(tf.concat([x, before], -1)); // input feeding, by the cell that echoes it
    expectWithin(after, queries.flat(), 'state');
    const [kernel = []] = cell.getWeights().map((weight) => [...weight.dataSync()]);
    const answers = queries.map((row, b) =>
      keras.attention([row], rowsOf(keys)[b] ?? [], rowsOf(values)[b] ?? [], keras.dotScore(), (_, j) => mask[b]?.[j] === 1),
    );
    expectWithin(
      output,
      queries.flatMap((row, b) => keras.affine([...(answers[b]?.output[0] ?? []), ...row], keras.matrix(kernel, state)).map(tanh)),
      'output',
    );
    expectWithin(
      cell.alignment(after, keys, seen),
      answers.flatMap(({ weights }) => weights.flat()),
      'alignment',
    );
  });
});

describe('AttentionMemory', () => {
  it('projects keys once, keeps the values and says what is there', () => {
    const layer = new AttentionMemory({ units });
    const x = normals(batch, steps, valueDim);
    const [keys, values, seen] = layer.apply(x, { mask: tf.tensor2d(mask, undefined, 'bool') }) as tf.Tensor[];
    const [kernel = []] = layer.getWeights().map((weight) => [...weight.dataSync()]);
    expectWithin(
      keys as tf.Tensor,
      rowsOf(x).flatMap((rows) => rows.flatMap((row) => keras.affine(row, keras.matrix(kernel, units)))),
      'keys',
    );
    expect(values?.arraySync()).toEqual(x.arraySync());
    expect([...(seen?.dataSync() ?? [])]).toEqual(mask.flat());
    const [same, , all] = new AttentionMemory().apply(x) as tf.Tensor[];
    expect(same?.arraySync()).toEqual(x.arraySync());
    expect([...(all?.dataSync() ?? [])]).toEqual(Array(batch * steps).fill(1));
  });
});

describe('in tf.layers.rnn', () => {
  const cells = [
    { name: 'BahdanauCell with a GRU', make: () => new BahdanauCell({ cell: gru(), units, valueDim }), states: 1 },
    {
      name: 'BahdanauCell with an LSTM',
      make: () => new BahdanauCell({ cell: L.layers.lstmCell(smooth), units, valueDim }),
      states: 2,
    },
    { name: 'LuongCell with a GRU', make: () => new LuongCell({ cell: gru(), units: state, valueDim }), states: 2 },
  ];

  it.each(cells)('$name: gradients of the input, the states, the memory and the weights through time', ({ make, states }) => {
    const cell = make();
    const layer = L.layers.rnn({ cell, returnSequences: true });
    const seen = tf.tensor(mask.flat(), [batch, steps, 1]);
    const inputs = [
      normals(batch, 3, width),
      ...Array.from({ length: states }, () => normals(batch, state)),
      normals(batch, steps, cell.units),
      normals(batch, steps, valueDim),
    ];
    const weights = built(layer, inputs[0] as tf.Tensor, { initialState: [...inputs.slice(1), seen] });
    expectGradients(
      (...all) => {
        const [x, ...initial] = all.slice(0, inputs.length) as [tf.Tensor, ...tf.Tensor[]];
        return withWeights(layer, all.slice(inputs.length), () => layer.apply(x, { initialState: [...initial, seen] }) as tf.Tensor);
      },
      [...inputs, ...weights],
      256,
    );
  });

  it.each(cells)('$name: step by step gives what all steps at once give', ({ make, states }) => {
    const cell = make();
    const layer = L.layers.rnn({ cell, returnSequences: true });
    const x = normals(batch, 3, width);
    const initial = [
      ...Array.from({ length: states }, () => normals(batch, state)),
      normals(batch, steps, cell.units),
      normals(batch, steps, valueDim),
      tf.tensor(mask.flat(), [batch, steps, 1]),
    ];
    const all = layer.apply(x, { initialState: initial }) as tf.Tensor3D;
    let own = initial;
    const outputs = tf.unstack(x, 1).map((step) => {
      const [output, ...next] = cell.call([step, ...own], {}) as [tf.Tensor, ...tf.Tensor[]];
      own = next;
      return output;
    });
    expect(tf.stack(outputs, 1).arraySync()).toEqual(all.arraySync());
  });

  it.each([
    [
      'no cell',
      () => new BahdanauCell({ cell: L.layers.dense({ units: 1 }) as never, units }),
      'BahdanauCell: cell is Dense, expected a cell',
    ],
    ['units of 0', () => new BahdanauCell({ cell: gru(), units: 0 }), 'BahdanauCell: units is 0, expected a whole number from 1'],
    ['keys of another width', () => new LuongCell({ cell: gru(), units: 4 }), 'LuongCell: units is 4, expected 3, as wide as the state'],
    [
      'no memory',
      () => L.layers.rnn({ cell: new BahdanauCell({ cell: gru(), units }) }).apply(normals(batch, 3, width)),
      'BahdanauCell: initialState is of shapes [2, 3], [2, 4], [2, 4], [2, 1], expected the states of the cell, then of an AttentionMemory keys [b, s, 4]',
    ],
    [
      'a cell with dropout',
      () => new BahdanauCell({ cell: L.layers.gruCell({ ...smooth, recurrentDropout: 0.1 }), units }),
      'BahdanauCell: cell is one with recurrentDropout, expected a cell without',
    ],
    [
      'a look before it is built',
      () => new BahdanauCell({ cell: gru(), units }).alignment(tf.zeros([1, 3]), tf.zeros([1, 2, 4]), tf.ones([1, 2, 1])),
      'is not built',
    ],
  ])('refuses %s', (_, call, message) => {
    expect((thrown(call) as Error | undefined)?.message).toContain(message);
  });
});
