/** fovea/vision on every backend and target against the textbook: both layouts, every kind of memory, sizes around the tiles, NaN. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Linear, Tensor } from '../../src/types.js';
import {
  attention2d,
  attention2dAsync,
  cbam,
  cbamAsync,
  efficientChannel,
  efficientChannelAsync,
  nonLocal,
  nonLocalAsync,
  spatialAttention,
  spatialAttentionAsync,
  squeezeExcite,
  squeezeExciteAsync,
} from '../../src/vision/index.js';
import type { Inexact } from '../inexact.js';
import { random } from '../random.js';
import { label, targets, use } from '../targets.js';
import { dense, float32, type Memory } from '../tensors.js';
import * as textbook from '../textbook/vision.js';
import { affine, expectNear, type Form, inOrder, kernelOf, linear, picture, type Sizes, tensorOf } from './images.js';

/** What a function gave, by name; `output` is an image. */
type Results = Readonly<Record<string, Tensor>>;

/** A call of one function for one form of x, now and off the event loop, and what the textbook says, worked out once. */
interface Case {
  readonly name: string;
  readonly form: Form;
  readonly now: () => Results;
  readonly later: () => Promise<Results>;
  readonly expected: () => Readonly<Record<string, readonly Inexact[]>>;
}

type Numbers = (name: string) => (count: number) => number;

const normalNumbers: Numbers = (name) => {
  const { normal } = random(name);
  return () => normal();
};
/** One NaN in the first image, in the middle of it. */
const withNaN =
  ([, h, w, c]: Sizes): Numbers =>
  (name) => {
    const numbers = normalNumbers(name);
    const middle = (Math.floor(h / 2) * w + Math.floor(w / 2)) * c + Math.floor(c / 2);
    return (count) => (count === middle ? Number.NaN : numbers(count));
  };

const forms: readonly Form[] = (['nhwc', 'nchw'] as const).flatMap((layout) =>
  (['packed', 'gapped', 'turned', 'spread'] as const).map((memory) => ({ layout, memory })),
);
const packed = forms.filter(({ memory }) => memory === 'packed');

const once = <T>(work: () => T): (() => T) => {
  let known: { readonly of: T } | undefined;
  return () => {
    known ??= { of: work() };
    return known.of;
  };
};

interface Drawn {
  readonly name: string;
  readonly x: textbook.Picture;
  readonly linear: (rows: number, columns: number, biased?: boolean) => Linear;
  readonly tensor: (...shape: number[]) => Tensor;
}

/** The cases of a function: the same image in each of the forms. */
function casesOf(
  name: string,
  sizes: Sizes,
  its: readonly Form[],
  make: (drawn: Drawn) => {
    readonly now: (x: Tensor, form: Form) => Results;
    readonly later: (x: Tensor, form: Form) => Promise<Results>;
    readonly expected: () => Readonly<Record<string, readonly Inexact[]>>;
  },
  numbers: Numbers = normalNumbers,
  memory: Memory = 'packed',
): Case[] {
  const title = `${name} of [${sizes.join(', ')}]`;
  const drawn = once(() => {
    const source = random(`weights of ${title}`);
    return {
      name: title,
      x: picture(sizes, numbers(`x of ${title}`)),
      linear: (rows: number, columns: number, biased = true) => linear(rows, columns, source, memory, biased),
      tensor: (...shape: number[]) => float32(shape, () => source.normal() / 4, memory),
    };
  });
  const made = once(() => make(drawn()));
  const expected = once(() => made().expected());
  return its.map((form) => ({
    name: `${title}, ${form.layout} ${form.memory}`,
    form,
    now: () => made().now(tensorOf(drawn().x, form), form),
    later: () => made().later(tensorOf(drawn().x, form), form),
    expected,
  }));
}

const squeezed =
  (r: number, biased = true) =>
  ({ x, linear }: Drawn) => {
    const options = { reduce: linear(x.c, r, biased), expand: linear(r, x.c, biased) };
    return {
      now: (image: Tensor, { layout }: Form): Results => ({ ...squeezeExcite(image, { ...options, layout }) }),
      later: async (image: Tensor, { layout }: Form): Promise<Results> => ({
        ...(await squeezeExciteAsync(image, { ...options, layout })),
      }),
      expected: () => ({ ...textbook.squeezeExcite(x, affine(options.reduce), affine(options.expand)) }),
    };
  };

