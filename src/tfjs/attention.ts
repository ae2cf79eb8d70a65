/**
 * attention of TensorFlow.js tensors, with a gradient.
 * @module
 */
import { customGrad, type GradSaveFunc, type Tensor as TfTensor } from '@tensorflow/tfjs-core';
import { dtypeError } from '../errors.js';
import { attention as attentionOp } from '../ops/attention.js';
import { attentionBackward } from '../ops/attention-backward.js';
import type { AttentionOptions, GradientName, Score, ScoreGradients, Tensor } from '../types.js';
import { floatsOf, integersOf, numbersOf, roomFor, tfTensor } from './bridge.js';

/** As `Score` of fovea, with weights that are tensors of TensorFlow.js. */
export type TfScore =
  | Extract<Score, string | { readonly kind: 'rbf' }>
  | { readonly kind: 'general'; readonly weight: TfTensor }
  | {
      readonly kind: 'additive';
      readonly queryWeight?: TfTensor | undefined;
      readonly keyWeight?: TfTensor | undefined;
      readonly v: TfTensor;
      readonly bias?: TfTensor | undefined;
    };

/** As `AttentionOptions` of fovea; what may have a gradient is a tensor of TensorFlow.js. */
export interface TfAttentionOptions
  extends Omit<
    AttentionOptions,
    'score' | 'mask' | 'bias' | 'keyLengths' | 'queryLengths' | 'sinks' | 'returnWeights' | 'returnLogSumExp' | 'out'
  > {
  /** @default 'dot' */
  readonly score?: TfScore | undefined;
  /** bool, true = attend; broadcasts from the right to `[b, hq, sq, skv]`. */
  readonly mask?: TfTensor | undefined;
  /** float32, added to the scores; broadcasts as the mask does. Has a gradient. */
  readonly bias?: TfTensor | undefined;
  /** int32 `[b]` */
  readonly keyLengths?: TfTensor | Int32Array | undefined;
  /** int32 `[b]` */
  readonly queryLengths?: TfTensor | Int32Array | undefined;
  /** float32 `[hq]`. Has a gradient. */
  readonly sinks?: TfTensor | undefined;
}

const op = 'attention';

/** What has a gradient, by name: what is there. */
interface Operands {
  readonly names: readonly string[];
  readonly tensors: readonly TfTensor[];
}

/**
 * softmax(scale·q·kᵀ + bias)·v of tensors of TensorFlow.js, without the matrix of scores, neither here nor in its gradient.
 * @param q `[b, hq, sq, d]`, k `[b, hkv, skv, d]`, v `[b, hkv, skv, dv]`, float32, as in `attention` of fovea: lower ranks, `layout: 'bshd'` and fewer
 * key/value heads too
 * @returns `[b, hq, sq, dv]`. Differentiable in q, k, v, bias, sinks and the weights of a score; the gradient itself is not
 * @throws {FoveaError} as `attention` does
 * @see Dao et al. 2022, algorithms 1 and 4
 */
export function attention(q: TfTensor, k: TfTensor, v: TfTensor, options: TfAttentionOptions = {}): TfTensor {
  const { names, tensors } = operandsOf(q, k, v, options);
  const rest = fixedOptions(options);
  const differentiable = customGrad((...args) => {
    const save = args.pop() as unknown as GradSaveFunc;
    const inputs = args as TfTensor[];
    const given = givenTo(names, inputs, rest, options.score);
    const { output, logSumExp } = attentionOp(given.q, given.k, given.v, {
      ...given.options,
      out: roomFor(outputShape(given.q, given.v)),
      returnLogSumExp: true,
    });
    const value = tfTensor(output);
    save([...inputs, value, tfTensor(logSumExp)]);
    return {
      value,
      gradFunc: (dy: TfTensor, saved: TfTensor[]) => {
        const [before, after] = [saved.slice(0, names.length), saved.slice(names.length)];
        return gradientsOf(names, givenTo(names, before, rest, options.score), after, dy);
      },
    };
  });
  return differentiable(...tensors);
}

/**
 * The weights alone, softmax(scale·q·kᵀ + bias), `[b, hq, sq, skv]`: to be looked at, without a gradient. Arguments as in `attention`.
 * @throws {FoveaError} as `attention` does
 */
export function attentionWeights(q: TfTensor, k: TfTensor, options: TfAttentionOptions = {}): TfTensor {
  const { names, tensors } = operandsOf(q, k, k, options);
  const given = givenTo(names, tensors, fixedOptions(options), options.score);
  return tfTensor(attentionOp(given.q, given.k, given.v, { ...given.options, returnWeights: true }).weights);
}

