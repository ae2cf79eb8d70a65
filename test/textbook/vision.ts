/**
 * Attention over images as the papers write it, in plain loops over single numbers, each with how far it may be off. Images are read by
 * `at(b, y, x, c)`; what comes out is in the order of `[b, h, w, c]`. Nothing of src/ is used.
 */
import { exact, type Inexact, inexactIn } from '../inexact.js';
import { kernelArithmetic } from '../tolerance.js';

const { product, sum, mean, maximum, dot, relu, sigmoid, softmax } = inexactIn(kernelArithmetic);

export interface Picture {
  readonly b: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  at(b: number, y: number, x: number, c: number): number;
}

/** A linear map by its numbers. */
export interface Affine {
  readonly rows: number;
  readonly columns: number;
  weight(row: number, column: number): number;
  bias(column: number): number | undefined;
}

/** kernel(i, j, map): what the place i rows below and j columns beside the top left corner counts. */
export interface Kernel {
  readonly height: number;
  readonly width: number;
  at(i: number, j: number, map: number): number;
}

export interface Answer {
  readonly output: Inexact[];
  readonly weights: Inexact[];
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function applied(vector: readonly Inexact[], map: Affine): Inexact[] {
  return range(map.columns).map((column) => {
    const product = dot(
      vector,
      vector.map((_, row) => exact(map.weight(row, column))),
    );
    const bias = map.bias(column);
    return bias === undefined ? product : sum([product, exact(bias)]);
  });
}

const excitation = (vector: readonly Inexact[], reduce: Affine, expand: Affine): Inexact[] =>
  applied(applied(vector, reduce).map(relu), expand);

/** All pixels of one channel of one image. */
const channelOf = (x: Picture, b: number, c: number): Inexact[] =>
  range(x.h).flatMap((row) => range(x.w).map((column) => exact(x.at(b, row, column, c))));

/** output(b, y, x, c) in order. */
function each(x: Picture, value: (b: number, row: number, column: number, c: number) => Inexact): Inexact[] {
  return range(x.b).flatMap((b) =>
    range(x.h).flatMap((row) => range(x.w).flatMap((column) => range(x.c).map((c) => value(b, row, column, c)))),
  );
}

const none = exact(Number.NaN);

/** Hu et al. 2018, eq. 2 to 4. */
export function squeezeExcite(x: Picture, reduce: Affine, expand: Affine): Answer {
  const weights = range(x.b).map((b) => {
    const squeezed = range(x.c).map((c) => mean(channelOf(x, b, c)));
    return excitation(squeezed, reduce, expand).map(sigmoid);
  });
  return {
    output: each(x, (b, row, column, c) => product(exact(x.at(b, row, column, c)), weights[b]?.[c] ?? none)),
    weights: weights.flat(),
  };
}

/** Wang et al. 2020, eq. 5: a channel's weight is of the k means around it. */
export function efficientChannel(x: Picture, kernel: readonly number[]): Answer {
  const weights = range(x.b).map((b) => {
    const means = range(x.c).map((c) => mean(channelOf(x, b, c)));
    return range(x.c).map((c) =>
      sigmoid(sum(kernel.map((factor, j) => product(exact(factor), means[c + j - (kernel.length - 1) / 2] ?? exact(0))))),
    );
  });
  return {
    output: each(x, (b, row, column, c) => product(exact(x.at(b, row, column, c)), weights[b]?.[c] ?? none)),
    weights: weights.flat(),
  };
}

/** Woo et al. 2018, eq. 3, of `value`, which may be more than x. @returns `[b][y][x]` */
function spatialWeights(
  x: Picture,
  value: (b: number, row: number, column: number, c: number) => Inexact,
  kernel: Kernel,
  bias: number,
): Inexact[][][] {
  return range(x.b).map((b) => {
    const channels = (row: number, column: number) => range(x.c).map((c) => value(b, row, column, c));
    const maps = range(x.h).map((row) => range(x.w).map((column) => [mean(channels(row, column)), maximum(channels(row, column))]));
    return range(x.h).map((row) =>
      range(x.w).map((column) => {
        const terms = range(kernel.height).flatMap((i) =>
          range(kernel.width).flatMap((j) =>
            [0, 1].map((map) => {
              const place = maps[row + i - (kernel.height - 1) / 2]?.[column + j - (kernel.width - 1) / 2]?.[map];
              return place === undefined ? exact(0) : product(exact(kernel.at(i, j, map)), place);
            }),
          ),
        );
        return sigmoid(sum([...terms, exact(bias)]));
      }),
    );
  });
}

export function spatialAttention(x: Picture, kernel: Kernel, bias: number): Answer {
  const weights = spatialWeights(x, (b, row, column, c) => exact(x.at(b, row, column, c)), kernel, bias);
  return {
    output: each(x, (b, row, column, c) => product(exact(x.at(b, row, column, c)), weights[b]?.[row]?.[column] ?? none)),
    weights: weights.flat(2),
  };
}

/** Woo et al. 2018, eq. 1 and 2. */
export function cbam(
  x: Picture,
  reduce: Affine,
  expand: Affine,
  kernel: Kernel,
): { output: Inexact[]; channel: Inexact[]; spatial: Inexact[] } {
  const channel = range(x.b).map((b) => {
    const [means, maxima] = [mean, maximum].map((pool) => range(x.c).map((c) => pool(channelOf(x, b, c))));
    const [ofMeans, ofMaxima] = [means, maxima].map((pooled) => excitation(pooled ?? [], reduce, expand));
    return range(x.c).map((c) => sigmoid(sum([ofMeans?.[c] ?? none, ofMaxima?.[c] ?? none])));
  });
  const refined = (b: number, row: number, column: number, c: number) => product(exact(x.at(b, row, column, c)), channel[b]?.[c] ?? none);
  const spatial = spatialWeights(x, refined, kernel, 0);
  return {
    output: each(x, (b, row, column, c) => product(refined(b, row, column, c), spatial[b]?.[row]?.[column] ?? none)),
    channel: channel.flat(),
    spatial: spatial.flat(2),
  };
}

/** All pixels of an image, row by row, each a vector. */
const pixelsOf = (x: Picture, b: number): Inexact[][] =>
  range(x.h).flatMap((row) => range(x.w).map((column) => range(x.c).map((c) => exact(x.at(b, row, column, c)))));

/** Σ weights · values, by feature. */
const average = (weights: readonly Inexact[], values: readonly (readonly Inexact[])[], width: number): Inexact[] =>
  range(width).map((feature) =>
    dot(
      weights,
      values.map((value) => value[feature] ?? none),
    ),
  );

/** Wang et al. 2018, eq. 1, 6 and table 1: the embedded Gaussian. */
export function nonLocal(x: Picture, theta: Affine, phi: Affine, g: Affine, out: Affine): Answer {
  const weights: Inexact[] = [];
  const output = range(x.b).flatMap((b) => {
    const pixels = pixelsOf(x, b);
    const [queries, keys, values] = [theta, phi, g].map((map) => pixels.map((pixel) => applied(pixel, map)));
    return pixels.flatMap((pixel, i) => {
      const row = softmax((keys ?? []).map((key) => dot(queries?.[i] ?? [], key)));
      weights.push(...row);
      const added = applied(average(row, values ?? [], g.columns), out);
      return pixel.map((value, c) => sum([value, added[c] ?? none]));
    });
  });
  return { output, weights };
}

export interface WindowRules {
  readonly heads: number;
  readonly window: readonly [number, number];
  readonly shift: readonly [number, number];
  /** Of the key that lies (dy, dx) before the query. */
  bias(dy: number, dx: number, head: number): number | undefined;
}

/**
 * Liu et al. 2021, eq. 4 and figure 4, pixel by pixel: a query sees the pixels that stand in its window once the image has been moved, and that
 * did not come from the other side of it. @returns weights in the order of the moved image's windows: `[b, windows, heads, n, n]`
 */
export function attention2d(x: Picture, qkv: Affine, out: Affine, { heads, window, shift, bias }: WindowRules): Answer {
  const d = qkv.columns / 3 / heads;
  const scale = exact(Math.fround(1 / Math.sqrt(d)));
  const output = new Map<number, Inexact[]>();
  const weights: Inexact[] = [];
  const [down, across] = [Math.floor(x.h / window[0]), Math.floor(x.w / window[1])];
  for (const b of range(x.b)) {
    const projected = pixelsOf(x, b).map((pixel) => applied(pixel, qkv));
    for (const place of range(down * across)) {
      // The pixels of a window: where they stand in it, in the image, and whether they were carried over its edges.
      const pixels = range(window[0]).flatMap((i) =>
        range(window[1]).map((j) => {
          const [movedRow, movedColumn] = [Math.floor(place / across) * window[0] + i, (place % across) * window[1] + j];
          const [row, column] = [movedRow + shift[0], movedColumn + shift[1]];
          return { i, j, pixel: (row % x.h) * x.w + (column % x.w), side: `${row >= x.h} ${column >= x.w}` };
        }),
      );
      const taken = pixels.map(() => [] as Inexact[]);
      for (const head of range(heads)) {
        const part = (pixel: number, which: number) => range(d).map((e) => projected[pixel]?.[(which * heads + head) * d + e] ?? none);
        pixels.forEach((query, at) => {
          const seen = pixels.filter((key) => key.side === query.side);
          const scores = seen.map((key) => {
            const score = product(dot(part(query.pixel, 0), part(key.pixel, 1)), scale);
            const added = bias(query.i - key.i, query.j - key.j, head);
            return added === undefined ? score : sum([score, exact(added)]);
          });
          const row = softmax(scores);
          weights.push(...pixels.map((key) => row[seen.indexOf(key)] ?? exact(0)));
          taken[at]?.push(
            ...average(
              row,
              seen.map((key) => part(key.pixel, 2)),
              d,
            ),
          );
        });
      }
      pixels.forEach(({ pixel }, at) => {
        output.set(b * x.h * x.w + pixel, applied(taken[at] ?? [], out));
      });
    }
  }
  return { output: range(x.b * x.h * x.w).flatMap((pixel) => output.get(pixel) ?? []), weights };
}