const channelled =
  (k: number) =>
  ({ x, tensor }: Drawn) => {
    const kernel = tensor(k);
    return {
      now: (image: Tensor, { layout }: Form): Results => ({ ...efficientChannel(image, { kernel, layout }) }),
      later: async (image: Tensor, { layout }: Form): Promise<Results> => ({ ...(await efficientChannelAsync(image, { kernel, layout })) }),
      expected: () => ({ ...textbook.efficientChannel(x, [...dense(kernel).data]) }),
    };
  };

const spatial =
  (kh: number, kw: number, biased = false) =>
  ({ x, tensor }: Drawn) => {
    const [kernel, bias] = [tensor(kh, kw, 2, 1), biased ? tensor(1) : undefined];
    return {
      now: (image: Tensor, { layout }: Form): Results => ({ ...spatialAttention(image, { kernel, bias, layout }) }),
      later: async (image: Tensor, { layout }: Form): Promise<Results> => ({
        ...(await spatialAttentionAsync(image, { kernel, bias, layout })),
      }),
      expected: () => ({ ...textbook.spatialAttention(x, kernelOf(kernel), bias ? (dense(bias).data[0] ?? 0) : 0) }),
    };
  };

const blocked =
  (r: number, k: number) =>
  ({ x, linear, tensor }: Drawn) => {
    const options = { reduce: linear(x.c, r), expand: linear(r, x.c), kernel: tensor(k, k, 2, 1) };
    return {
      now: (image: Tensor, { layout }: Form): Results => {
        const { output, weights } = cbam(image, { ...options, layout });
        return { output, ...weights };
      },
      later: async (image: Tensor, { layout }: Form): Promise<Results> => {
        const { output, weights } = await cbamAsync(image, { ...options, layout });
        return { output, ...weights };
      },
      expected: () => ({ ...textbook.cbam(x, affine(options.reduce), affine(options.expand), kernelOf(options.kernel)) }),
    };
  };

const gaussian =
  (d: number, dv: number, biased = true) =>
  ({ x, linear }: Drawn) => {
    const [theta, phi, g, out] = [linear(x.c, d, biased), linear(x.c, d, biased), linear(x.c, dv, biased), linear(dv, x.c, biased)];
    const options = { theta, phi, g, out, returnWeights: true } as const;
    return {
      now: (image: Tensor, { layout }: Form): Results => ({ ...nonLocal(image, { ...options, layout }) }),
      later: async (image: Tensor, { layout }: Form): Promise<Results> => ({ ...(await nonLocalAsync(image, { ...options, layout })) }),
      expected: () => ({ ...textbook.nonLocal(x, affine(theta), affine(phi), affine(g), affine(out)) }),
    };
  };

interface Windowed {
  readonly window?: number | readonly [number, number];
  readonly shift?: number | readonly [number, number];
  readonly positions?: boolean;
  readonly to?: number;
}

const pair = (sides: number | readonly [number, number] | undefined, otherwise: readonly [number, number]) =>
  sides === undefined ? otherwise : typeof sides === 'number' ? ([sides, sides] as const) : sides;

const multiHead =
  (heads: number, d: number, { window, shift, positions = false, to }: Windowed = {}) =>
  ({ x, linear, tensor }: Drawn) => {
    const [h, w] = pair(window, [x.h, x.w]);
    const across = 2 * w - 1;
    const table = positions ? tensor((2 * h - 1) * across, heads) : undefined;
    const numbers = table && dense(table).data;
    const options = {
      ...{ qkv: linear(x.c, 3 * heads * d), out: linear(heads * d, to ?? x.c), heads, window, shift, relativePositionBias: table },
      returnWeights: true,
    } as const;
    return {
      now: (image: Tensor, { layout }: Form): Results => ({ ...attention2d(image, { ...options, layout }) }),
      later: async (image: Tensor, { layout }: Form): Promise<Results> => ({ ...(await attention2dAsync(image, { ...options, layout })) }),
      expected: () => ({
        ...textbook.attention2d(x, affine(options.qkv), affine(options.out), {
          heads,
          window: [h, w],
          shift: pair(shift, [0, 0]),
          bias: (dy, dx, head) => numbers?.[((dy + h - 1) * across + dx + w - 1) * heads + head],
        }),
      }),
    };
  };

