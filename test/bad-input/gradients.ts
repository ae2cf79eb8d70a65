/** softmaxBackward, layerNormBackward, rmsNormBackward and linearBackward with one thing wrong. */
import { type FoveaErrorCode, layerNormBackward, linearBackward, packMatrix, rmsNormBackward, softmaxBackward } from '../../src/node.js';
import { type Anything, type Row, sharing, zeros } from './row.js';

interface Change {
  readonly x?: () => Anything;
  readonly weight?: () => Anything;
  readonly dOutput?: () => Anything;
  /** @param out full of 7s, which are to stay */
  readonly options?: (out: Anything) => Anything;
}

const half = (...shape: number[]) => ({ data: new Uint16Array(zeros(...shape).data.length), shape, dtype: 'float16' });

function row(op: string, run: (change: Change, out: Anything) => unknown) {
  return (name: string, code: FoveaErrorCode, words: readonly string[], change: Change): Row => ({
    name: `${op}: ${name}`,
    code,
    words: [`${op}: `, ...words],
    call: (out) => run(change, out),
  });
}

/** A result of one shape, in the memory of out. */
const inside = (out: Anything, ...shape: number[]) => sharing(out, shape, 0);

const softmax = row('softmaxBackward', ({ x, dOutput, options }, out) =>
  softmaxBackward(x?.() ?? zeros(3, 4), dOutput?.() ?? zeros(3, 4), { out: inside(out, 3, 4), ...options?.(out) }),
);
const layer = row('layerNormBackward', ({ x, dOutput, options }, out) =>
  layerNormBackward(x?.() ?? zeros(3, 4), dOutput?.() ?? zeros(3, 4), { out: { dX: inside(out, 3, 4) }, ...options?.(out) }),
);
const rms = row('rmsNormBackward', ({ x, dOutput, options }, out) =>
  rmsNormBackward(x?.() ?? zeros(3, 4), dOutput?.() ?? zeros(3, 4), { out: { dX: inside(out, 3, 4) }, ...options?.(out) }),
);
const linear = row('linearBackward', ({ x, weight, dOutput, options }, out) =>
  linearBackward(x?.() ?? zeros(3, 4), weight?.() ?? zeros(4, 2), dOutput?.() ?? zeros(3, 2), {
    out: { dX: inside(out, 3, 4) },
    ...options?.(out),
  }),
);

/** What all four refuse alike: x is [3, 4]. */
const alike = (one: ReturnType<typeof row>, x: string, seed: string): readonly Row[] => [
  one('no x', 'ERR_DTYPE', [`${x} has 5`, 'a tensor { data, shape }'], { x: () => 5 }),
  one('x of rank 0', 'ERR_SHAPE', [`${x} has rank 0`, 'rank 1 to 8'], { x: () => zeros() }),
  one('no dOutput', 'ERR_DTYPE', ['dOutput has', 'a tensor { data, shape }'], { dOutput: () => 'none' }),
  one('dOutput of another shape', 'ERR_SHAPE', ['dOutput has shape [3, 3]', seed], { dOutput: () => zeros(3, 3) }),
  one('dOutput of another dtype', 'ERR_DTYPE', ['dOutput has dtype float16', 'expected float32'], {
    dOutput: () => half(...(seed === '[3, 2]' ? [3, 2] : [3, 4])),
  }),
  one('dOutput in an Int32Array', 'ERR_DTYPE', ['dOutput has data that is an Int32Array'], {
    dOutput: () => ({ data: new Int32Array(12), shape: [3, 4] }),
  }),
  one('options that are none', 'ERR_OPTION', ['unknown option', 'did you mean'], { options: () => ({ uot: 1 }) }),
  one('an option of the twin', 'ERR_OPTION', ["option 'signal' belongs to"], { options: () => ({ signal: undefined }) }),
];

/** What those refuse that write several results. */
const several = (one: ReturnType<typeof row>, names: string): readonly Row[] => [
  one('out that is no object of tensors', 'ERR_OPTION', ['out is an Array', names], { options: () => ({ out: [] }) }),
  one('a result that there is not', 'ERR_OPTION', ["out has unknown field 'dx'", "did you mean 'dX'"], {
    options: () => ({ out: { dx: zeros(3, 4) } }),
  }),
  one('out.dX of another shape', 'ERR_SHAPE', ['out.dX has shape [4, 3]', '[3, 4]'], {
    options: (out) => ({ out: { dX: inside(out, 4, 3) } }),
  }),
  one('out.dX of another dtype', 'ERR_DTYPE', ['out.dX has dtype float16', 'expected float32'], {
    options: () => ({ out: { dX: half(3, 4) } }),
  }),
  one('out.dX that reaches elements twice', 'ERR_OPTION', ['out.dX is overlapping itself'], {
    options: (out) => ({ out: { dX: { ...inside(out, 3, 4), strides: [1, 1] } } }),
  }),
];

