/**
 * The gradients of softmax and of the norms by the chain rule, each number beside how far it may lie from that. From the caller's arguments,
 * apart from src/.
 */
import type { FloatData, Tensor } from '../../src/types.js';
import type { NormBackwardCall, SoftmaxBackwardCall } from '../calls.js';
import { exact, type Inexact, inexactIn } from '../inexact.js';
import { dense, sizeOf } from '../tensors.js';
import { type Arithmetic, type Bound, referenceArithmetic } from '../tolerance.js';

interface Known {
  readonly answers: Readonly<Record<string, Float64Array>>;
  readonly bounds: (arithmetic: Arithmetic) => Readonly<Record<string, Bound>>;
}

type Numbers = Readonly<Record<string, readonly Inexact[]>>;

const mapped = <T>(numbers: Numbers, of: (values: readonly Inexact[]) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(numbers).map(([name, values]) => [name, of(values)]));

/** What it is in any arithmetic, and how far off it may be in one. */
const known = (computed: (arithmetic: Arithmetic) => Numbers): Known => ({
  answers: mapped(computed(referenceArithmetic), (values) => Float64Array.from(values, ({ value }) => value)),
  bounds: (arithmetic) => mapped(computed(arithmetic), (values) => ({ slack: Float64Array.from(values, ({ error }) => error) })),
});

const negative = ({ value, error }: Inexact): Inexact => ({ value: -value, error });

/** scale rounded, y · (dOutput − total) and the product with it; where y is 0, so is everything. */
export function textbookSoftmaxBackward({ y, dOutput, options }: SoftmaxBackwardCall): Known {
  const { shape, data: weights } = dense(y);
  const gradients = dense(dOutput).data;
  const { axis = -1, scale = 1 } = options;
  const along = axis < 0 ? axis + shape.length : axis;
  const length = shape[along] ?? 0;
  const inner = sizeOf(shape.slice(along + 1));
  return known((arithmetic) => {
    const { product, sum } = inexactIn(arithmetic);
    const dX = Array.from(weights, () => exact(0));
    const factor = { value: scale, error: arithmetic.u * Math.abs(scale) };
    for (let row = 0; length > 0 && row < weights.length / length; row++) {
      const from = Math.floor(row / inner) * length * inner + (row % inner);
      const places = Array.from({ length }, (_, i) => from + i * inner).filter((at) => weights[at] !== 0);
      const of = (values: Float64Array, at: number) => exact(values[at] ?? Number.NaN);
      const total = sum(places.map((at) => product(of(weights, at), of(gradients, at))));
      for (const at of places) dX[at] = product(factor, product(of(weights, at), sum([of(gradients, at), negative(total)])));
    }
    return { dX };
  });
}

/**
 * With x̂ = (x − μ) / √(σ² + ε) and g = dOutput · γ: dX = (g − mean g − x̂ · mean(g · x̂)) / √(σ² + ε), where no mean is taken off without
 * that of g; dGamma = Σ dOutput · x̂ and dBeta = Σ dOutput over the rows. Means are sums times 1/n, rounded. Squares are not negative: ε is a
 * floor of what the root is taken of, whatever the error of the rest.
 */
export function textbookNormBackward({ op, x, dOutput, options }: NormBackwardCall): Known {
  const isLayer = op === 'layerNormBackward';
  const { shape, data } = dense(x);
  const gradients = dense(dOutput).data;
  const length = shape.at(-1) ?? 0;
  const { epsilon = isLayer ? 1e-5 : 1e-6 } = options;
  const scales = options.gamma ? dense(options.gamma as Tensor<FloatData>).data : new Float64Array(length).fill(1);
  return known((arithmetic) => {
    const { u, smallest } = arithmetic;
    const { product, sum } = inexactIn(arithmetic);
    const share = { value: 1 / length, error: u / length };
    const mean = (terms: readonly Inexact[]) => product(sum(terms), share);
    const dX: Inexact[] = [];
    const terms = Array.from({ length }, () => ({ gamma: [] as Inexact[], beta: [] as Inexact[] }));
    for (let begin = 0; length > 0 && begin < data.length; begin += length) {
      const part = (values: Float64Array) => Array.from(values.subarray(begin, begin + length), exact);
      const [row, seed] = [part(data), part(gradients)];
      const middle = isLayer ? negative(mean(row)) : exact(0);
      const distances = isLayer ? row.map((value) => sum([value, middle])) : row;
      const variance = mean(distances.map((distance) => product(distance, distance)));
      const factor = inverseRoot(variance, epsilon, u);
      const normalised = distances.map((distance) => product(distance, factor));
      const scaled = seed.map((gradient, j) => product(gradient, exact(scales[j] ?? Number.NaN)));
      const common = isLayer ? negative(mean(scaled)) : exact(0);
      const along = negative(mean(scaled.map((gradient, j) => product(gradient, normalised[j] ?? exact(Number.NaN)))));
      normalised.forEach((value, j) => {
        const rest = sum([scaled[j] ?? exact(Number.NaN), common, product(value, along)]);
        const { value: gradient, error } = product(rest, factor);
        dX.push({ value: gradient, error: error + smallest }); // where the row was scaled, scaled back
        terms[j]?.gamma.push(product(seed[j] ?? exact(Number.NaN), value));
        terms[j]?.beta.push(seed[j] ?? exact(Number.NaN));
      });
    }
    const [dGamma, dBeta] = [terms.map(({ gamma }) => sum(gamma)), terms.map(({ beta }) => sum(beta))];
    return isLayer ? { dX, dGamma, dBeta } : { dX, dGamma };
  });
}

/** 1 / √(variance + ε): ε is rounded and added; the root and the quotient round once each. An infinite variance is exact. */
function inverseRoot(variance: Inexact, epsilon: number, u: number): Inexact {
  const sum = variance.value + epsilon;
  const value = 1 / Math.sqrt(sum);
  if (!Number.isFinite(sum)) return exact(value);
  const error = variance.error + u * epsilon + u * (sum + variance.error + u * epsilon);
  const [low, high] = [Math.max(sum - error, epsilon * (1 - 2 * u)), sum + error];
  const [least, most] = [(1 / Math.sqrt(high)) * (1 - 2 * u), (1 / Math.sqrt(low)) * (1 + 3 * u)];
  return { value, error: Math.max(most - value, value - least) };
}