const cases: readonly Case[] = [
  ...casesOf('squeezeExcite', [2, 5, 7, 19], forms, squeezed(3)),
  ...casesOf('squeezeExcite, no biases, weights apart', [2, 3, 2, 8], packed, squeezed(4, false), normalNumbers, 'spread'),
  ...casesOf('squeezeExcite, one pixel', [3, 1, 1, 33], forms, squeezed(5)),
  ...casesOf('squeezeExcite, one number', [1, 1, 1, 1], packed, squeezed(1)),
  ...casesOf('squeezeExcite, many channels', [1, 3, 3, 1100], packed, squeezed(2)),
  ...casesOf('squeezeExcite, many pixels', [2, 67, 41, 3], packed, squeezed(2)),
  ...casesOf('squeezeExcite, no image', [0, 4, 5, 8], packed, squeezed(2)),
  ...casesOf('squeezeExcite, no pixel', [2, 0, 5, 8], packed, squeezed(2)),
  ...casesOf('squeezeExcite, no channel', [2, 3, 4, 0], packed, squeezed(2)),
  ...casesOf('squeezeExcite, nothing between', [2, 3, 4, 5], packed, squeezed(0)),
  ...casesOf('squeezeExcite, NaN', [2, 3, 4, 9], packed, squeezed(3), withNaN([2, 3, 4, 9])),
  ...casesOf('efficientChannel', [2, 4, 9, 37], forms, channelled(5)),
  ...casesOf('efficientChannel, one neighbour', [2, 3, 3, 16], packed, channelled(1)),
  ...casesOf('efficientChannel, more neighbours than channels', [1, 2, 5, 3], packed, channelled(9), normalNumbers, 'spread'),
  ...casesOf('efficientChannel, NaN', [2, 3, 4, 21], packed, channelled(3), withNaN([2, 3, 4, 21])),
  ...casesOf('efficientChannel, no image', [0, 3, 4, 21], packed, channelled(3)),
  ...casesOf('spatialAttention', [2, 9, 11, 21], forms, spatial(7, 7)),
  ...casesOf('spatialAttention, kernel and bias apart', [2, 4, 19, 5], packed, spatial(3, 5, true), normalNumbers, 'spread'),
  ...casesOf('spatialAttention, kernel larger than the image', [2, 2, 3, 40], packed, spatial(7, 9, true)),
  ...casesOf('spatialAttention, one pixel', [2, 1, 1, 17], packed, spatial(3, 3)),
  ...casesOf('spatialAttention, one channel', [2, 6, 33, 1], forms, spatial(3, 1)),
  ...casesOf('spatialAttention, no channel', [2, 3, 4, 0], packed, spatial(3, 3, true)),
  ...casesOf('spatialAttention, many pixels', [1, 61, 70, 6], packed, spatial(3, 3)),
  ...casesOf('spatialAttention, NaN', [2, 9, 9, 18], packed, spatial(3, 3), withNaN([2, 9, 9, 18])),
  ...casesOf('cbam', [2, 7, 5, 27], forms, blocked(3, 7)),
  ...casesOf('cbam, one pixel', [1, 1, 1, 5], packed, blocked(2, 3)),
  ...casesOf('cbam, NaN', [2, 3, 5, 9], packed, blocked(2, 3), withNaN([2, 3, 5, 9])),
  ...casesOf('cbam, no image', [0, 3, 5, 9], packed, blocked(2, 3)),
  ...casesOf('nonLocal', [2, 5, 3, 19], forms, gaussian(7, 5)),
  ...casesOf('nonLocal, no biases, weights apart', [1, 3, 4, 8], packed, gaussian(4, 4, false), normalNumbers, 'spread'),
  ...casesOf('nonLocal, one pixel', [2, 1, 1, 6], packed, gaussian(3, 3)),
  ...casesOf('nonLocal, NaN', [2, 3, 3, 6], packed, gaussian(3, 3), withNaN([2, 3, 3, 6])),
  ...casesOf('nonLocal, no image', [0, 3, 3, 6], packed, gaussian(3, 3)),
  ...casesOf('attention2d', [2, 5, 4, 18], forms, multiHead(3, 6)),
  ...casesOf('attention2d, positions, another width', [2, 3, 5, 8], forms, multiHead(2, 4, { positions: true, to: 11 })),
  ...casesOf('attention2d, windows', [2, 6, 8, 10], forms, multiHead(2, 5, { window: [3, 4], positions: true })),
  ...casesOf('attention2d, shifted windows', [2, 8, 12, 6], forms, multiHead(2, 3, { window: 4, shift: 2, positions: true })),
  ...casesOf('attention2d, shifted unevenly', [1, 6, 6, 4], packed, multiHead(1, 4, { window: [3, 2], shift: [2, 1] })),
  ...casesOf('attention2d, one window, shifted', [2, 4, 3, 5], packed, multiHead(1, 5, { window: [4, 3], shift: [1, 2], positions: true })),
  ...casesOf('attention2d, windows of one pixel', [1, 2, 3, 4], packed, multiHead(2, 2, { window: 1, positions: true })),
  ...casesOf('attention2d, one pixel', [2, 1, 1, 4], packed, multiHead(2, 2)),
  ...casesOf('attention2d, NaN', [2, 4, 4, 4], packed, multiHead(2, 2, { window: 2, shift: 1 }), withNaN([2, 4, 4, 4])),
  ...casesOf('attention2d, no image', [0, 4, 4, 4], packed, multiHead(2, 2, { window: 2, shift: 1, positions: true })),
];

