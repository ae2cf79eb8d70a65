/** Rotary position embedding by its definition, in float64 and straight from the caller's arguments: pairs are complex numbers, turned by θ. */
import type { RotaryCall } from '../calls.js';
import { dense } from '../tensors.js';

export interface RotarySheet {
  readonly output: Float64Array;
  /** |x₁ cos θ| + |x₂ sin θ| of each element, the two terms that it is the sum of. */
  readonly terms: Float64Array;
  /** |x₁| + |x₂|. */
  readonly sizes: Float64Array;
  /** |θ| */
  readonly angles: Float64Array;
}

export function textbookRotary({ x, options }: RotaryCall): RotarySheet {
  const { shape, data } = dense(x);
  const { base = 10000, positions, interleaved = false, layout = 'bhsd' } = options;
  const width = shape.at(-1) ?? 0;
  const inner = layout === 'bshd' && shape.length > 2 ? (shape.at(-2) ?? 1) : 1; // rows of one position
  const length = (inner === 1 && layout === 'bhsd') || shape.length === 2 ? (shape.at(-2) ?? 0) : (shape.at(-3) ?? 0);
  const sheet = { output: data.slice(), terms: data.slice(), sizes: data.slice(), angles: data.slice() };
  data.forEach((_, at) => {
    const [row, column] = [Math.floor(at / width), at % width];
    const place = Math.floor(row / inner) % length;
    const position = positions ? (positions[place] ?? Number.NaN) : place;
    const isReal = interleaved ? column % 2 === 0 : column < width / 2;
    const pair = interleaved ? column >> 1 : column % (width / 2);
    const [re, im] = interleaved ? [2 * pair, 2 * pair + 1] : [pair, pair + width / 2];
    const [a, b] = [data[row * width + re] ?? Number.NaN, data[row * width + im] ?? Number.NaN];
    const angle = position / base ** ((2 * pair) / width);
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
    const [first, second] = isReal ? [a * cosine, -b * sine] : [a * sine, b * cosine]; // (a + ib)(cos θ + i sin θ)
    sheet.output[at] = first + second;
    sheet.terms[at] = Math.abs(first) + Math.abs(second);
    sheet.sizes[at] = Math.abs(a) + Math.abs(b);
    sheet.angles[at] = Math.abs(angle);
  });
  return sheet;
}
