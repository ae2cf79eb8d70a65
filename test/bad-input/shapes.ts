/** Ranks, sizes, strides, offsets and lengths that do not fit each other or their data. */
import { activate, attend, detached, join, k, multiply, normalise, normed, part, q, type Row, shrunk, turn, zeros } from './row.js';

export const shapes: readonly Row[] = [
  attend('rank 1', 'ERR_SHAPE', ['query has rank 1', 'expected rank 2', '[8]'], { q: () => zeros(8) }),
  attend('rank 5', 'ERR_SHAPE', ['query has rank 5'], { q: () => zeros(1, 1, 4, 3, 8) }),
  attend('ranks that differ', 'ERR_SHAPE', ['key has rank 3', 'expected 4', 'the rank of query'], { k: () => zeros(2, 5, 8) }),
  attend('value of another rank', 'ERR_SHAPE', ['value has rank 2', 'expected 4'], { v: () => zeros(5, 6) }),
  attend('batches that differ', 'ERR_SHAPE', ['key has batch 2', 'expected 1', 'query is [1, 4, 3, 8], key is [2, 2, 5, 8]'], {
    k: () => zeros(2, 2, 5, 8),
  }),
  attend('batch of value', 'ERR_SHAPE', ['value has batch 3', 'expected 1'], { v: () => zeros(3, 2, 5, 6) }),
  attend('head dims that differ', 'ERR_SHAPE', ['key has head dim 7', 'expected 8', 'query is [1, 4, 3, 8], key is [1, 2, 5, 7]'], {
    k: () => zeros(1, 2, 5, 7),
  }),
  attend('heads that are no multiple', 'ERR_SHAPE', ['query has 4 heads', 'multiple of the 3'], {
    k: () => zeros(1, 3, 5, 8),
    v: () => zeros(1, 3, 5, 6),
  }),
  attend('no key heads', 'ERR_SHAPE', ['query has 4 heads', 'multiple of the 0'], {
    k: () => zeros(1, 0, 5, 8),
    v: () => zeros(1, 0, 5, 6),
  }),
  attend('heads of key and value', 'ERR_SHAPE', ['value has 4 heads', 'expected 2'], { v: () => zeros(1, 4, 5, 6) }),
  attend('lengths of key and value', 'ERR_SHAPE', ['value has length 6', 'expected 5'], { v: () => zeros(1, 2, 6, 6) }),
  attend('layout read the wrong way', 'ERR_SHAPE', ['heads', "layout is 'bshd'"], { options: () => ({ layout: 'bshd' }) }),
  attend('mask that does not broadcast', 'ERR_SHAPE', ['mask has shape [4, 5]', 'broadcasts from the right to [1, 4, 3, 5]'], {
    options: () => ({ mask: { data: new Uint8Array(20), shape: [4, 5] } }),
  }),
  attend('mask of too many dimensions', 'ERR_SHAPE', ['mask has shape [1, 1, 4, 3, 5]'], {
    options: () => ({ mask: { data: new Uint8Array(60), shape: [1, 1, 4, 3, 5] } }),
  }),
  attend('bias that does not broadcast', 'ERR_SHAPE', ['bias has shape [2, 1, 5]', '[1, 4, 3, 5]'], {
    options: () => ({ bias: zeros(2, 1, 5) }),
  }),
  attend('keyLengths of another batch', 'ERR_SHAPE', ['keyLengths has 2 entries', 'expected 1'], {
    options: () => ({ keyLengths: Int32Array.of(1, 2) }),
  }),
  attend('queryLengths of another batch', 'ERR_SHAPE', ['queryLengths has 0 entries', 'expected 1'], {
    options: () => ({ queryLengths: new Int32Array(0) }),
  }),
  attend('queryOffset of another batch', 'ERR_SHAPE', ['queryOffset has 3 entries', 'expected 1'], {
    options: () => ({ queryOffset: new Int32Array(3) }),
  }),
  attend('alibi of other heads', 'ERR_SHAPE', ['alibi has 2 entries', 'expected 4', 'query heads'], {
    options: () => ({ alibi: new Float32Array(2) }),
  }),
  attend('sinks of other heads', 'ERR_SHAPE', ['sinks has 5 entries', 'expected 4'], { options: () => ({ sinks: new Float32Array(5) }) }),
  attend(
    'a weight of another width than the query',
    'ERR_SHAPE',
    ['score.weight has shape [7, 8]', '[8 (head dim of query), 8 (head dim of key)]'],
    {
      options: () => ({ score: { kind: 'general', weight: zeros(7, 8) } }),
    },
  ),
  attend(
    'a weight of another width than the key',
    'ERR_SHAPE',
    ['score.keyWeight has shape [8, 5]', '[8 (head dim of key), 6 (units of v)]'],
    {
      options: () => ({ score: { kind: 'additive', queryWeight: zeros(8, 6), keyWeight: zeros(8, 5), v: zeros(6) } }),
    },
  ),
  attend('weights of other heads', 'ERR_SHAPE', ['score.weight has shape [3, 8, 8]', '[4 (query heads), 8'], {
    options: () => ({ score: { kind: 'general', weight: zeros(3, 8, 8) } }),
  }),
  attend('a bias of another width', 'ERR_SHAPE', ['score.bias has shape [5]', '[8 (units of v)]'], {
    options: () => ({ score: { kind: 'additive', v: zeros(8), bias: zeros(5) } }),
  }),
  attend('a vector that is a scalar', 'ERR_SHAPE', ['score.v has shape []'], {
    options: () => ({ score: { kind: 'additive', v: zeros() } }),
  }),
  attend(
    'a query that is not projected, nor its weight given',
    'ERR_SHAPE',
    ['query has head dim 8', 'expected 6', 'without score.queryWeight'],
    {
      options: () => ({ score: { kind: 'additive', v: zeros(6), keyWeight: zeros(8, 6) } }),
    },
  ),
  attend(
    'a key that is not projected, nor its weight given',
    'ERR_SHAPE',
    ['key has head dim 8', 'expected 6', 'without score.keyWeight'],
    {
      options: () => ({ score: { kind: 'additive', v: zeros(6), queryWeight: zeros(8, 6) } }),
    },
  ),
  attend('out of another shape', 'ERR_SHAPE', ['out has shape [1, 4, 3, 8]', 'expected [1, 4, 3, 6]'], {
    options: () => ({ out: zeros(1, 4, 3, 8) }),
  }),
  attend('data shorter than its shape', 'ERR_SHAPE', ['query has data of 95 elements', 'at least 96', '[1, 4, 3, 8]'], {
    q: () => ({ data: new Float32Array(95), shape: [1, 4, 3, 8] }),
  }),
  attend('data shorter than its strides reach', 'ERR_SHAPE', ['key has data of 80 elements', 'at least', 'strides are [80, 40, 9, 1]'], {
    k: () => ({ ...k(), strides: [80, 40, 9, 1] }),
  }),
  attend('data shorter than its offset leaves', 'ERR_SHAPE', ['key has data of 80 elements', 'at least 81', 'offset is 1'], {
    k: () => ({ ...k(), offset: 1 }),
  }),
  attend('mask data shorter than its shape', 'ERR_SHAPE', ['mask has data of 14 elements', 'at least 15'], {
    options: () => ({ mask: { data: new Uint8Array(14), shape: [3, 5] } }),
  }),
  attend('negative size', 'ERR_SHAPE', ['query has size -3', '[1, 4, -3, 8]'], {
    q: () => ({ data: new Float32Array(96), shape: [1, 4, -3, 8] }),
  }),
  attend('size that is no whole number', 'ERR_SHAPE', ['query has size 3.5'], {
    q: () => ({ data: new Float32Array(200), shape: [1, 4, 3.5, 8] }),
  }),
  attend('size of NaN', 'ERR_SHAPE', ['query has size NaN'], { q: () => ({ data: new Float32Array(96), shape: [1, 4, Number.NaN, 8] }) }),
  attend('size that is no number', 'ERR_SHAPE', ["query has size '3'"], {
    q: () => ({ data: new Float32Array(96), shape: [1, 4, '3', 8] }),
  }),
  attend('size of 2^31', 'ERR_SHAPE', ['query has data of 96 elements', 'at least', '2147483648'], {
    q: () => ({ data: new Float32Array(96), shape: [1, 1, 2 ** 31, 8] }),
  }),
  attend('sizes that multiply past 2^53', 'ERR_SHAPE', ['query has shape [2097152, 2097152, 2097152, 8]', 'overflows'], {
    q: () => ({ data: new Float32Array(96), shape: [2 ** 21, 2 ** 21, 2 ** 21, 8] }),
  }),
  attend('sizes that multiply past 2^64 to nothing', 'ERR_SHAPE', ['overflows'], {
    q: () => ({ data: new Float32Array(0), shape: [2 ** 32, 2 ** 32, 1, 8] }),
  }),
  attend('size of 2^53', 'ERR_SHAPE', ['query has size 9007199254740992'], {
    q: () => ({ data: new Float32Array(96), shape: [1, 1, 2 ** 53, 8] }),
  }),
  attend('negative stride', 'ERR_SHAPE', ['query has stride -1'], { q: () => ({ ...q(), strides: [96, 24, 8, -1] }) }),
  attend('strides of another rank', 'ERR_SHAPE', ['query has 3 strides', 'expected 4'], { q: () => ({ ...q(), strides: [24, 8, 1] }) }),
  attend('stride of 2^53', 'ERR_SHAPE', ['query has stride 9007199254740992'], { q: () => ({ ...q(), strides: [2 ** 53, 24, 8, 1] }) }),
  attend('strides that reach past 2^53', 'ERR_SHAPE', ['query has data of 96 elements'], {
    q: () => ({ ...q(), strides: [0, 2 ** 52, 2 ** 52, 1] }),
  }),
  attend('negative offset', 'ERR_SHAPE', ['query has offset -1'], { q: () => ({ ...q(), offset: -1 }) }),
  attend('offset that is no whole number', 'ERR_SHAPE', ['query has offset 0.5'], { q: () => ({ ...q(), offset: 0.5 }) }),
  attend('no shape', 'ERR_SHAPE', ['query has no shape'], { q: () => ({ data: new Float32Array(96) }) }),
  attend('detached ArrayBuffer', 'ERR_SHAPE', ['query has data of 0 elements', 'detached'], { q: detached }),
  attend('resizable buffer that has shrunk', 'ERR_SHAPE', ['query has data of 2 elements', 'at least 96'], { q: shrunk }),
  multiply(
    'rank 1',
    'ERR_SHAPE',
    ['a has rank 1', 'expected rank 2 to 8', 'one row or one column'],
    () => zeros(5),
    () => zeros(5, 4),
  ),
  multiply(
    'rank 9',
    'ERR_SHAPE',
    ['b has rank 9'],
    () => zeros(3, 5),
    () => zeros(1, 1, 1, 1, 1, 1, 1, 5, 4),
  ),
  multiply(
    'inner sizes that differ',
    'ERR_SHAPE',
    ['b has 6 rows', 'expected 5', 'a is [3, 5], b is [6, 4]'],
    () => zeros(3, 5),
    () => zeros(6, 4),
  ),
  multiply(
    'inner sizes, transposed',
    'ERR_SHAPE',
    ['b has 5 rows', 'expected 3', 'a is [3, 5] transposed'],
    () => zeros(3, 5),
    () => zeros(5, 4),
    () => ({ transposeA: true }),
  ),
  multiply(
    'batches that do not broadcast',
    'ERR_SHAPE',
    ['b has batch [3]', 'broadcasts with [2]'],
    () => zeros(2, 3, 5),
    () => zeros(3, 5, 4),
  ),
  multiply(
    'bias of another length',
    'ERR_SHAPE',
    ['bias has shape [3]', 'expected [4]'],
    () => zeros(3, 5),
    () => zeros(5, 4),
    () => ({ bias: zeros(3) }),
  ),
  multiply(
    'out of another shape',
    'ERR_SHAPE',
    ['out has shape [4, 3]', 'expected [3, 4]'],
    () => zeros(3, 5),
    () => zeros(5, 4),
    () => ({ out: zeros(4, 3) }),
  ),
  multiply(
    'a result past all memory',
    'ERR_OUT_OF_MEMORY',
    ['no memory for a result'],
    () => ({ data: new Float32Array(1), shape: [2 ** 26, 1], strides: [0, 0] }),
    () => ({ data: new Float32Array(1), shape: [1, 2 ** 26], strides: [0, 0] }),
    () => ({ out: undefined }),
  ),
  normalise('rank 0', 'ERR_SHAPE', ['x has rank 0'], () => zeros()),
  normalise('rank 9', 'ERR_SHAPE', ['x has rank 9'], () => zeros(1, 1, 1, 1, 1, 1, 1, 3, 4)),
  normalise(
    'mask that does not broadcast',
    'ERR_SHAPE',
    ['mask has shape [3]', '[3, 4]'],
    () => zeros(3, 4),
    () => ({ mask: { data: new Uint8Array(3), shape: [3] } }),
  ),
  normed('rank 0', 'ERR_SHAPE', ['x has rank 0'], () => zeros()),
  normed('rank 9', 'ERR_SHAPE', ['x has rank 9', 'rank 1 to 8'], () => zeros(1, 1, 1, 1, 1, 1, 1, 3, 4)),
  normed(
    'gamma of another width',
    'ERR_SHAPE',
    ['gamma has shape [3]', '[4]', 'x is [3, 4]'],
    () => zeros(3, 4),
    () => ({ gamma: zeros(3) }),
  ),
  normed(
    'beta with a row for each row',
    'ERR_SHAPE',
    ['beta has shape [3, 4]', '[4]'],
    () => zeros(3, 4),
    () => ({ beta: zeros(3, 4) }),
  ),
  activate(
    'out of another shape',
    'ERR_SHAPE',
    ['out has shape [4, 3]', '[3, 4]'],
    () => zeros(3, 4),
    () => ({ out: zeros(4, 3) }),
  ),
  activate('data that is too short', 'ERR_SHAPE', ['x has data of 11 elements', 'at least 12'], () => ({
    data: new Float32Array(11),
    shape: [3, 4],
  })),
  activate(
    'nine dimensions that cannot be joined',
    'ERR_SHAPE',
    ['x has rank 9', 'at most 8 dimensions that cannot be joined'],
    () => ({ data: new Float32Array(3 ** 9), shape: new Array(9).fill(2), strides: Array.from({ length: 9 }, (_, i) => 3 ** (8 - i)) }),
    () => ({ out: undefined }),
  ),
  turn('rank 1', 'ERR_SHAPE', ['x has rank 1', 'rank 2 to 8', 'x is [4]'], () => zeros(4)),
  turn('rank 9', 'ERR_SHAPE', ['x has rank 9'], () => zeros(1, 1, 1, 1, 1, 1, 1, 3, 4)),
  turn('odd rows', 'ERR_SHAPE', ['x has rows of 5', 'an even number', 'x is [3, 5]'], () => zeros(3, 5)),
  turn(
    'positions for fewer rows',
    'ERR_SHAPE',
    ['positions has 2 entries', 'expected 3', 'x is [3, 4]'],
    () => zeros(3, 4),
    () => ({ positions: new Int32Array(2) }),
  ),
  turn(
    'positions of the other layout',
    'ERR_SHAPE',
    ['positions has 3 entries', 'expected 2', 'x is [2, 3, 4]'],
    () => zeros(2, 3, 4),
    () => ({ positions: new Int32Array(3), layout: 'bshd' }),
  ),
  join('outputs of different shapes', 'ERR_SHAPE', ['parts[1].output has shape [3, 5]', '[3, 4]'], () => [
    part(),
    { ...part(), output: zeros(3, 5) },
  ]),
  join('logSumExp of another shape', 'ERR_SHAPE', ['parts[0].logSumExp has shape [4]', 'expected [3]'], () => [
    { ...part(), logSumExp: zeros(4) },
  ]),
  join(
    'sinks of other heads',
    'ERR_SHAPE',
    ['sinks has 2 entries', 'expected 1'],
    () => [part()],
    () => ({ sinks: new Float32Array(2) }),
  ),
];
