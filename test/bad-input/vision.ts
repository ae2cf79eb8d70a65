/** What a caller of fovea/vision may get wrong. */
import { attention2d, cbam, efficientChannel, nonLocal, spatialAttention, squeezeExcite } from '../../src/vision/index.js';
import { type Anything, detached, type Row, sharing, zeros } from './row.js';

type Changes = Readonly<Record<string, unknown>>;

/** Two images of 4 × 6 with 3 channels. */
const image = () => zeros(2, 4, 6, 3);
const map = (rows: number, columns: number) => ({ weight: zeros(rows, columns), bias: zeros(columns) });

/** Each function with its right options. */
const functions: Readonly<Record<string, { readonly run: (x: Anything, options: Anything) => unknown; readonly options: () => Changes }>> =
  {
    squeezeExcite: { run: squeezeExcite, options: () => ({ reduce: map(3, 2), expand: map(2, 3) }) },
    efficientChannel: { run: efficientChannel, options: () => ({ kernel: zeros(3) }) },
    spatialAttention: { run: spatialAttention, options: () => ({ kernel: zeros(3, 5, 2, 1), bias: zeros(1) }) },
    cbam: { run: cbam, options: () => ({ reduce: map(3, 2), expand: map(2, 3), kernel: zeros(3, 3, 2, 1) }) },
    nonLocal: { run: nonLocal, options: () => ({ theta: map(3, 4), phi: map(3, 4), g: map(3, 5), out: map(5, 3) }) },
    attention2d: {
      run: attention2d,
      options: () => ({ qkv: map(3, 24), out: map(8, 3), heads: 2, window: [2, 3], relativePositionBias: zeros(15, 2) }),
    },
  };

/** The channels of x are weighted in memory of the caller's. */
const takesOut = ['squeezeExcite', 'efficientChannel', 'spatialAttention', 'cbam'];

/** A call that is right but for what is changed. */
const row = (
  name: string,
  what: string,
  code: Row['code'],
  words: readonly string[],
  change: () => Changes,
  x: () => Anything = image,
): Row => ({
  name: `${name}: ${what}`,
  code,
  words: [`${name}: `, ...words],
  call: (out) => {
    const { run, options } = functions[name] ?? { run: () => undefined, options: () => ({}) };
    const own = takesOut.includes(name) ? { out: { ...out, shape: [2, 4, 6, 3] } } : {};
    return run(x(), { ...options(), ...own, ...change() });
  },
});

const none = () => ({});
const ofAll: readonly Row[] = Object.keys(functions).flatMap((name) => [
  row(name, 'no x', 'ERR_DTYPE', ['x has no value', 'a tensor { data, shape }'], none, () => undefined),
  row(name, 'x of rank 3', 'ERR_SHAPE', ['x has rank 3', 'rank 4: [b, h, w, c]'], none, () => zeros(4, 6, 3)),
  row(
    name,
    'nchw of rank 2',
    'ERR_SHAPE',
    ['x has rank 2', '[b, c, h, w]'],
    () => ({ layout: 'nchw' }),
    () => zeros(4, 6),
  ),
  row(name, 'x of float16', 'ERR_DTYPE', ['x has data that is a Uint16Array', 'a Float32Array'], none, () => ({
    data: new Uint16Array(144),
    shape: [2, 4, 6, 3],
    dtype: 'float16',
  })),
  row(name, 'x that is detached', 'ERR_SHAPE', ['x has data of 0 elements', 'detached'], none, () => ({
    ...detached(),
    shape: [2, 4, 6, 3],
  })),
  row(name, 'no layout of ours', 'ERR_OPTION', ["layout is 'nhcw'", "'nhwc' or 'nchw'"], () => ({ layout: 'nhcw' })),
  row(name, 'an unknown option', 'ERR_OPTION', ["unknown option 'layuot'", "did you mean 'layout'"], () => ({ layuot: 'nhwc' })),
  row(name, 'an option of its twin', 'ERR_OPTION', [`option 'signal' belongs to ${name}Async`], () => ({ signal: undefined })),
]);

