/** What calls of fovea/vision do with memory: `out`, inputs that stay as they are, twins that take them at the call; and with threads and aborts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FoveaError, setBackend, setThreads } from '../../src/node.js';
import type { AsyncOptions, Linear, Tensor } from '../../src/types.js';
import * as vision from '../../src/vision/index.js';
import { random } from '../random.js';
import { label, targets, use } from '../targets.js';
import { dense, eachElement, float32, type Memory } from '../tensors.js';
import { thrown } from '../thrown.js';
import { linear } from './images.js';

const numbers = random('calls of fovea/vision');
const tensor = (...shape: number[]): Tensor => float32(shape, numbers.normal);
const [reduce, expand] = [linear(24, 6, numbers), linear(6, 24, numbers)];
const kernel = tensor(3, 3, 2, 1);
const [theta, phi, g, out] = [linear(24, 8, numbers), linear(24, 8, numbers), linear(24, 8, numbers), linear(8, 24, numbers)];
const [qkv, merged] = [linear(24, 48, numbers), linear(16, 24, numbers)];
const windowed = { qkv, out: merged, heads: 2, window: 4, shift: 2, relativePositionBias: tensor(49, 2) };

interface Function {
  readonly name: string;
  readonly now: (x: Tensor, memory?: { readonly out: Tensor }) => { readonly output: Tensor };
  readonly later: (x: Tensor, options?: AsyncOptions) => Promise<{ readonly output: Tensor }>;
  readonly weights: readonly (Tensor | Linear)[];
  readonly takesOut: boolean;
}

const eca = tensor(5);
const functions: readonly Function[] = [
  {
    name: 'squeezeExcite',
    now: (x, memory) => vision.squeezeExcite(x, { reduce, expand, ...memory }),
    later: (x, options) => vision.squeezeExciteAsync(x, { reduce, expand, ...options }),
    weights: [reduce, expand],
    takesOut: true,
  },
  {
    name: 'efficientChannel',
    now: (x, memory) => vision.efficientChannel(x, { kernel: eca, ...memory }),
    later: (x, options) => vision.efficientChannelAsync(x, { kernel: eca, ...options }),
    weights: [eca],
    takesOut: true,
  },
  {
    name: 'spatialAttention',
    now: (x, memory) => vision.spatialAttention(x, { kernel, ...memory }),
    later: (x, options) => vision.spatialAttentionAsync(x, { kernel, ...options }),
    weights: [kernel],
    takesOut: true,
  },
  {
    name: 'cbam',
    now: (x, memory) => vision.cbam(x, { reduce, expand, kernel, ...memory }),
    later: (x, options) => vision.cbamAsync(x, { reduce, expand, kernel, ...options }),
    weights: [reduce, expand, kernel],
    takesOut: true,
  },
  {
    name: 'nonLocal',
    now: (x) => vision.nonLocal(x, { theta, phi, g, out }),
    later: (x, options) => vision.nonLocalAsync(x, { theta, phi, g, out, ...options }),
    weights: [theta, phi, g, out],
    takesOut: false,
  },
  {
    name: 'attention2d',
    now: (x) => vision.attention2d(x, windowed),
    later: (x, options) => vision.attention2dAsync(x, { ...windowed, ...options }),
    weights: [qkv, merged, windowed.relativePositionBias],
    takesOut: false,
  },
];

const shape = [2, 8, 12, 24];
const image = (memory: Memory = 'packed', [b, h, w, c] = shape) =>
  float32([b ?? 0, h ?? 0, w ?? 0, c ?? 0], random('an image').normal, memory);
const bytesOf = ({ data }: Tensor): Buffer => Buffer.from(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
const arraysOf = (weights: readonly (Tensor | Linear)[]): Tensor[] =>
  weights.flatMap((one) => ('weight' in one ? [one.weight, ...(one.bias ? [one.bias] : [])] : [one]));

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe.each(targets.map((target) => ({ name: label(target), target })))('$name', ({ target }) => {
  beforeAll(() => use(target));
  afterAll(() => setBackend('auto'));

  for (const { name, now, later, weights, takesOut } of functions) {
    it(`${name} writes to no input`, () => {
      const x = image('gapped');
      const inputs = [x, ...arraysOf(weights)];
      const before = inputs.map(bytesOf);
      now(x);
      expect(inputs.map((input, i) => bytesOf(input).equals(before[i] ?? Buffer.of()))).toEqual(inputs.map(() => true));
    });

    if (takesOut)
      it.each(['packed', 'gapped', 'turned', 'spread'] as const)(
        `${name} writes to an out that is %s, and not between its elements`,
        (memory) => {
          const x = image();
          const mine = image(memory);
          mine.data.fill(7);
          const { output } = now(x, { out: mine });
          expect(output).toBe(mine);
          expect(dense(output).data).toEqual(dense(now(x).output).data);
          const gaps = mine.data.slice();
          eachElement(mine, (place) => {
            gaps[place] = 7;
          });
          expect(gaps.every((value) => value === 7)).toBe(true);
        },
      );

    it(`${name}Async takes its inputs at the call`, async () => {
      const expected = bytesOf(now(image()).output);
      const x = image();
      const running = later(x);
      x.data.fill(Number.NaN);
      expect(bytesOf((await running).output).equals(expected)).toBe(true);
      const borrowed = await later(image(), { copy: false });
      expect(bytesOf(borrowed.output).equals(expected)).toBe(true);
    });

    it(`${name}Async rejects what ${name} throws, and when it is aborted`, async () => {
      const wrong = { ...image(), shape: [2, 3] };
      const error = thrown(() => now(wrong));
      expect(error).toBeInstanceOf(FoveaError);
      expect(await errorOf(later(wrong))).toEqual(error);
      const gone = AbortSignal.abort('gone');
      expect(await errorOf(later(image(), { signal: gone }))).toMatchObject({
        code: 'ERR_ABORTED',
        message: `${name}: aborted by its signal`,
        cause: 'gone',
      });
      const controller = new AbortController();
      const running = later(image(), { signal: controller.signal });
      controller.abort('too late');
      expect(await errorOf(running)).toMatchObject({ code: 'ERR_ABORTED', message: `${name}: aborted by its signal` });
    });
  }
});

describe.each(targets.filter(({ name }) => name !== 'reference').map((target) => ({ name: label(target), target })))(
  'threads on $name',
  ({ target }) => {
    beforeAll(() => use(target));
    afterAll(() => {
      setThreads(2);
      setBackend('auto');
    });

    it.each(functions)('$name has the same bits for any number of them', ({ now }) => {
      const x = image('packed', [3, 40, 48, 24]);
      setThreads(1);
      const alone = bytesOf(now(x).output);
      setThreads(3);
      for (let round = 0; round < 3; round++) expect(bytesOf(now(x).output).equals(alone)).toBe(true);
    });
  },
);