function operandsOf(q: TfTensor, k: TfTensor, v: TfTensor, { bias, sinks, score }: TfAttentionOptions): Operands {
  const { kind: _, ...weights }: Readonly<Record<string, unknown>> = typeof score === 'object' && score.kind !== 'rbf' ? score : {};
  const all: [string, TfTensor | undefined][] = [
    ['query', q],
    ['key', k],
    ['value', v],
    ['bias', bias],
    ['sinks', sinks],
    ...Object.entries(weights).map(([name, weight]): [string, TfTensor | undefined] => [`score.${name}`, weight as TfTensor | undefined]),
  ];
  const there = all.filter((entry): entry is [string, TfTensor] => entry[1] !== undefined);
  return { names: there.map(([name]) => name), tensors: there.map(([, tensor]) => tensor) };
}

type Fixed = Omit<AttentionOptions, 'bias' | 'sinks' | 'score' | 'out'>;

/** Options without a gradient. */
function fixedOptions({ score: _score, bias: _bias, sinks: _sinks, mask, keyLengths, queryLengths, ...own }: TfAttentionOptions): Fixed {
  return {
    ...own,
    mask: mask && maskOf(mask),
    keyLengths: integersOf(op, 'keyLengths', keyLengths),
    queryLengths: integersOf(op, 'queryLengths', queryLengths),
  };
}

function maskOf(mask: TfTensor): Tensor<Uint8Array> {
  const data = mask.dtype === 'bool' ? numbersOf(mask) : undefined;
  if (!(data instanceof Uint8Array)) throw dtypeError(op, 'mask', `dtype ${mask.dtype}`, 'bool');
  return { data: data.slice(), shape: mask.shape }; // its tensor may be gone when the gradient asks for it
}

interface Given {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly options: AttentionOptions<Float32Array>;
}

/** What fovea takes, of tensors under these names. */
function givenTo(names: readonly string[], tensors: readonly TfTensor[], rest: Fixed, score: TfScore | undefined): Given {
  const of = new Map(names.map((name, i) => [name, floatsOf(op, name, tensors[i] as TfTensor)]));
  const weights = Object.fromEntries(
    [...of].flatMap(([name, tensor]) => (name.startsWith('score.') ? [[name.slice('score.'.length), tensor]] : [])),
  );
  return {
    q: of.get('query') as Tensor,
    k: of.get('key') as Tensor,
    v: of.get('value') as Tensor,
    options: {
      ...rest,
      bias: of.get('bias'),
      sinks: of.get('sinks')?.data,
      score: (typeof score === 'object' ? { ...score, ...weights } : score) as Score | undefined,
    } as AttentionOptions<Float32Array>,
  };
}

function outputShape(q: Tensor, v: Tensor): number[] {
  return [...q.shape.slice(0, -1), v.shape.at(-1) ?? 0];
}

/** In the order of the names. */
function gradientsOf(
  names: readonly string[],
  { q, k, v, options }: Given,
  [output, logSumExp]: readonly TfTensor[],
  dy: TfTensor,
): TfTensor[] {
  const wanted = new Set(
    names.flatMap((name) => (name in asked ? [asked[name] as GradientName] : name.startsWith('score.') ? ['score' as const] : [])),
  );
  const forward = { output: floatsOf(op, 'output', output as TfTensor), logSumExp: floatsOf(op, 'logSumExp', logSumExp as TfTensor) };
  const gradients = attentionBackward(q, k, v, forward, floatsOf(op, 'dy', dy), {
    ...options,
    gradients: [...wanted],
    out: { dQuery: roomFor(q.shape), dKey: roomFor(k.shape), dValue: roomFor(v.shape) },
  });
  const { dQuery, dKey, dValue, dBias, dSinks, dScore } = gradients;
  return names.map((name) => {
    if (name === 'query') return tfTensor(dQuery);
    if (name === 'key') return tfTensor(dKey);
    if (name === 'value') return tfTensor(dValue);
    if (name === 'bias') return tfTensor(dBias as Tensor);
    if (name === 'sinks') return tfTensor({ data: dSinks as Float32Array, shape: [dSinks?.length ?? 0] });
    return tfTensor((dScore as ScoreGradients)[name.slice('score.'.length) as keyof ScoreGradients] as Tensor);
  });
}

const asked: Readonly<Record<string, GradientName>> = { bias: 'bias', sinks: 'sinks' };