const norms = (one: ReturnType<typeof row>, names: string): readonly Row[] => [
  ...alike(one, 'x', '[3, 4]'),
  ...several(one, names),
  one('x of rank 9', 'ERR_SHAPE', ['x has rank 9'], { x: () => zeros(1, 1, 1, 1, 1, 1, 1, 3, 4) }),
  one('gamma of another width', 'ERR_SHAPE', ['gamma has shape [3]', '[4]'], { options: () => ({ gamma: zeros(3) }) }),
  one('gamma of float16', 'ERR_DTYPE', ['gamma has data that is a Uint16Array'], { options: () => ({ gamma: half(4) }) }),
  one('epsilon below 0', 'ERR_OPTION', ['epsilon is -1', 'from 0'], { options: () => ({ epsilon: -1 }) }),
  one('epsilon of NaN', 'ERR_OPTION', ['epsilon is NaN'], { options: () => ({ epsilon: Number.NaN }) }),
  one('beta, which changes nothing', 'ERR_OPTION', ["unknown option 'beta'"], { options: () => ({ beta: zeros(4) }) }),
  one('out.dGamma of another shape', 'ERR_SHAPE', ['out.dGamma has shape [3]', '[4]'], {
    options: (out) => ({ out: { dGamma: inside(out, 3) } }),
  }),
  one('out.dGamma that is no float32', 'ERR_DTYPE', ['out.dGamma has dtype float16'], { options: () => ({ out: { dGamma: half(4) } }) }),
  one('out.dGamma that is gamma', 'ERR_OPTION', ['out.dGamma is overlapping gamma'], {
    options: (out) => ({ gamma: inside(out, 4), out: { dGamma: inside(out, 4) } }),
  }),
  one('results over each other', 'ERR_OPTION', ['out.dGamma is overlapping out.dX'], {
    options: (out) => ({ out: { dX: inside(out, 3, 4), dGamma: inside(out, 4) } }),
  }),
];

export const gradients: readonly Row[] = [
  ...alike(softmax, 'y', '[3, 4]'),
  softmax('axis beyond the rank', 'ERR_OPTION', ['axis is 2', '-2 to 1', 'y is [3, 4]'], { options: () => ({ axis: 2 }) }),
  softmax('axis that is no whole number', 'ERR_OPTION', ['axis is 0.5'], { options: () => ({ axis: 0.5 }) }),
  softmax('scale of Infinity', 'ERR_OPTION', ['scale is Infinity', 'finite'], { options: () => ({ scale: Number.POSITIVE_INFINITY }) }),
  softmax('a mask, which y has seen already', 'ERR_OPTION', ["unknown option 'mask'"], { options: () => ({ mask: zeros(4) }) }),
  softmax('out of another shape', 'ERR_SHAPE', ['out has shape [4, 3]'], { options: (out) => ({ out: inside(out, 4, 3) }) }),
  {
    name: 'softmaxBackward: out that is y',
    code: 'ERR_OPTION',
    words: ['softmaxBackward: ', 'out is overlapping y'],
    call: (out) => softmaxBackward(inside(out, 3, 4), zeros(3, 4), { out: inside(out, 3, 4) }),
  },
  {
    name: 'softmaxBackward: out that is dOutput',
    code: 'ERR_OPTION',
    words: ['softmaxBackward: ', 'out is overlapping dOutput'],
    call: (out) => softmaxBackward(zeros(3, 4), inside(out, 3, 4), { out: inside(out, 3, 4) }),
  },
  ...norms(layer, 'dX, dGamma, dBeta'),
  ...norms(rms, 'dX, dGamma'),
  layer('out.dBeta of another shape', 'ERR_SHAPE', ['out.dBeta has shape [2, 2]', '[4]'], {
    options: (out) => ({ out: { dBeta: inside(out, 2, 2) } }),
  }),
  rms('out.dBeta, which it has not', 'ERR_OPTION', ["out has unknown field 'dBeta'"], { options: () => ({ out: { dBeta: zeros(4) } }) }),
  {
    name: 'layerNormBackward: out.dX that is x',
    code: 'ERR_OPTION',
    words: ['layerNormBackward: ', 'out.dX is overlapping x'],
    call: (out) => layerNormBackward(inside(out, 3, 4), zeros(3, 4), { out: { dX: inside(out, 3, 4) } }),
  },
  ...alike(linear, 'x', '[3, 2]'),
  ...several(linear, 'dX, dWeight, dBias'),
  linear('a weight of another width', 'ERR_SHAPE', ['weight has 3 rows', '4, the numbers in a row of x'], { weight: () => zeros(3, 2) }),
  linear('a weight of rank 3', 'ERR_SHAPE', ['weight has rank 3', '[in, out]'], { weight: () => zeros(1, 4, 2) }),
  linear('a weight of another dtype', 'ERR_DTYPE', ['weight has dtype float16', 'the dtype of x'], { weight: () => half(4, 2) }),
  linear('a packed weight', 'ERR_DTYPE', ['weight has', 'a tensor { data, shape }'], { weight: () => packMatrix(zeros(4, 2)) }),
  linear('a bias of another width', 'ERR_SHAPE', ['bias has shape [4]', '[2]'], { options: () => ({ bias: zeros(4) }) }),
  linear('an activation that there is not', 'ERR_OPTION', ["activation is 'swish'", "'relu', 'gelu', 'tanh' or 'sigmoid'"], {
    options: () => ({ activation: 'swish' }),
  }),
  linear('out.dWeight of another shape', 'ERR_SHAPE', ['out.dWeight has shape [2, 4]', '[4, 2]'], {
    options: (out) => ({ out: { dWeight: inside(out, 2, 4) } }),
  }),
  linear('out.dBias of another shape', 'ERR_SHAPE', ['out.dBias has shape [1, 2]', '[2]'], {
    options: (out) => ({ out: { dBias: inside(out, 1, 2) } }),
  }),
  {
    name: 'linearBackward: out.dWeight that is the weight',
    code: 'ERR_OPTION',
    words: ['linearBackward: ', 'out.dWeight is overlapping weight'],
    call: (out) => linearBackward(zeros(3, 4), inside(out, 4, 2), zeros(3, 2), { out: { dWeight: inside(out, 4, 2) } }),
  },
  linear('results over each other', 'ERR_OPTION', ['out.dWeight is overlapping out.dX'], {
    options: (out) => ({ out: { dX: inside(out, 3, 4), dWeight: inside(out, 4, 2) } }),
  }),
];
