/** Options that are unknown or out of range, and an `out` that overlaps. */
import { attention, matmul, mergeAttention, rmsNorm, softmax, softmin } from '../../src/node.js';
import { type Anything, attend, join, k, multiply, normalise, normed, onLengths, part, q, type Row, sharing, v, zeros } from './row.js';

export const options: readonly Row[] = [
  attend('a score that there is not', 'ERR_OPTION', ["score is 'manhattan'", "'dot', 'cosine', 'euclidean', or an object"], {
    options: () => ({ score: 'manhattan' }),
  }),
  attend('a kind of score that there is not', 'ERR_OPTION', ["score is kind 'bilinear'", "'general'"], {
    options: () => ({ score: { kind: 'bilinear' } }),
  }),
  attend('a score with fields given as a word', 'ERR_OPTION', ["score is 'rbf'", 'an object whose kind'], {
    options: () => ({ score: 'rbf' }),
  }),
  attend('a score that is a number', 'ERR_OPTION', ['score is 3'], { options: () => ({ score: 3 }) }),
  attend('gamma that is missing', 'ERR_OPTION', ['score.gamma is', 'a finite float32 number'], {
    options: () => ({ score: { kind: 'rbf' } }),
  }),
  attend('gamma of 0', 'ERR_OPTION', ['score.gamma is 0', 'above 0'], { options: () => ({ score: { kind: 'rbf', gamma: 0 } }) }),
  attend('gamma of NaN', 'ERR_OPTION', ['score.gamma is NaN'], { options: () => ({ score: { kind: 'rbf', gamma: Number.NaN } }) }),
  attend('a misspelt field of the score', 'ERR_OPTION', ["score has unknown field 'gama'", "did you mean 'gamma'"], {
    options: () => ({ score: { kind: 'rbf', gama: 1 } }),
  }),
  attend('a field of another score', 'ERR_OPTION', ["score has unknown field 'v'", 'weight'], {
    options: () => ({ score: { kind: 'general', weight: zeros(8, 8), v: zeros(8) } }),
  }),
  attend('a general score without its weight', 'ERR_OPTION', ['score.weight is undefined', 'a float32 Tensor'], {
    options: () => ({ score: { kind: 'general' } }),
  }),
  attend('scale of NaN', 'ERR_OPTION', ['scale is NaN', 'finite'], { options: () => ({ scale: Number.NaN }) }),
  attend('infinite scale', 'ERR_OPTION', ['scale is Infinity', 'finite'], { options: () => ({ scale: Number.POSITIVE_INFINITY }) }),
  attend('scale past float32', 'ERR_OPTION', ['scale is 1e+39', 'float32'], { options: () => ({ scale: 1e39 }) }),
  attend('scale that is no number', 'ERR_OPTION', ["scale is '1'"], { options: () => ({ scale: '1' }) }),
  attend('unknown option', 'ERR_OPTION', ["unknown option 'casual'", "did you mean 'causal'"], { options: () => ({ casual: true }) }),
  attend('option of PyTorch', 'ERR_OPTION', ["unknown option 'is_causal'", "'causal'"], { options: () => ({ is_causal: true }) }),
  attend('option of the twin', 'ERR_OPTION', ["'signal'", 'attentionAsync'], { options: () => ({ signal: new AbortController().signal }) }),
  attend('causal that is no boolean', 'ERR_OPTION', ['causal is 1', 'true or false'], { options: () => ({ causal: 1 }) }),
  attend('queryOffset that is no whole number', 'ERR_OPTION', ['queryOffset is 0.5', 'whole number'], {
    options: () => ({ queryOffset: 0.5 }),
  }),
  attend('window of one number', 'ERR_OPTION', ['window is [3]', '[left, right]'], { options: () => ({ window: [3] }) }),
  attend('window of negative size', 'ERR_OPTION', ['window is [-1, 3]'], { options: () => ({ window: [-1, 3] }) }),
  attend('window of NaN', 'ERR_OPTION', ['window is [NaN, 3]'], { options: () => ({ window: [Number.NaN, 3] }) }),
  attend('keyLengths past the keys', 'ERR_OPTION', ['keyLengths[0] is 6', '0 to 5'], { options: () => ({ keyLengths: Int32Array.of(6) }) }),
  attend('negative queryLengths', 'ERR_OPTION', ['queryLengths[0] is -1', '0 to 3'], {
    options: () => ({ queryLengths: Int32Array.of(-1) }),
  }),
  attend('softcap of 0', 'ERR_OPTION', ['softcap is 0', 'above 0'], { options: () => ({ softcap: 0 }) }),
  attend('negative softcap', 'ERR_OPTION', ['softcap is -1', 'above 0'], { options: () => ({ softcap: -1 }) }),
  attend('unknown layout', 'ERR_OPTION', ["layout is 'sbhd'", "'bhsd' or 'bshd'"], { options: () => ({ layout: 'sbhd' }) }),
  {
    name: 'attention: options that are no object',
    code: 'ERR_OPTION',
    words: ['attention: the last argument is true', 'object of options'],
    call: () => attention(q(), k(), v(), true as Anything),
  },
  multiply(
    'unknown option',
    'ERR_OPTION',
    ["unknown option 'transB'", "'transposeB'"],
    () => zeros(3, 5),
    () => zeros(5, 4),
    () => ({ transB: true }),
  ),
  multiply(
    'unknown activation',
    'ERR_OPTION',
    ["activation is 'silu'", "'relu', 'gelu' or 'tanh'"],
    () => zeros(3, 5),
    () => zeros(5, 4),
    () => ({ activation: 'silu' }),
  ),
  normalise(
    'axis past the rank',
    'ERR_OPTION',
    ['axis is 2', '-2 to 1'],
    () => zeros(3, 4),
    () => ({ axis: 2 }),
  ),
  normalise(
    'axis that is no whole number',
    'ERR_OPTION',
    ['axis is 0.5', 'whole number'],
    () => zeros(3, 4),
    () => ({ axis: 0.5 }),
  ),
  normalise(
    'unknown option',
    'ERR_OPTION',
    ["unknown option 'dim'"],
    () => zeros(3, 4),
    () => ({ dim: 1 }),
  ),
  {
    name: 'softmin: scale of NaN',
    code: 'ERR_OPTION',
    words: ['softmin: scale is NaN'],
    call: (out) => softmin(zeros(3, 4), { scale: Number.NaN, out: { ...out, shape: [3, 4] } }),
  },
  normed(
    'epsilon below 0',
    'ERR_OPTION',
    ['epsilon is -0.1', 'a finite float32 number from 0'],
    () => zeros(3, 4),
    () => ({ epsilon: -0.1 }),
  ),
  normed(
    'epsilon that is no number',
    'ERR_OPTION',
    ['epsilon is NaN'],
    () => zeros(3, 4),
    () => ({ epsilon: Number.NaN }),
  ),
  normed(
    'unknown option',
    'ERR_OPTION',
    ["unknown option 'eps'"],
    () => zeros(3, 4),
    () => ({ eps: 1 }),
  ),
  {
    name: 'rmsNorm: beta, which it has not',
    code: 'ERR_OPTION',
    words: ["rmsNorm: unknown option 'beta'", 'gamma, epsilon, out'],
    call: (out) => rmsNorm(zeros(3, 4), { beta: zeros(4), out: { ...out, shape: [3, 4] } } as Anything),
  },
  join('no parts', 'ERR_OPTION', ['parts is empty', 'at least one'], () => []),
  join('a part without logSumExp', 'ERR_OPTION', ['parts[0].logSumExp is missing', 'returnLogSumExp'], () => [{ output: zeros(3, 4) }]),
  // out against inputs and itself, by byte range.
  {
    name: 'attention: out that is the query',
    code: 'ERR_OPTION',
    words: ['out is overlapping query', 'no input'],
    call: (out) => attention(sharing(out, [1, 4, 3, 6], 0), zeros(1, 2, 5, 6), v(), { out }),
  },
  {
    name: 'attention: out that meets the key in its last element',
    code: 'ERR_OPTION',
    words: ['out is overlapping key'],
    call: (out) => attention(q(), sharing(out, [1, 2, 5, 8], 71), v(), { out }),
  },
  {
    name: 'attention: out on the bytes of the mask',
    code: 'ERR_OPTION',
    words: ['out is overlapping mask'],
    call: (out) => attention(q(), k(), v(), { out, mask: { data: new Uint8Array(out.data.buffer, 280, 5), shape: [5] } }),
  },
  {
    name: 'attention: out on the bytes of the sinks',
    code: 'ERR_OPTION',
    words: ['out is overlapping sinks'],
    call: (out) => attention(q(), k(), v(), { out, sinks: out.data.subarray(0, 4) }),
  },
  {
    name: 'attention: out on the bytes of keyLengths',
    code: 'ERR_OPTION',
    words: ['out is overlapping keyLengths'],
    call: () => attention(q(), k(), v(), onLengths(zeros(1, 4, 3, 6))),
  },
  attend('out that overlaps itself', 'ERR_OPTION', ['out is overlapping itself', 'strides'], {
    options: () => ({ out: { ...zeros(1, 4, 3, 6), strides: [72, 18, 0, 1] } }),
  }),
  {
    name: 'matmul: out that is a',
    code: 'ERR_OPTION',
    words: ['out is overlapping a'],
    call: (out) => matmul(sharing(out, [3, 5], 0) as Anything, zeros(5, 4), { out: { ...out, shape: [3, 4] } }),
  },
  {
    name: 'softmax: out that is x',
    code: 'ERR_OPTION',
    words: ['out is overlapping x'],
    call: (out) => softmax(sharing(out, [3, 4], 0) as Anything, { out: { ...out, shape: [3, 4] } }),
  },
  {
    name: 'rmsNorm: out that is gamma',
    code: 'ERR_OPTION',
    words: ['out is overlapping gamma'],
    call: (out) => rmsNorm(zeros(3, 4), { gamma: sharing(out, [4], 0) as Anything, out: { ...out, shape: [3, 4] } }),
  },
  {
    name: 'mergeAttention: out that is a part',
    code: 'ERR_OPTION',
    words: ['out is overlapping parts[1].output'],
    call: (out) => mergeAttention([part(), { ...part(), output: sharing(out, [3, 4], 3) as Anything }], { out: { ...out, shape: [3, 4] } }),
  },
];
