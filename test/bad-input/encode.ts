/** What may be wrong with the arguments of embedding, sinusoidalPositions and linear. */
import { embedding, type FoveaErrorCode, linear, sinusoidalPositions } from '../../src/node.js';
import { type Anything, type Row, sharing, zeros } from './row.js';

const ids = (...values: number[]) => Int32Array.from(values);
const table = () => zeros(5, 4);

const embed = (
  name: string,
  code: FoveaErrorCode,
  words: readonly string[],
  change: { ids?: () => Anything; table?: () => Anything; options?: (out: Anything) => Anything },
): Row => ({
  name: `embedding: ${name}`,
  code,
  words: ['embedding: ', ...words],
  call: (out) =>
    embedding(change.ids?.() ?? ids(0, 1, 2), change.table?.() ?? table(), { out: { ...out, shape: [3, 4] }, ...change.options?.(out) }),
});

const positions = (name: string, code: FoveaErrorCode, words: readonly string[], ...args: Anything[]): Row => ({
  name: `sinusoidalPositions: ${name}`,
  code,
  words: ['sinusoidalPositions: ', ...words],
  call: () => sinusoidalPositions(...(args as [number, number])),
});

const layer = (
  name: string,
  code: FoveaErrorCode,
  words: readonly string[],
  change: { x?: () => Anything; weight?: () => Anything; options?: (out: Anything) => Anything },
): Row => ({
  name: `linear: ${name}`,
  code,
  words: ['linear: ', ...words],
  call: (out) =>
    linear(change.x?.() ?? zeros(3, 5), change.weight?.() ?? zeros(5, 4), { out: { ...out, shape: [3, 4] }, ...change.options?.(out) }),
});

export const encode: readonly Row[] = [
  embed('an id past the table', 'ERR_OPTION', ['ids[2] is 5', '0 to 4', 'table has 5 rows'], { ids: () => ids(0, 4, 5) }),
  embed('a negative id, by its place', 'ERR_OPTION', ['ids[1, 0] is -1', '0 to 4'], {
    ids: () => ({ data: ids(0, 1, -1, 2), shape: [2, 2] }),
    options: () => ({ out: undefined }),
  }),
  embed('an id that is no list', 'ERR_OPTION', ['ids is 7'], {
    ids: () => ({ data: ids(7), shape: [] }),
    options: () => ({ out: undefined }),
  }),
  embed('ids of an empty table', 'ERR_OPTION', ['ids[0] is 0', 'no id at all'], { table: () => zeros(0, 4) }),
  embed('ids that are floats', 'ERR_DTYPE', ['ids has data that is a Float32Array', 'an Int32Array'], { ids: () => new Float32Array(3) }),
  embed('ids that are a list', 'ERR_DTYPE', ['ids has an Array', 'a tensor'], { ids: () => [0, 1, 2] }),
  embed('ids of a dtype', 'ERR_DTYPE', ["ids has an Int32Array with dtype 'float32'"], {
    ids: () => ({ data: ids(1), shape: [1], dtype: 'float32' }),
  }),
  embed('ids that reach past their data', 'ERR_SHAPE', ['ids has data of 3 elements', 'at least 4'], {
    ids: () => ({ data: ids(1, 2, 3), shape: [4] }),
  }),
  embed('a table of rank 3', 'ERR_SHAPE', ['table has rank 3', '[rows, d]'], { table: () => zeros(1, 5, 4) }),
  embed('a table without data', 'ERR_DTYPE', ['table has data that is null'], { table: () => ({ data: null, shape: [5, 4] }) }),
  embed('out of another shape', 'ERR_SHAPE', ['out has shape [4, 3]', '[3, 4]'], { options: () => ({ out: zeros(4, 3) }) }),
  {
    name: 'embedding: out over the table',
    code: 'ERR_OPTION',
    words: ['embedding: out is overlapping table'],
    call: (out) => embedding(ids(0, 1, 2), sharing(out, [5, 4], 8) as Anything, { out: { ...out, shape: [3, 4] } }),
  },
  {
    name: 'embedding: out over the ids',
    code: 'ERR_OPTION',
    words: ['embedding: out is overlapping ids'],
    call: () => {
      const out = zeros(3, 4);
      embedding(new Int32Array(out.data.buffer, 0, 3), table(), { out });
    },
  },
  embed('an option of a twin, which it has not', 'ERR_OPTION', ["unknown option 'signal'", 'options are out'], {
    options: () => ({ signal: new AbortController().signal }),
  }),
  positions('an odd dim', 'ERR_SHAPE', ['rows of 5', 'an even dim'], 3, 5),
  positions('a negative length', 'ERR_OPTION', ['length is -1', 'a whole number from 0'], -1, 4),
  positions('a dim that is no whole number', 'ERR_OPTION', ['dim is 2.5'], 3, 2.5),
  positions('no dim', 'ERR_OPTION', ['dim is undefined'], 3),
  positions('an unknown option', 'ERR_OPTION', ["unknown option 'half'", "did you mean 'halves'"], 3, 4, { half: true }),
  positions('more than there is memory', 'ERR_OUT_OF_MEMORY', ['no memory'], 2 ** 40, 2 ** 12),
  layer('a weight of other rows', 'ERR_SHAPE', ['weight has 6 rows', '5, the numbers in a row of x', 'x is [3, 5], weight is [6, 4]'], {
    weight: () => zeros(6, 4),
  }),
  layer('a weight as PyTorch keeps it', 'ERR_SHAPE', ['weight has 4 rows', 'expected 5'], { weight: () => zeros(4, 5) }),
  layer('a weight of rank 3', 'ERR_SHAPE', ['weight has rank 3', '[in, out]'], { weight: () => zeros(1, 5, 4) }),
  layer('x of rank 0', 'ERR_SHAPE', ['x has rank 0', 'rank 1 to 8'], { x: () => zeros() }),
  layer('x of rank 9', 'ERR_SHAPE', ['x has rank 9'], { x: () => zeros(1, 1, 1, 1, 1, 1, 1, 3, 5) }),
  layer('dtypes that differ', 'ERR_DTYPE', ['weight has dtype float16', 'float32, the dtype of x'], {
    weight: () => ({ data: new Uint16Array(20), shape: [5, 4], dtype: 'float16' }),
  }),
  layer('a weight that is no tensor', 'ERR_DTYPE', ['weight has an Object', 'a tensor'], { weight: () => ({}) }),
  layer('a bias of another width', 'ERR_SHAPE', ['bias has shape [5]', '[4], one for each column of weight'], {
    options: () => ({ bias: zeros(5) }),
  }),
  layer('an unknown activation', 'ERR_OPTION', ["activation is 'silu'", "'sigmoid'"], { options: () => ({ activation: 'silu' }) }),
  layer('an option of matmul', 'ERR_OPTION', ["unknown option 'transposeB'", 'options are bias, activation, out'], {
    options: () => ({ transposeB: true }),
  }),
  layer('an option of its twin', 'ERR_OPTION', ["'signal' belongs to linearAsync"], {
    options: () => ({ signal: new AbortController().signal }),
  }),
  {
    name: 'linear: out that is the weight',
    code: 'ERR_OPTION',
    words: ['linear: out is overlapping weight'],
    call: (out) => linear(zeros(3, 5), sharing(out, [5, 4], 4) as Anything, { out: { ...out, shape: [3, 4] } }),
  },
];