function expectAll({ form, expected }: Case, results: Results): void {
  expect(Object.keys(results).sort()).toEqual(Object.keys(expected()).sort());
  for (const [name, tensor] of Object.entries(results))
    expectNear(name, name === 'output' ? inOrder(tensor, form.layout) : dense(tensor).data, expected()[name] ?? []);
}

for (const target of targets) {
  describe(label(target), () => {
    beforeAll(() => use(target));
    for (const each of cases) it(each.name, () => expectAll(each, each.now()));

    // Two of these images are what weighted.ts takes at once.
    for (const layout of ['nhwc', 'nchw'] as const) {
      it(`a batch of large images is what each comes to alone, ${layout}`, () => {
        const source = random(`large images, ${layout}`);
        const [batch, height, width, channels] = [3, 200, 256, 10];
        const shape = layout === 'nhwc' ? [height, width, channels] : [channels, height, width];
        const x = float32([batch, ...shape], source.normal);
        const [reduce, expand] = [linear(channels, 2, source), linear(2, channels, source)];
        const [kernel, row] = [float32([3, 3, 2, 1], source.normal), float32([3], source.normal)];
        const weigh = (images: Tensor): readonly Tensor[] => {
          const results = [
            squeezeExcite(images, { reduce, expand, layout }),
            efficientChannel(images, { kernel: row, layout }),
            spatialAttention(images, { kernel, layout }),
          ];
          const { output, weights } = cbam(images, { reduce, expand, kernel, layout });
          return [...results.flatMap((result) => [result.output, result.weights]), output, weights.channel, weights.spatial];
        };
        const size = x.data.length / batch;
        const alone = Array.from({ length: batch }, (_, b) => weigh({ ...x, offset: b * size, shape: [1, ...shape] }));
        weigh(x).forEach(({ data }, which) => {
          const each = data.length / batch;
          const together = alone.map((one) => one[which]?.data);
          const differs = data.findIndex((value, i) => !Object.is(value, together[Math.floor(i / each)]?.[i % each]));
          expect([which, differs]).toEqual([which, -1]);
        });
      });
    }
  });
}

describe('the twins', () => {
  beforeAll(() => use(targets[0] ?? { name: 'reference', target: 'js' }));
  for (const each of cases.filter(({ form }) => form.memory === 'packed')) it(each.name, async () => expectAll(each, await each.later()));
});
