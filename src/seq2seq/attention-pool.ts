/**
 * attentionPool and its promise twin.
 * @module
 */
import { abortedError, optionError, shapeError } from '../errors.js';
import { attention, attentionAsync } from '../ops/attention.js';
import type { AsyncOptions, AttentionOptions, Tensor } from '../types.js';
import { list } from '../validate/describe.js';
import * as rule from '../validate/options.js';
import { type Checked, checkFloat32 } from '../validate/tensor.js';
import { Workspace } from '../validate/workspace.js';
import { batched, ofOneHead } from './batched.js';
import { checkLengths } from './memory.js';

const op = 'attentionPool';

/** Options of `attentionPool`: float32 weights of any strides. */
export interface AttentionPoolOptions {
  /** W `[d, u]` */
  readonly weight: Tensor;
  /** b `[u]`. @default 0 */
  readonly bias?: Tensor | undefined;
  /** `[u]`: what is looked for. */
  readonly context: Tensor;
  /** `[b]`: rows at or past the length do not count, whatever they hold. @default t */
  readonly lengths?: Int32Array | undefined;
}

/** What `attentionPool` returns; without `b` where x came without. */
export interface AttentionPoolResult {
  /** `[b, d]` */
  readonly output: Tensor;
  /** `[b, t]` */
  readonly weights: Tensor;
}

const rules = {
  weight: rule.float32Tensor,
  bias: rule.float32Tensor,
  context: rule.float32Tensor,
  lengths: rule.int32Array,
} satisfies rule.Rules<AttentionPoolOptions>;
const asyncRules = { ...rules, signal: rule.signal, copy: rule.boolean } satisfies rule.Rules<AttentionPoolOptions & AsyncOptions>;

/**
 * One vector of a sequence: output = Σ α · x with α = softmax(tanh(x·W + b) · context), as words become a sentence, and sentences a document.
 * @param x `[b, t, d]`, or `[t, d]` where the batch is 1: the results then come without it, too; float32
 * @returns output `[b, d]` and weights `[b, t]`, 0 past the lengths; a sequence of length 0 gives 0
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY; ERR_NOT_READY in a browser before `init`
 * @see Yang et al. 2016, "Hierarchical Attention Networks for Document Classification", eq. 5–7
 */
export function attentionPool(x: Tensor, options: AttentionPoolOptions): AttentionPoolResult {
  const { q, k, attended, result } = planPool(x, rule.checkOptions(op, options, rules));
  return result(attention(q, k, k, attended));
}

/**
 * {@link attentionPool} off the event loop. Waits for `init`; inputs are copied before the promise is returned unless `copy: false`.
 * @returns rejects where attentionPool throws, and with ERR_ABORTED when `signal` fires
 */
export async function attentionPoolAsync(x: Tensor, options: AttentionPoolOptions & AsyncOptions): Promise<AttentionPoolResult> {
  const { signal, copy, ...own } = rule.checkOptions(op, options, asyncRules);
  if (signal?.aborted) throw abortedError(op, signal);
  const { q, k, attended, result } = planPool(x, own);
  return result(await attentionAsync(q, k, k, { ...attended, signal, copy }));
}

/** An additive score of queries that are 0 is that of the keys alone. */
function planPool(x: Tensor, { weight, bias, context, lengths }: rule.CheckedOptions<typeof rules>) {
  const { tensor, isBare } = batched(op, 'x', checkFloat32(op, 'x', x, new Workspace()), ['b', 't', 'd']);
  const [batch = 0, length = 0, width = 0] = tensor.shape;
  if (weight === undefined) throw optionError(op, 'weight', 'undefined', 'a float32 Tensor');
  if (context === undefined) throw optionError(op, 'context', 'undefined', 'a float32 Tensor');
  const { shape } = weight;
  if (shape.length !== 2 || shape[0] !== width)
    throw shapeError(op, 'weight', `shape ${list(shape)}`, `[${width}, u]`, `x is ${list(tensor.shape)}`);
  const units = shape[1] ?? 0;
  checkUnits('context', context, weight);
  if (bias !== undefined) checkUnits('bias', bias, weight);
  checkLengths(op, lengths, batch, length);
  const attended: AttentionOptions<never, true, false> = {
    score: { kind: 'additive', keyWeight: weight, v: context, bias },
    keyLengths: lengths,
    returnWeights: true,
  };
  return {
    q: { data: new Float32Array(units), shape: [batch, 1, 1, units], strides: [0, 0, 0, 1] },
    k: ofOneHead(tensor),
    attended,
    result: ({ output, weights }: { readonly output: Tensor; readonly weights: Tensor }): AttentionPoolResult => ({
      output: { data: output.data, shape: isBare ? [width] : [batch, width] },
      weights: { data: weights.data, shape: isBare ? [length] : [batch, length] },
    }),
  };
}

function checkUnits(name: string, { shape }: Checked, weight: Checked): void {
  const units = weight.shape[1];
  if (shape.length !== 1 || shape[0] !== units)
    throw shapeError(op, name, `shape ${list(shape)}`, `[${units}]`, `weight is ${list(weight.shape)}`);
}
