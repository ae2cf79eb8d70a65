/** What a caller of KVCache may get wrong: a cache of three tokens a row, and one call on it that is refused. */
import { type FoveaErrorCode, KVCache } from '../../src/node.js';
import { type Anything, zeros } from './row.js';

const sizes = { batch: 2, kvHeads: 2, headDim: 8, valueDim: 6, capacity: 10 };
const made = (options: Anything = {}) => new KVCache({ ...sizes, ...options });
export const k = (...change: number[]) => zeros(...[2, 2, 3, 8].map((size, i) => change[i] ?? size));
export const v = (...change: number[]) => zeros(...[2, 2, 3, 6].map((size, i) => change[i] ?? size));

/** A cache of three tokens a row. */
export function filled(options: Anything = {}): KVCache {
  const cache = made(options);
  cache.append(k(), v());
  return cache;
}

export const cacheRows: readonly [string, (cache: Anything) => unknown, FoveaErrorCode, readonly string[]][] = [
  ['no batch', () => made({ batch: undefined }), 'ERR_OPTION', ['KVCache: batch is undefined', 'whole number from 1']],
  ['capacity 0', () => made({ capacity: 0 }), 'ERR_OPTION', ['capacity is 0']],
  ['half a capacity', () => made({ capacity: 1.5 }), 'ERR_OPTION', ['capacity is 1.5']],
  ['a capacity whose bytes overflow', () => made({ capacity: 2 ** 53 - 1 }), 'ERR_OUT_OF_MEMORY', ['overflow']],
  ['more positions than lengths can say', () => made({ capacity: 2 ** 31 }), 'ERR_OPTION', ['at most 2147483647']],
  ['an unknown dtype', () => made({ dtype: 'int4' }), 'ERR_OPTION', ["'int4'", "'int8'"]],
  ['a misspelt option', () => made({ headdim: 8 }), 'ERR_OPTION', ["did you mean 'headDim'"]],
  ['no options', () => new (KVCache as Anything)(), 'ERR_OPTION', ['batch is undefined']],
  ['past capacity', (cache) => cache.append(k(2, 2, 8), v(2, 2, 8)), 'ERR_SHAPE', ['8 tokens', 'at most 7', 'the capacity is 10']],
  ['wrong kv heads', (cache) => cache.append(k(2, 3), v(2, 3)), 'ERR_SHAPE', ['3 heads', 'expected 2']],
  ['wrong head dim', (cache) => cache.append(k(2, 2, 3, 9), v()), 'ERR_SHAPE', ['key has head dim 9', 'expected 8']],
  ['wrong value dim', (cache) => cache.append(k(), v(2, 2, 3, 8)), 'ERR_SHAPE', ['value has value dim 8', 'expected 6']],
  ['another batch', (cache) => cache.append(k(3), v(3)), 'ERR_SHAPE', ['batch 3', 'expected 2']],
  ['all rows where one is named', (cache) => cache.append(k(), v(), { row: 1 }), 'ERR_SHAPE', ['batch 2', 'expected 1']],
  ['lengths that differ', (cache) => cache.append(k(), v(2, 2, 4)), 'ERR_SHAPE', ['length 4', 'expected 3']],
  ['rank 2', (cache) => cache.append(zeros(3, 8), zeros(3, 6)), 'ERR_SHAPE', ['rank 2']],
  ['a row that is not there', (cache) => cache.append(k(1), v(1), { row: 2 }), 'ERR_OPTION', ['row is 2', '0 to 1']],
  ['halves into float32', (cache) => cache.append({ ...k(), data: new Uint16Array(96), dtype: 'float16' }, v()), 'ERR_DTYPE', ['float16']],
  ['a query of another batch', (cache) => cache.attention(zeros(3, 4, 1, 8)), 'ERR_SHAPE', ['batch 3', 'expected 2']],
  [
    'a general score of another width than the cache',
    (cache) => cache.attention(zeros(2, 4, 1, 9), { score: { kind: 'general', weight: zeros(9, 9) } }),
    'ERR_SHAPE',
    ['score.weight has shape [9, 9]', '8 (head dim of key)'],
  ],
  ['a query of another head dim', (cache) => cache.attention(zeros(2, 4, 1, 9)), 'ERR_SHAPE', ['head dim 9', 'expected 8']],
  ['query heads that are no multiple', (cache) => cache.attention(zeros(2, 3, 1, 8)), 'ERR_SHAPE', ['3 heads', 'a multiple of the 2']],
  [
    'keyLengths',
    (cache) => cache.attention(zeros(2, 4, 1, 8), { keyLengths: Int32Array.of(1, 1) }),
    'ERR_OPTION',
    ['keyLengths', 'truncate'],
  ],
  [
    'a mask of another length',
    (cache) => cache.attention(zeros(2, 4, 1, 8), { mask: { data: new Uint8Array(4), shape: [4] } }),
    'ERR_SHAPE',
    ['mask', '[2, 4, 1, 3]'],
  ],
  ['an option of the twin', (cache) => cache.attention(zeros(2, 4, 1, 8), { signal: undefined }), 'ERR_OPTION', ['attentionAsync']],
  [
    'append: an option of a twin that it has not',
    (cache) => cache.append(k(), v(), { signal: 1 } as Anything),
    'ERR_OPTION',
    ["unknown option 'signal'"],
  ],
  ['truncate beyond the length', (cache) => cache.truncate(4), 'ERR_OPTION', ['length is 4', 'at most 3']],
  ['truncate to less than nothing', (cache) => cache.truncate(-1), 'ERR_OPTION', ['-1']],
  ['reorder: too few rows', (cache) => cache.reorder([0]), 'ERR_SHAPE', ['1 entries', 'expected 2']],
  ['reorder: a row that is not there', (cache) => cache.reorder([0, 2]), 'ERR_OPTION', ['0 to 1']],
  ['reorder: no list', (cache) => cache.reorder('01'), 'ERR_DTYPE', ["'01'"]],
  ['append: no tensor', (cache) => cache.append(null, v()), 'ERR_DTYPE', ['key has null']],
  ['append: value missing', (cache) => cache.append(k()), 'ERR_DTYPE', ['value has no value']],
  ['append: float64', (cache) => cache.append({ ...k(), data: new Float64Array(96) }, v()), 'ERR_DTYPE', ['key', 'Float64Array']],
  ['append: detached memory', (cache) => cache.append(detached(k()), v()), 'ERR_SHAPE', ['key has data of 0 elements', 'detached']],
  [
    'append: data shorter than its shape',
    (cache) => cache.append({ ...k(), data: new Float32Array(95) }, v()),
    'ERR_SHAPE',
    ['95 elements'],
  ],
  ['append: a row of NaN', (cache) => cache.append(k(1), v(1), { row: Number.NaN }), 'ERR_OPTION', ['row is NaN']],
  ['append: one row past capacity', (cache) => cache.append(k(1, 2, 8), v(1, 2, 8), { row: 1 }), 'ERR_SHAPE', ['8 tokens', 'at most 7']],
  ['attention: no query', (cache) => cache.attention(), 'ERR_DTYPE', ['query has no value']],
  ['attention: rank 5', (cache) => cache.attention(zeros(1, 2, 4, 1, 8)), 'ERR_SHAPE', ['query has rank 5']],
  ['attention: a scale of NaN', (cache) => cache.attention(q(), { scale: Number.NaN }), 'ERR_OPTION', ['scale is NaN']],
  ['attention: a window of one side', (cache) => cache.attention(q(), { window: [3] }), 'ERR_OPTION', ['window']],
  [
    'attention: sinks of other heads',
    (cache) => cache.attention(q(), { sinks: new Float32Array(3) }),
    'ERR_SHAPE',
    ['sinks has 3 entries'],
  ],
  ['attention: offsets of other rows', (cache) => cache.attention(q(), { queryOffset: new Int32Array(3) }), 'ERR_SHAPE', ['3 entries']],
  [
    'attention: out of another shape',
    (cache) => cache.attention(q(), { out: zeros(2, 4, 1, 8) }),
    'ERR_SHAPE',
    ['out has shape', '[2, 4, 1, 6]'],
  ],
  ['attention: out on the bytes of the query', (cache) => cache.attention(...overlapping()), 'ERR_OPTION', ['out is overlapping query']],
  ['attention: a misspelt option', (cache) => cache.attention(q(), { casual: true }), 'ERR_OPTION', ["did you mean 'causal'"]],
  ['truncate: half a token', (cache) => cache.truncate(1.5), 'ERR_OPTION', ['1.5']],
  ['truncate: NaN', (cache) => cache.truncate(Number.NaN), 'ERR_OPTION', ['NaN']],
  ['truncate: text', (cache) => cache.truncate('1'), 'ERR_OPTION', ["'1'"]],
  ['truncate: a row that is not there', (cache) => cache.truncate(1, { row: -1 }), 'ERR_OPTION', ['row is -1']],
  ['reorder: half a row', (cache) => cache.reorder([0.5, 0]), 'ERR_OPTION', ['0.5']],
  ['reorder: too many rows', (cache) => cache.reorder([0, 1, 0]), 'ERR_SHAPE', ['3 entries']],
  ['reorder: nothing', (cache) => cache.reorder(), 'ERR_DTYPE', ['undefined']],
];

const q = () => zeros(2, 4, 1, 8);

/** A query and, in its options, an `out` on its last four bytes. */
function overlapping(): [Anything, Anything] {
  const data = new Float32Array(64 + 48);
  return [{ data, shape: [2, 4, 1, 8] }, { out: { data, shape: [2, 4, 1, 6], offset: 63 } }];
}

function detached(tensor: Anything): Anything {
  structuredClone(tensor.data.buffer, { transfer: [tensor.data.buffer] });
  return tensor;
}