const linearRows: readonly Row[] = [
  ['squeezeExcite', 'reduce'],
  ['squeezeExcite', 'expand'],
  ['cbam', 'reduce'],
  ['cbam', 'expand'],
  ['nonLocal', 'theta'],
  ['nonLocal', 'phi'],
  ['nonLocal', 'g'],
  ['nonLocal', 'out'],
  ['attention2d', 'qkv'],
  ['attention2d', 'out'],
].flatMap(([name = '', option = '']) => [
  row(name, `no ${option}`, 'ERR_OPTION', [`${option} is undefined`, 'the weights of a linear map { weight, bias }'], () => ({
    [option]: undefined,
  })),
  row(name, `${option} that is a number`, 'ERR_OPTION', [`${option} is 3`], () => ({ [option]: 3 })),
  row(name, `${option} misspelt`, 'ERR_OPTION', [`unknown option '${option}.wieght'`, `did you mean '${option}.weight'`], () => ({
    [option]: { wieght: zeros(3, 3) },
  })),
  row(name, `${option} of another width`, 'ERR_SHAPE', [`${option}.weight has 7 rows`, `it is [7, 3]`], () => ({ [option]: map(7, 3) })),
  row(name, `${option} that is no matrix`, 'ERR_SHAPE', [`${option}.weight has rank 1`, 'rank 2: [in, out]'], () => ({
    [option]: { weight: zeros(3) },
  })),
  row(name, `${option} without a weight`, 'ERR_DTYPE', [`${option}.weight has no value`], () => ({ [option]: { bias: zeros(3) } })),
  row(
    name,
    `${option} with a bias of another width`,
    'ERR_SHAPE',
    [`${option}.bias has shape [4]`, '[2]', `${option}.weight is [3, 2]`],
    () => ({
      [option]: { weight: zeros(3, 2), bias: zeros(4) },
    }),
  ),
  row(name, `${option} with a bias of bfloat16`, 'ERR_DTYPE', [`${option}.bias has data that is a Uint16Array`], () => ({
    [option]: { weight: zeros(3, 2), bias: { data: new Uint16Array(2), shape: [2], dtype: 'bfloat16' } },
  })),
]);

const outRows: readonly Row[] = takesOut.flatMap((name) => [
  row(name, 'out of another shape', 'ERR_SHAPE', ['out has shape [2, 6, 4, 3]', '[2, 4, 6, 3]'], () => ({ out: zeros(2, 6, 4, 3) })),
  row(
    name,
    'out of the other layout',
    'ERR_SHAPE',
    ['out has shape [2, 4, 6, 3]', '[2, 3, 4, 6]'],
    () => ({ out: zeros(2, 4, 6, 3), layout: 'nchw' }),
    () => zeros(2, 3, 4, 6),
  ),
  row(name, 'out of float16', 'ERR_DTYPE', ['out has dtype float16', 'float32'], () => ({
    out: { data: new Uint16Array(144), shape: [2, 4, 6, 3], dtype: 'float16' },
  })),
  row(name, 'out that overlaps itself', 'ERR_OPTION', ['out is overlapping itself'], () => ({
    out: { ...zeros(200), shape: [2, 4, 6, 3], strides: [72, 18, 3, 0] },
  })),
  {
    name: `${name}: out that is x`,
    code: 'ERR_OPTION',
    words: [`${name}: `, 'out is overlapping x'],
    call: (out) =>
      functions[name]?.run(sharing(out, [2, 4, 6, 3], 0), { ...functions[name]?.options(), out: { ...out, shape: [2, 4, 6, 3] } }),
  },
]);

