/** linearBackward: against the textbook's gradients on every backend and target, and the textbook's against finite differences. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backend, linear, linearBackward, linearBackwardAsync, setBackend, setThreads } from '../src/node.js';
import type { Activation, DType, FloatData, LinearBackwardOptions, Tensor } from '../src/types.js';
import { faults } from './check.js';
import type { Inexact } from './inexact.js';
import { random } from './random.js';
import { label, targets, use } from './targets.js';
import { dense, float32, floats, formatOf, type Memory } from './tensors.js';
import { activated } from './textbook/activation.js';
import { type LinearBackwardCall, textbookLinearBackward } from './textbook/linear-backward.js';
import { arithmeticOf, referenceArithmetic } from './tolerance.js';

afterAll(() => setBackend('auto'));

interface Row {
  readonly name: string;
  readonly call: () => LinearBackwardCall;
}

interface Draft {
  readonly rows: readonly number[];
  readonly width: number;
  readonly units: number;
  readonly dtype: DType;
  readonly seedDtype: DType;
  readonly memory: Memory;
  readonly activation: Activation | undefined;
  readonly bias: boolean;
}

const plain: Draft = {
  rows: [2, 5],
  width: 13,
  units: 9,
  dtype: 'float32',
  seedDtype: 'float32',
  memory: 'packed',
  activation: undefined,
  bias: false,
};

function rowOf(
  name: string,
  draft: Partial<Draft> = {},
  more: (d: Draft) => LinearBackwardOptions<FloatData, FloatData> = () => ({}),
): Row {
  const whole = { ...plain, ...draft };
  const { rows, width, units, dtype, seedDtype, memory, activation, bias } = whole;
  const call = (): LinearBackwardCall => {
    const { normal } = random(`linearBackward, ${name}`);
    const numbers = (shape: readonly number[], type: DType) => floats(shape, type, normal, memory);
    return {
      x: numbers([...rows, width], dtype),
      weight: numbers([width, units], dtype),
      dOutput: numbers([...rows, units], seedDtype),
      options: { activation, ...(bias && { bias: float32([units], normal) }), ...more(whole) },
    };
  };
  return { name, call };
}

const kinds: readonly (Activation | undefined)[] = [undefined, 'relu', 'gelu', 'tanh', 'sigmoid'];
const hole = (shape: readonly number[], dtype: DType, memory: Memory) => floats(shape, dtype, () => Number.NaN, memory);

const table: readonly Row[] = [
  ...kinds.flatMap((activation) => [
    rowOf(`${activation}`, { activation }),
    rowOf(`${activation} and a bias`, { activation, bias: true }),
    rowOf(`${activation}, turned in memory`, { activation, bias: true, memory: 'turned' }),
    rowOf(`${activation}, gapped`, { activation, rows: [2, 3, 2], memory: 'gapped' }),
    rowOf(`${activation}, spread`, { activation, memory: 'spread' }),
    rowOf(`${activation} in float16, dOutput in float32`, { activation, dtype: 'float16' }),
    rowOf(`${activation} in float16`, { activation, dtype: 'float16', seedDtype: 'float16', memory: 'turned' }),
    rowOf(`${activation} in bfloat16, dOutput in float32`, { activation, dtype: 'bfloat16', bias: true }),
    rowOf(`${activation} in bfloat16`, { activation, dtype: 'bfloat16', seedDtype: 'bfloat16', rows: [40] }),
    rowOf(`${activation} of one vector`, { activation, rows: [], bias: true }),
    rowOf(`${activation}, no rows`, { activation, rows: [3, 0], bias: true }),
    rowOf(`${activation}, no numbers in a row`, { activation, width: 0, bias: true }),
    rowOf(`${activation}, no columns`, { activation, units: 0 }),
  ]),
  ...[1, 7, 16, 33, 100].flatMap((size) => [
    rowOf(`${size} numbers in a row`, { width: size, activation: 'tanh' }),
    rowOf(`${size} columns`, { units: size, activation: 'gelu' }),
    rowOf(`${size} rows`, { rows: [size], activation: 'sigmoid' }),
  ]),
  rowOf('rank 8', { rows: [2, 1, 2, 1, 3, 1, 2], activation: 'relu' }),
  rowOf('rank 8, turned in memory', { rows: [2, 1, 2, 1, 3, 1, 2], memory: 'turned' }),
  rowOf('everything into out', { activation: 'gelu' }, ({ rows, width, units }) => ({
    out: {
      dX: hole([...rows, width], 'float32', 'turned'),
      dWeight: hole([width, units], 'float32', 'turned'),
      dBias: float32([units], () => Number.NaN, 'spread'),
    },
  })),
  rowOf('float32 out of float16', { dtype: 'float16' }, ({ rows, width, units }) => ({
    out: { dX: hole([...rows, width], 'float32', 'gapped'), dWeight: hole([width, units], 'float32', 'packed') },
  })),
  rowOf('no rows, into out', { rows: [0] }, ({ width, units }) => ({
    out: { dWeight: hole([width, units], 'float32', 'packed'), dBias: float32([units], () => Number.NaN) },
  })),
];

const values = (numbers: readonly Inexact[]) => Float64Array.from(numbers, ({ value }) => value);
const slack = (numbers: readonly Inexact[]) => ({ slack: Float64Array.from(numbers, ({ error }) => error) });

for (const target of targets)
  describe(label(target), () => {
    beforeAll(() => use(target));
    for (const { name, call } of table)
      it(name, () => {
        const { x, weight, dOutput, options } = call();
        const found = linearBackward(x, weight, dOutput, options);
        const sheet = textbookLinearBackward({ x, weight, dOutput, options }, arithmeticOf(target));
        expect([found.dX.shape, found.dWeight.shape, found.dBias.shape]).toEqual([x.shape, weight.shape, weight.shape.slice(1)]);
        for (const part of ['dX', 'dWeight', 'dBias'] as const) {
          const tensor: Tensor<FloatData> = found[part];
          if (options.out?.[part]) expect(tensor).toBe(options.out[part]);
          expect(faults(part, dense(tensor).data, values(sheet[part]), slack(sheet[part]), formatOf(tensor)).slice(0, 5)).toEqual([]);
        }
      });

    it('NaN in a row of x, and in dOutput, reaches what it is multiplied with', () => {
      const { x, weight, dOutput } = rowOf('NaN', { rows: [4], width: 3, units: 2 }).call();
      const bad = { ...x, data: Float32Array.from(x.data as Float32Array, (value, at) => (at === 4 ? Number.NaN : value)) };
      const nanIn = ({ data }: Tensor) => [...data].map(Number.isNaN);
      const first = linearBackward(bad, weight as Tensor, dOutput);
      expect(nanIn(first.dX)).not.toContain(true);
      expect(nanIn(first.dWeight)).toEqual([false, false, true, true, false, false]);
      const seed = { ...dOutput, data: Float32Array.from(dOutput.data as Float32Array, (value, at) => (at === 5 ? Number.NaN : value)) };
      const second = linearBackward(x as Tensor, weight as Tensor, seed);
      expect(nanIn(second.dX)).toEqual([6, 7, 8].reduce((all, at) => all.with(at, true), new Array<boolean>(12).fill(false)));
      expect(nanIn(second.dWeight)).toEqual([false, true, false, true, false, true]);
      expect(nanIn(second.dBias)).toEqual([false, true]);
    });

    it('relu lets nothing through where it gave 0, NaN or not', () => {
      const x = float32([2, 1], (at) => at - 0.5);
      const dOutput = float32([2, 1], (at) => (at === 0 ? Number.NaN : 3));
      const { dX, dBias } = linearBackward(
        x,
        float32([1, 1], () => 2),
        dOutput,
        { activation: 'relu' },
      );
      expect([...dX.data]).toEqual([0, 6]);
      expect([...dBias.data]).toEqual([3]);
    });
  });

describe('the textbook', () => {
  it.each(kinds)('agrees with finite differences, %s', (activation) => {
    const { x, weight, dOutput, options } = rowOf(`differences of ${activation}`, {
      rows: [3],
      width: 4,
      units: 3,
      activation,
      bias: true,
    }).call();
    const sheet = textbookLinearBackward({ x, weight, dOutput, options }, referenceArithmetic);
    const [xs, ws, bs, seeds] = [x, weight, options.bias ?? x, dOutput].map((tensor) => dense(tensor).data) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const loss = () => {
      let total = 0;
      for (let row = 0; row < 3; row++)
        for (let unit = 0; unit < 3; unit++) {
          let pre = bs[unit] ?? 0;
          for (let c = 0; c < 4; c++) pre += (xs[row * 4 + c] ?? 0) * (ws[c * 3 + unit] ?? 0);
          total += activated(pre, activation) * (seeds[row * 3 + unit] ?? 0);
        }
      return total;
    };
    for (const [numbers, gradient] of [
      [xs, sheet.dX],
      [ws, sheet.dWeight],
      [bs, sheet.dBias],
    ] as const)
      for (let at = 0; at < numbers.length; at++) {
        const was = numbers[at] ?? 0;
        const side = (step: number) => {
          numbers[at] = was + step;
          return loss();
        };
        const difference = (side(2 ** -15) - side(-(2 ** -15))) / 2 ** -14;
        numbers[at] = was;
        // The third derivative's share, h²/6 times some tens, and float64's rounding of a loss of some tens, divided by h.
        expect(Math.abs(difference - (gradient[at]?.value ?? Number.NaN))).toBeLessThan(1e-7);
      }
  });
});

describe('threads and twins', () => {
  const before = backend().threads;
  afterAll(() => setThreads(before));
  const { normal } = random('linearBackward, threads');
  const [x, weight, dOutput, bias] = [[3, 220, 130], [130, 190], [3, 220, 190], [190]].map((shape) => float32(shape, normal)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];

  describe.each(targets.map((target) => [label(target), target] as const))('%s', (_, target) => {
    beforeAll(() => use(target));

    it('gives the same bits for any number of threads, and off the event loop', async () => {
      if (target.name === 'reference') return expect(backend().threads).toBe(1);
      const run = (threads: number) => {
        setThreads(threads);
        return linearBackward(x, weight, dOutput, { activation: 'gelu', bias });
      };
      const one = run(1);
      for (const count of [2, 3, 5]) expect(run(count)).toEqual(one);
      expect(await linearBackwardAsync(x, weight, dOutput, { activation: 'gelu', bias })).toEqual(one);
      expect(await linearBackwardAsync(x, weight, dOutput, { activation: 'gelu', bias, copy: false })).toEqual(one);
    });

    it.each(['float32', 'float16'] as const)('inputs may be changed once the twin has returned, %s', async (dtype) => {
      const call = rowOf('twin', { dtype, activation: 'tanh', bias: true, memory: 'gapped' }).call;
      const { options, ...inputs } = call();
      const expected = linearBackward(inputs.x, inputs.weight, inputs.dOutput, options);
      const promise = linearBackwardAsync(inputs.x, inputs.weight, inputs.dOutput, options);
      for (const { data } of [inputs.x, inputs.weight, inputs.dOutput, options.bias ?? inputs.x])
        new Uint8Array(data.buffer, data.byteOffset, data.byteLength).fill(0x7f);
      expect(await promise).toEqual(expected);
    });

    it('does what its signal says', async () => {
      await expect(linearBackwardAsync(x, weight, dOutput, { signal: AbortSignal.abort() })).rejects.toMatchObject({
        code: 'ERR_ABORTED',
        message: expect.stringContaining('linearBackward'),
      });
    });
  });
});

it('a layer trained by its gradients learns what it was to', () => {
  setBackend('auto');
  const { normal } = random('linearBackward, training');
  const [x, wanted] = [float32([64, 5], normal), float32([5, 3], normal)];
  const goal = linear(x, wanted);
  const weight = float32([5, 3], () => 0);
  for (let step = 0; step < 400; step++) {
    const output = linear(x, weight);
    const dOutput = { data: output.data.map((value, at) => (value - (goal.data[at] ?? 0)) / 64), shape: output.shape };
    const { dWeight } = linearBackward(x, weight, dOutput);
    dWeight.data.forEach((gradient, at) => {
      weight.data[at] = (weight.data[at] ?? 0) - 0.3 * gradient;
    });
  }
  const apart = weight.data.map((value, at) => Math.abs(value - (wanted.data[at] ?? Number.NaN)));
  expect(Math.max(...apart)).toBeLessThan(1e-4);
});
