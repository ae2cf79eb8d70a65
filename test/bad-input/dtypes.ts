/** Data of a kind that the argument does not take. */
import { attention } from '../../src/node.js';
import { type Anything, activate, attend, join, k, multiply, normalise, normed, part, q, type Row, turn, zeros } from './row.js';

export const dtypes: readonly Row[] = [
  attend('Uint16Array without dtype', 'ERR_DTYPE', ['query has a Uint16Array without dtype', "'float16' or 'bfloat16'"], {
    q: () => ({ data: new Uint16Array(96), shape: [1, 4, 3, 8] }),
  }),
  attend('Uint16Array as float32', 'ERR_DTYPE', ["query has a Uint16Array with dtype 'float32'"], {
    q: () => ({ data: new Uint16Array(96), shape: [1, 4, 3, 8], dtype: 'float32' }),
  }),
  attend('Float32Array as float16', 'ERR_DTYPE', ["query has a Float32Array with dtype 'float16'"], {
    q: () => ({ ...q(), dtype: 'float16' }),
  }),
  attend('Float64Array', 'ERR_DTYPE', ['key has data that is a Float64Array', 'Float32Array'], {
    k: () => ({ data: new Float64Array(80), shape: [1, 2, 5, 8] }),
  }),
  attend('an array of numbers', 'ERR_DTYPE', ['key has data that is an Array'], {
    k: () => ({ data: new Array(80).fill(0), shape: [1, 2, 5, 8] }),
  }),
  attend('dtypes that differ', 'ERR_DTYPE', ['key has dtype float16', 'expected float32'], {
    k: () => ({ data: new Uint16Array(80), shape: [1, 2, 5, 8], dtype: 'float16' }),
  }),
  attend('a weight in bfloat16', 'ERR_DTYPE', ['score.weight has data that is a Uint16Array', 'a Float32Array'], {
    options: () => ({ score: { kind: 'general', weight: { data: new Uint16Array(64), shape: [8, 8], dtype: 'bfloat16' } } }),
  }),
  attend('an additive score without its vector', 'ERR_DTYPE', ['score.v has no value', 'expected a tensor'], {
    options: () => ({ score: { kind: 'additive' } }),
  }),
  {
    name: 'attention: no value',
    code: 'ERR_DTYPE',
    words: ['attention: value has no value', 'expected a tensor'],
    call: (out) => attention(q(), k(), undefined as Anything, { out }),
  },
  {
    name: 'attention: null',
    code: 'ERR_DTYPE',
    words: ['attention: value has null', 'expected a tensor'],
    call: (out) => attention(q(), k(), null as Anything, { out }),
  },
  attend('a bare typed array', 'ERR_DTYPE', ['value has a Float32Array', 'expected a tensor'], { v: () => new Float32Array(60) }),
  attend('a mask of floats', 'ERR_DTYPE', ['mask has data that is a Float32Array', 'Uint8Array', 'bias'], {
    options: () => ({ mask: zeros(3, 5) }),
  }),
  attend('bias of halves', 'ERR_DTYPE', ['bias has data that is a Uint16Array', 'Float32Array'], {
    options: () => ({ bias: { data: new Uint16Array(15), shape: [3, 5], dtype: 'float16' } }),
  }),
  attend('out of another dtype', 'ERR_DTYPE', ['out has dtype float16', 'expected float32'], {
    options: () => ({ out: { data: new Uint16Array(72), shape: [1, 4, 3, 6], dtype: 'float16' } }),
  }),
  attend('keyLengths that is a list', 'ERR_DTYPE', ['keyLengths has an Array', 'Int32Array'], { options: () => ({ keyLengths: [5] }) }),
  attend('alibi in float64', 'ERR_DTYPE', ['alibi has a Float64Array', 'Float32Array'], {
    options: () => ({ alibi: new Float64Array(4) }),
  }),
  multiply(
    'dtypes that differ',
    'ERR_DTYPE',
    ['b has dtype bfloat16', 'expected float32'],
    () => zeros(3, 5),
    () => ({ data: new Uint16Array(20), shape: [5, 4], dtype: 'bfloat16' }),
  ),
  normalise(
    'a mask of floats',
    'ERR_DTYPE',
    ['mask has data that is a Float32Array', 'non-zero where x counts', 'add them to x'],
    () => zeros(3, 4),
    () => ({ mask: zeros(3, 4) }),
  ),
  normalise('Int32Array', 'ERR_DTYPE', ['x has data that is an Int32Array'], () => ({ data: new Int32Array(12), shape: [3, 4] })),
  normed('Int32Array', 'ERR_DTYPE', ['x has data that is an Int32Array'], () => ({ data: new Int32Array(12), shape: [3, 4] })),
  normed(
    'gamma of float16',
    'ERR_DTYPE',
    ['gamma has data that is a Uint16Array', 'a Float32Array'],
    () => zeros(3, 4),
    () => ({ gamma: { data: new Uint16Array(4), shape: [4], dtype: 'float16' } }),
  ),
  activate('Int32Array', 'ERR_DTYPE', ['x has data that is an Int32Array'], () => ({ data: new Int32Array(12), shape: [3, 4] })),
  activate('a bare array', 'ERR_DTYPE', ['x has a Float32Array', 'a tensor'], () => new Float32Array(12)),
  activate(
    'out in another half type',
    'ERR_DTYPE',
    ['out has dtype float16', 'expected float32'],
    () => zeros(3, 4),
    () => ({ out: { data: new Uint16Array(12), shape: [3, 4], dtype: 'float16' } }),
  ),
  turn('Float64Array', 'ERR_DTYPE', ['x has data that is a Float64Array'], () => ({ data: new Float64Array(12), shape: [3, 4] })),
  turn(
    'positions that are a list',
    'ERR_DTYPE',
    ['positions has an Array', 'an Int32Array'],
    () => zeros(3, 4),
    () => ({ positions: [0, 1, 2] }),
  ),
  join('dtypes that differ', 'ERR_DTYPE', ['parts[1].output has dtype float16', 'expected float32'], () => [
    part(),
    { ...part(), output: { data: new Uint16Array(12), shape: [3, 4], dtype: 'float16' } },
  ]),
];
