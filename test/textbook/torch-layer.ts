/**
 * torch.nn.MultiheadAttention from its state, in plain loops: in_proj or q_proj, k_proj and v_proj, attention head by head, out_proj. Each number
 * carries how far a layer that rounds may be from it (inexact.ts).
 */
import type { FloatData, Tensor } from '../../src/types.js';
import { exact, type Inexact, inexactIn } from '../inexact.js';
import { dense } from '../tensors.js';
import type { Arithmetic } from '../tolerance.js';
import { broadcast } from './attention.js';
import type { Gradient } from './attention-backward.js';

export type TorchState = Readonly<Record<string, Tensor<FloatData>>>;

export interface TorchCall {
  readonly state: TorchState;
  readonly heads: number;
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
  readonly mask?: Tensor<Uint8Array> | undefined;
  readonly bias?: Tensor | undefined;
  readonly causal?: boolean | undefined;
}

type Rows = readonly (readonly Inexact[])[];

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Rows of all leading dimensions. */
function rowsOf(tensor: Tensor<FloatData> | undefined): Rows {
  if (tensor === undefined) throw new TypeError('a weight is missing');
  const { shape, data } = dense(tensor);
  const width = shape.at(-1) ?? 0;
  return range(data.length / width).map((row) => [...data.subarray(row * width, (row + 1) * width)].map(exact));
}

/** Output, weights of each head, and their means over the heads. */
export function torchLayer(call: TorchCall, arithmetic: Arithmetic): Record<'output' | 'weights' | 'meanWeights', Gradient> {
  const { state, heads, query, key, value } = call;
  const { dot, sum, mean, product, softmax } = inexactIn(arithmetic);
  const linear = (rows: Rows, weight: Rows, bias: readonly Inexact[] | undefined): Rows =>
    rows.map((row) => weight.map((other, column) => sum([dot(row, other), bias?.[column] ?? exact(0)])));

  const [batch = 0, queries = 0, width = 0] = query.shape;
  const keys = key.shape[1] ?? 0;
  const part = <T>(all: readonly T[], which: number): readonly T[] => all.slice(which * width, (which + 1) * width);
  const inWeight = 'in_proj_weight' in state ? rowsOf(state.in_proj_weight) : undefined;
  const inBias = 'in_proj_bias' in state ? rowsOf(state.in_proj_bias)[0] : undefined;
  const [q = [], k = [], v = []] = [query, key, value].map((rows, which) =>
    linear(
      rowsOf(rows),
      inWeight ? part(inWeight, which) : rowsOf(state[`${['q', 'k', 'v'][which]}_proj_weight`]),
      inBias && part(inBias, which),
    ),
  );

  const d = width / heads;
  const scale = { value: 1 / Math.sqrt(d), error: 2 * arithmetic.u };
  const ofMask = call.mask && broadcast(dense(call.mask));
  const ofBias = call.bias && broadcast(dense(call.bias));
  const mixed: Inexact[][] = range(batch * queries).map(() => []);
  const weights: Inexact[][][][] = range(batch).map((b) =>
    range(heads).map((h) =>
      range(queries).map((i) => {
        const row = b * queries + i;
        const own = (of: Rows, at: number) => of[at]?.slice(h * d, (h + 1) * d) ?? [];
        const seen = range(keys).filter((j) => ofMask?.(b, h, i, j) !== 0 && (!call.causal || j <= i + keys - queries));
        const scores = seen.map((j) => {
          const score = product(scale, dot(own(q, row), own(k, b * keys + j)));
          return ofBias ? sum([score, exact(ofBias(b, h, i, j))]) : score;
        });
        const found = softmax(scores);
        const all = range(keys).map((j) => found[seen.indexOf(j)] ?? exact(0));
        for (const c of range(d))
          mixed[row]?.push(sum(seen.map((j) => product(all[j] ?? exact(0), v[b * keys + j]?.[h * d + c] ?? exact(Number.NaN)))));
        return all;
      }),
    ),
  );
  const output = linear(mixed, rowsOf(state['out_proj.weight']), 'out_proj.bias' in state ? rowsOf(state['out_proj.bias'])[0] : undefined);
  const means = weights.map((ofHeads) =>
    range(queries).map((i) => range(keys).map((j) => mean(ofHeads.map((rows) => rows[i]?.[j] ?? exact(0))))),
  );
  return { output: apart(output.flat()), weights: apart(weights.flat(3)), meanWeights: apart(means.flat(2)) };
}

function apart(numbers: readonly Inexact[]): Gradient {
  return { value: Float64Array.from(numbers, ({ value }) => value), error: Float64Array.from(numbers, ({ error }) => error) };
}