const others: readonly Row[] = [
  row('squeezeExcite', 'maps that do not meet', 'ERR_SHAPE', ['expand.weight has 4 rows', '2, the columns of reduce.weight'], () => ({
    expand: map(4, 3),
  })),
  row('cbam', 'a map to other channels', 'ERR_SHAPE', ['expand.weight has 5 columns', '3, the channels of x'], () => ({
    expand: map(2, 5),
  })),
  {
    name: 'cbam: out that is a bias',
    code: 'ERR_OPTION',
    words: ['out is overlapping expand.bias'],
    call: (out) =>
      cbam(image(), {
        ...(functions.cbam?.options() as Anything),
        expand: { weight: zeros(2, 3), bias: sharing(out, [3], 0) },
        out: { ...out, shape: [2, 4, 6, 3] },
      }),
  },
  row('efficientChannel', 'no kernel', 'ERR_DTYPE', ['kernel has no value'], () => ({ kernel: undefined })),
  row('efficientChannel', 'an even kernel', 'ERR_SHAPE', ['kernel has shape [4]', 'odd sizes'], () => ({ kernel: zeros(4) })),
  row('efficientChannel', 'an empty kernel', 'ERR_SHAPE', ['kernel has shape [0]', 'odd sizes'], () => ({ kernel: zeros(0) })),
  row('efficientChannel', 'a kernel of two dimensions', 'ERR_SHAPE', ['kernel has rank 2', 'rank 1: [k]'], () => ({ kernel: zeros(3, 1) })),
  ...['spatialAttention', 'cbam'].flatMap((name) => [
    row(name, 'no kernel', 'ERR_DTYPE', ['kernel has no value'], () => ({ kernel: undefined })),
    row(name, 'an even kernel', 'ERR_SHAPE', ['kernel has shape [3, 4, 2, 1]', 'odd sizes'], () => ({ kernel: zeros(3, 4, 2, 1) })),
    row(name, 'a kernel of one map', 'ERR_SHAPE', ['kernel has shape [3, 3, 1, 1]', '[kh, kw, 2, 1]'], () => ({
      kernel: zeros(3, 3, 1, 1),
    })),
    row(name, 'a kernel of PyTorch', 'ERR_SHAPE', ['kernel has shape [1, 2, 7, 7]', '[kh, kw, 2, 1]'], () => ({
      kernel: zeros(1, 2, 7, 7),
    })),
  ]),
  row('spatialAttention', 'two biases', 'ERR_SHAPE', ['bias has shape [2]', '[1]'], () => ({ bias: zeros(2) })),
  row('spatialAttention', 'a bias that is a number', 'ERR_DTYPE', ['bias has 0.5'], () => ({ bias: 0.5 })),
  row('nonLocal', 'theta and phi of different widths', 'ERR_SHAPE', ['phi.weight has 5 columns', '4, the columns of theta.weight'], () => ({
    phi: map(3, 5),
  })),
  row('nonLocal', 'out to other channels', 'ERR_SHAPE', ['out.weight has 4 columns', '3, the channels of x'], () => ({ out: map(5, 4) })),
  row('nonLocal', 'returnWeights of another type', 'ERR_OPTION', ['returnWeights is 1'], () => ({ returnWeights: 1 })),
  row('attention2d', 'no heads', 'ERR_OPTION', ['heads is undefined', 'a whole number from 1'], () => ({ heads: undefined })),
  row('attention2d', 'no head at all', 'ERR_OPTION', ['heads is 0'], () => ({ heads: 0 })),
  row('attention2d', 'heads that do not divide the columns', 'ERR_SHAPE', ['qkv.weight has 24 columns', 'a multiple of 15'], () => ({
    heads: 5,
  })),
  row(
    'attention2d',
    'a window that does not divide the image',
    'ERR_SHAPE',
    ['x has images of 4 × 6', 'multiples of the window, 4 × 4'],
    () => ({
      window: 4,
      relativePositionBias: undefined,
    }),
  ),
  row('attention2d', 'a window of 0', 'ERR_OPTION', ['window is 0', 'a whole number from 1'], () => ({ window: 0 })),
  row('attention2d', 'a window of three sizes', 'ERR_OPTION', ['window is [2, 2, 2]', '[height, width]'], () => ({ window: [2, 2, 2] })),
  row('attention2d', 'a window of one and a half', 'ERR_OPTION', ['window is [2, 1.5]'], () => ({ window: [2, 1.5] })),
  row('attention2d', 'a shift below 0', 'ERR_OPTION', ['shift is -1', 'a whole number from 0'], () => ({ shift: -1 })),
  row('attention2d', 'a shift of a whole window', 'ERR_OPTION', ['shift is [0, 3]', 'less than the window', '[2, 3]'], () => ({
    shift: [0, 3],
  })),
  row('attention2d', 'a shift without a window', 'ERR_OPTION', ['shift is [1, 1]', 'no window'], () => ({
    shift: 1,
    window: undefined,
    relativePositionBias: undefined,
  })),
  row(
    'attention2d',
    'positions of another window',
    'ERR_SHAPE',
    ['relativePositionBias has shape [15, 2]', '[77, 2]', '(2·4 − 1)·(2·6 − 1)'],
    () => ({
      window: undefined,
    }),
  ),
  row('attention2d', 'positions of other heads', 'ERR_SHAPE', ['relativePositionBias has shape [15, 3]', '[15, 2]'], () => ({
    relativePositionBias: zeros(15, 3),
  })),
];

export const vision: readonly Row[] = [...ofAll, ...linearRows, ...outRows, ...others];
