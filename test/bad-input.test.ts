/** What a caller may get wrong: each row on every backend and target, with its code, the words one would search for, and `out` left as it was. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attention, FoveaError, type FoveaErrorCode, matmul, mergeAttention, setBackend, softmax, softmin, tensor } from '../src/node.js';
import { label, targets, use } from './targets.js';

/** Arguments come from anywhere: JavaScript has no types that would stop them. */
// biome-ignore lint/suspicious/noExplicitAny: the point of these tests is what the types forbid
type Anything = any;

const zeros = (...shape: number[]): Anything => ({ data: new Float32Array(shape.reduce((size, n) => size * n, 1)), shape });
const q = () => zeros(1, 4, 3, 8);
const k = () => zeros(1, 2, 5, 8);
const v = () => zeros(1, 2, 5, 6);

interface Row {
  readonly name: string;
  readonly code: FoveaErrorCode;
  /** All of them are in the message. */
  readonly words: readonly string[];
  /** `out` is of the right shape for the call's result without the mistake, full of 7s. */
  readonly call: (out: Anything) => unknown;
}

/** attention with one thing changed. */
const attend = (name: string, code: FoveaErrorCode, words: readonly string[], change: { q?: Anything; k?: Anything; v?: Anything; options?: () => Anything }): Row => ({
  name: `attention: ${name}`,
  code,
  words: ['attention: ', ...words],
  call: out => attention(change.q?.() ?? q(), change.k?.() ?? k(), change.v?.() ?? v(), { out, ...change.options?.() }),
});

const multiply = (name: string, code: FoveaErrorCode, words: readonly string[], a: () => Anything, b: () => Anything, options?: () => Anything): Row => ({
  name: `matmul: ${name}`,
  code,
  words: ['matmul: ', ...words],
  call: out => matmul(a(), b(), { out: { ...out, shape: [3, 4], strides: [4, 1] }, ...options?.() }),
});

const normalise = (name: string, code: FoveaErrorCode, words: readonly string[], x: () => Anything, options?: () => Anything): Row => ({
  name: `softmax: ${name}`,
  code,
  words: ['softmax: ', ...words],
  call: out => softmax(x(), { out: { ...out, shape: [3, 4], strides: [4, 1] }, ...options?.() }),
});

const join = (name: string, code: FoveaErrorCode, words: readonly string[], parts: () => Anything, options?: () => Anything): Row => ({
  name: `mergeAttention: ${name}`,
  code,
  words: ['mergeAttention: ', ...words],
  call: out => mergeAttention(parts(), { out: { ...out, shape: [3, 4], strides: [4, 1] }, ...options?.() }),
});

const part = () => ({ output: zeros(3, 4), logSumExp: zeros(3) });

/** A tensor whose memory went to somebody else. */
function detached(): Anything {
  const gone = q();
  structuredClone(gone.data.buffer, { transfer: [gone.data.buffer] });
  return gone;
}

/** A tensor whose buffer has shrunk under it. */
function shrunk(): Anything {
  const buffer = new (ArrayBuffer as Anything)(96 * 4, { maxByteLength: 96 * 4 });
  const data = new Float32Array(buffer);
  buffer.resize(8);
  return { data, shape: [1, 4, 3, 8] };
}

/** keyLengths (0, so a valid one) in the first bytes of out. */
const onLengths = (out: Anything) => ({ out, keyLengths: new Int32Array(out.data.buffer, 0, 1) });

/** Query, key or value as a view of the memory of out. */
const sharing = (out: Anything, shape: readonly number[], offset: number) => ({ data: out.data, shape, offset });

const shapes: readonly Row[] = [
  attend('rank 1', 'ERR_SHAPE', ['query has rank 1', 'expected rank 2', '[8]'], { q: () => zeros(8) }),
  attend('rank 5', 'ERR_SHAPE', ['query has rank 5'], { q: () => zeros(1, 1, 4, 3, 8) }),
  attend('ranks that differ', 'ERR_SHAPE', ['key has rank 3', 'expected 4', 'the rank of query'], { k: () => zeros(2, 5, 8) }),
  attend('value of another rank', 'ERR_SHAPE', ['value has rank 2', 'expected 4'], { v: () => zeros(5, 6) }),
  attend('batches that differ', 'ERR_SHAPE', ['key has batch 2', 'expected 1', 'query is [1, 4, 3, 8], key is [2, 2, 5, 8]'], { k: () => zeros(2, 2, 5, 8) }),
  attend('batch of value', 'ERR_SHAPE', ['value has batch 3', 'expected 1'], { v: () => zeros(3, 2, 5, 6) }),
  attend('head dims that differ', 'ERR_SHAPE', ['key has head dim 7', 'expected 8', 'query is [1, 4, 3, 8], key is [1, 2, 5, 7]'], { k: () => zeros(1, 2, 5, 7) }),
  attend('heads that are no multiple', 'ERR_SHAPE', ['query has 4 heads', 'multiple of the 3'], { k: () => zeros(1, 3, 5, 8), v: () => zeros(1, 3, 5, 6) }),
  attend('no key heads', 'ERR_SHAPE', ['query has 4 heads', 'multiple of the 0'], { k: () => zeros(1, 0, 5, 8), v: () => zeros(1, 0, 5, 6) }),
  attend('heads of key and value', 'ERR_SHAPE', ['value has 4 heads', 'expected 2'], { v: () => zeros(1, 4, 5, 6) }),
  attend('lengths of key and value', 'ERR_SHAPE', ['value has length 6', 'expected 5'], { v: () => zeros(1, 2, 6, 6) }),
  attend('layout read the wrong way', 'ERR_SHAPE', ['heads', "layout is 'bshd'"], { options: () => ({ layout: 'bshd' }) }),
  attend('mask that does not broadcast', 'ERR_SHAPE', ['mask has shape [4, 5]', 'broadcasts from the right to [1, 4, 3, 5]'], { options: () => ({ mask: { data: new Uint8Array(20), shape: [4, 5] } }) }),
  attend('mask of too many dimensions', 'ERR_SHAPE', ['mask has shape [1, 1, 4, 3, 5]'], { options: () => ({ mask: { data: new Uint8Array(60), shape: [1, 1, 4, 3, 5] } }) }),
  attend('bias that does not broadcast', 'ERR_SHAPE', ['bias has shape [2, 1, 5]', '[1, 4, 3, 5]'], { options: () => ({ bias: zeros(2, 1, 5) }) }),
  attend('keyLengths of another batch', 'ERR_SHAPE', ['keyLengths has 2 entries', 'expected 1'], { options: () => ({ keyLengths: Int32Array.of(1, 2) }) }),
  attend('queryLengths of another batch', 'ERR_SHAPE', ['queryLengths has 0 entries', 'expected 1'], { options: () => ({ queryLengths: new Int32Array(0) }) }),
  attend('queryOffset of another batch', 'ERR_SHAPE', ['queryOffset has 3 entries', 'expected 1'], { options: () => ({ queryOffset: new Int32Array(3) }) }),
  attend('alibi of other heads', 'ERR_SHAPE', ['alibi has 2 entries', 'expected 4', 'query heads'], { options: () => ({ alibi: new Float32Array(2) }) }),
  attend('sinks of other heads', 'ERR_SHAPE', ['sinks has 5 entries', 'expected 4'], { options: () => ({ sinks: new Float32Array(5) }) }),
  attend('out of another shape', 'ERR_SHAPE', ['out has shape [1, 4, 3, 8]', 'expected [1, 4, 3, 6]'], { options: () => ({ out: zeros(1, 4, 3, 8) }) }),
  attend('data shorter than its shape', 'ERR_SHAPE', ['query has data of 95 elements', 'at least 96', '[1, 4, 3, 8]'], { q: () => ({ data: new Float32Array(95), shape: [1, 4, 3, 8] }) }),
  attend('data shorter than its strides reach', 'ERR_SHAPE', ['key has data of 80 elements', 'at least', 'strides are [80, 40, 9, 1]'], { k: () => ({ ...k(), strides: [80, 40, 9, 1] }) }),
  attend('data shorter than its offset leaves', 'ERR_SHAPE', ['key has data of 80 elements', 'at least 81', 'offset is 1'], { k: () => ({ ...k(), offset: 1 }) }),
  attend('mask data shorter than its shape', 'ERR_SHAPE', ['mask has data of 14 elements', 'at least 15'], { options: () => ({ mask: { data: new Uint8Array(14), shape: [3, 5] } }) }),
  attend('negative size', 'ERR_SHAPE', ['query has size -3', '[1, 4, -3, 8]'], { q: () => ({ data: new Float32Array(96), shape: [1, 4, -3, 8] }) }),
  attend('size that is no whole number', 'ERR_SHAPE', ['query has size 3.5'], { q: () => ({ data: new Float32Array(200), shape: [1, 4, 3.5, 8] }) }),
  attend('size of NaN', 'ERR_SHAPE', ['query has size NaN'], { q: () => ({ data: new Float32Array(96), shape: [1, 4, Number.NaN, 8] }) }),
  attend('size that is no number', 'ERR_SHAPE', ["query has size '3'"], { q: () => ({ data: new Float32Array(96), shape: [1, 4, '3', 8] }) }),
  attend('size of 2^31', 'ERR_SHAPE', ['query has data of 96 elements', 'at least', '2147483648'], { q: () => ({ data: new Float32Array(96), shape: [1, 1, 2 ** 31, 8] }) }),
  attend('sizes that multiply past 2^53', 'ERR_SHAPE', ['query has shape [2097152, 2097152, 2097152, 8]', 'overflows'], { q: () => ({ data: new Float32Array(96), shape: [2 ** 21, 2 ** 21, 2 ** 21, 8] }) }),
  attend('sizes that multiply past 2^64 to nothing', 'ERR_SHAPE', ['overflows'], { q: () => ({ data: new Float32Array(0), shape: [2 ** 32, 2 ** 32, 1, 8] }) }),
  attend('size of 2^53', 'ERR_SHAPE', ['query has size 9007199254740992'], { q: () => ({ data: new Float32Array(96), shape: [1, 1, 2 ** 53, 8] }) }),
  attend('negative stride', 'ERR_SHAPE', ['query has stride -1'], { q: () => ({ ...q(), strides: [96, 24, 8, -1] }) }),
  attend('strides of another rank', 'ERR_SHAPE', ['query has 3 strides', 'expected 4'], { q: () => ({ ...q(), strides: [24, 8, 1] }) }),
  attend('stride of 2^53', 'ERR_SHAPE', ['query has stride 9007199254740992'], { q: () => ({ ...q(), strides: [2 ** 53, 24, 8, 1] }) }),
  attend('strides that reach past 2^53', 'ERR_SHAPE', ['query has data of 96 elements'], { q: () => ({ ...q(), strides: [0, 2 ** 52, 2 ** 52, 1] }) }),
  attend('negative offset', 'ERR_SHAPE', ['query has offset -1'], { q: () => ({ ...q(), offset: -1 }) }),
  attend('offset that is no whole number', 'ERR_SHAPE', ['query has offset 0.5'], { q: () => ({ ...q(), offset: 0.5 }) }),
  attend('no shape', 'ERR_SHAPE', ['query has no shape'], { q: () => ({ data: new Float32Array(96) }) }),
  attend('detached ArrayBuffer', 'ERR_SHAPE', ['query has data of 0 elements', 'detached'], { q: detached }),
  attend('resizable buffer that has shrunk', 'ERR_SHAPE', ['query has data of 2 elements', 'at least 96'], { q: shrunk }),
  multiply('rank 1', 'ERR_SHAPE', ['a has rank 1', 'expected rank 2 to 8', 'one row or one column'], () => zeros(5), () => zeros(5, 4)),
  multiply('rank 9', 'ERR_SHAPE', ['b has rank 9'], () => zeros(3, 5), () => zeros(1, 1, 1, 1, 1, 1, 1, 5, 4)),
  multiply('inner sizes that differ', 'ERR_SHAPE', ['b has 6 rows', 'expected 5', 'a is [3, 5], b is [6, 4]'], () => zeros(3, 5), () => zeros(6, 4)),
  multiply('inner sizes, transposed', 'ERR_SHAPE', ['b has 5 rows', 'expected 3', 'a is [3, 5] transposed'], () => zeros(3, 5), () => zeros(5, 4), () => ({ transposeA: true })),
  multiply('batches that do not broadcast', 'ERR_SHAPE', ['b has batch [3]', 'broadcasts with [2]'], () => zeros(2, 3, 5), () => zeros(3, 5, 4)),
  multiply('bias of another length', 'ERR_SHAPE', ['bias has shape [3]', 'expected [4]'], () => zeros(3, 5), () => zeros(5, 4), () => ({ bias: zeros(3) })),
  multiply('out of another shape', 'ERR_SHAPE', ['out has shape [4, 3]', 'expected [3, 4]'], () => zeros(3, 5), () => zeros(5, 4), () => ({ out: zeros(4, 3) })),
  multiply('a result past all memory', 'ERR_OUT_OF_MEMORY', ['no memory for a result'], () => ({ data: new Float32Array(1), shape: [2 ** 26, 1], strides: [0, 0] }), () => ({ data: new Float32Array(1), shape: [1, 2 ** 26], strides: [0, 0] }), () => ({ out: undefined })),
  normalise('rank 0', 'ERR_SHAPE', ['x has rank 0'], () => zeros()),
  normalise('rank 9', 'ERR_SHAPE', ['x has rank 9'], () => zeros(1, 1, 1, 1, 1, 1, 1, 3, 4)),
  normalise('mask that does not broadcast', 'ERR_SHAPE', ['mask has shape [3]', '[3, 4]'], () => zeros(3, 4), () => ({ mask: { data: new Uint8Array(3), shape: [3] } })),
  join('outputs of different shapes', 'ERR_SHAPE', ['parts[1].output has shape [3, 5]', '[3, 4]'], () => [part(), { ...part(), output: zeros(3, 5) }]),
  join('logSumExp of another shape', 'ERR_SHAPE', ['parts[0].logSumExp has shape [4]', 'expected [3]'], () => [{ ...part(), logSumExp: zeros(4) }]),
  join('sinks of other heads', 'ERR_SHAPE', ['sinks has 2 entries', 'expected 1'], () => [part()], () => ({ sinks: new Float32Array(2) })),
];

const dtypes: readonly Row[] = [
  attend('Uint16Array without dtype', 'ERR_DTYPE', ['query has a Uint16Array without dtype', "'float16' or 'bfloat16'"], { q: () => ({ data: new Uint16Array(96), shape: [1, 4, 3, 8] }) }),
  attend('Uint16Array as float32', 'ERR_DTYPE', ["query has a Uint16Array with dtype 'float32'"], { q: () => ({ data: new Uint16Array(96), shape: [1, 4, 3, 8], dtype: 'float32' }) }),
  attend('Float32Array as float16', 'ERR_DTYPE', ["query has a Float32Array with dtype 'float16'"], { q: () => ({ ...q(), dtype: 'float16' }) }),
  attend('Float64Array', 'ERR_DTYPE', ['key has data that is a Float64Array', 'Float32Array'], { k: () => ({ data: new Float64Array(80), shape: [1, 2, 5, 8] }) }),
  attend('an array of numbers', 'ERR_DTYPE', ['key has data that is an Array'], { k: () => ({ data: new Array(80).fill(0), shape: [1, 2, 5, 8] }) }),
  attend('dtypes that differ', 'ERR_DTYPE', ['key has dtype float16', 'expected float32'], { k: () => ({ data: new Uint16Array(80), shape: [1, 2, 5, 8], dtype: 'float16' }) }),
  { name: 'attention: no value', code: 'ERR_DTYPE', words: ['attention: value has no value', 'expected a tensor'], call: out => attention(q(), k(), undefined as Anything, { out }) },
  { name: 'attention: null', code: 'ERR_DTYPE', words: ['attention: value has null', 'expected a tensor'], call: out => attention(q(), k(), null as Anything, { out }) },
  attend('a bare typed array', 'ERR_DTYPE', ['value has a Float32Array', 'expected a tensor'], { v: () => new Float32Array(60) }),
  attend('a mask of floats', 'ERR_DTYPE', ['mask has data that is a Float32Array', 'Uint8Array', 'bias'], { options: () => ({ mask: zeros(3, 5) }) }),
  attend('bias of halves', 'ERR_DTYPE', ['bias has data that is a Uint16Array', 'Float32Array'], { options: () => ({ bias: { data: new Uint16Array(15), shape: [3, 5], dtype: 'float16' } }) }),
  attend('out of another dtype', 'ERR_DTYPE', ['out has dtype float16', 'expected float32'], { options: () => ({ out: { data: new Uint16Array(72), shape: [1, 4, 3, 6], dtype: 'float16' } }) }),
  attend('keyLengths that is a list', 'ERR_DTYPE', ['keyLengths has an Array', 'Int32Array'], { options: () => ({ keyLengths: [5] }) }),
  attend('alibi in float64', 'ERR_DTYPE', ['alibi has a Float64Array', 'Float32Array'], { options: () => ({ alibi: new Float64Array(4) }) }),
  multiply('dtypes that differ', 'ERR_DTYPE', ['b has dtype bfloat16', 'expected float32'], () => zeros(3, 5), () => ({ data: new Uint16Array(20), shape: [5, 4], dtype: 'bfloat16' })),
  normalise('Int32Array', 'ERR_DTYPE', ['x has data that is an Int32Array'], () => ({ data: new Int32Array(12), shape: [3, 4] })),
  join('dtypes that differ', 'ERR_DTYPE', ['parts[1].output has dtype float16', 'expected float32'], () => [part(), { ...part(), output: { data: new Uint16Array(12), shape: [3, 4], dtype: 'float16' } }]),
];

const options: readonly Row[] = [
  attend('scale of NaN', 'ERR_OPTION', ['scale is NaN', 'finite'], { options: () => ({ scale: Number.NaN }) }),
  attend('infinite scale', 'ERR_OPTION', ['scale is Infinity', 'finite'], { options: () => ({ scale: Number.POSITIVE_INFINITY }) }),
  attend('scale past float32', 'ERR_OPTION', ['scale is 1e+39', 'float32'], { options: () => ({ scale: 1e39 }) }),
  attend('scale that is no number', 'ERR_OPTION', ["scale is '1'"], { options: () => ({ scale: '1' }) }),
  attend('unknown option', 'ERR_OPTION', ["unknown option 'casual'", "did you mean 'causal'"], { options: () => ({ casual: true }) }),
  attend('option of PyTorch', 'ERR_OPTION', ["unknown option 'is_causal'", "'causal'"], { options: () => ({ is_causal: true }) }),
  attend('option of the twin', 'ERR_OPTION', ["'signal'", 'attentionAsync'], { options: () => ({ signal: new AbortController().signal }) }),
  attend('causal that is no boolean', 'ERR_OPTION', ['causal is 1', 'true or false'], { options: () => ({ causal: 1 }) }),
  attend('queryOffset that is no whole number', 'ERR_OPTION', ['queryOffset is 0.5', 'whole number'], { options: () => ({ queryOffset: 0.5 }) }),
  attend('window of one number', 'ERR_OPTION', ['window is [3]', '[left, right]'], { options: () => ({ window: [3] }) }),
  attend('window of negative size', 'ERR_OPTION', ['window is [-1, 3]'], { options: () => ({ window: [-1, 3] }) }),
  attend('window of NaN', 'ERR_OPTION', ['window is [NaN, 3]'], { options: () => ({ window: [Number.NaN, 3] }) }),
  attend('keyLengths past the keys', 'ERR_OPTION', ['keyLengths[0] is 6', '0 to 5'], { options: () => ({ keyLengths: Int32Array.of(6) }) }),
  attend('negative queryLengths', 'ERR_OPTION', ['queryLengths[0] is -1', '0 to 3'], { options: () => ({ queryLengths: Int32Array.of(-1) }) }),
  attend('softcap of 0', 'ERR_OPTION', ['softcap is 0', 'above 0'], { options: () => ({ softcap: 0 }) }),
  attend('negative softcap', 'ERR_OPTION', ['softcap is -1', 'above 0'], { options: () => ({ softcap: -1 }) }),
  attend('unknown layout', 'ERR_OPTION', ["layout is 'sbhd'", "'bhsd' or 'bshd'"], { options: () => ({ layout: 'sbhd' }) }),
  { name: 'attention: options that are no object', code: 'ERR_OPTION', words: ['attention: the last argument is true', 'object of options'], call: () => attention(q(), k(), v(), true as Anything) },
  multiply('unknown option', 'ERR_OPTION', ["unknown option 'transB'", "'transposeB'"], () => zeros(3, 5), () => zeros(5, 4), () => ({ transB: true })),
  normalise('axis past the rank', 'ERR_OPTION', ['axis is 2', '-2 to 1'], () => zeros(3, 4), () => ({ axis: 2 })),
  normalise('axis that is no whole number', 'ERR_OPTION', ['axis is 0.5', 'whole number'], () => zeros(3, 4), () => ({ axis: 0.5 })),
  normalise('unknown option', 'ERR_OPTION', ["unknown option 'dim'"], () => zeros(3, 4), () => ({ dim: 1 })),
  { name: 'softmin: scale of NaN', code: 'ERR_OPTION', words: ['softmin: scale is NaN'], call: out => softmin(zeros(3, 4), { scale: Number.NaN, out: { ...out, shape: [3, 4] } }) },
  join('no parts', 'ERR_OPTION', ['parts is empty', 'at least one'], () => []),
  join('a part without logSumExp', 'ERR_OPTION', ['parts[0].logSumExp is missing', 'returnLogSumExp'], () => [{ output: zeros(3, 4) }]),
  // out against inputs and itself, by byte range.
  { name: 'attention: out that is the query', code: 'ERR_OPTION', words: ['out is overlapping query', 'no input'], call: out => attention(sharing(out, [1, 4, 3, 6], 0), zeros(1, 2, 5, 6), v(), { out }) },
  { name: 'attention: out that meets the key in its last element', code: 'ERR_OPTION', words: ['out is overlapping key'], call: out => attention(q(), sharing(out, [1, 2, 5, 8], 71), v(), { out }) },
  { name: 'attention: out on the bytes of the mask', code: 'ERR_OPTION', words: ['out is overlapping mask'], call: out => attention(q(), k(), v(), { out, mask: { data: new Uint8Array(out.data.buffer, 280, 5), shape: [5] } }) },
  { name: 'attention: out on the bytes of the sinks', code: 'ERR_OPTION', words: ['out is overlapping sinks'], call: out => attention(q(), k(), v(), { out, sinks: out.data.subarray(0, 4) }) },
  { name: 'attention: out on the bytes of keyLengths', code: 'ERR_OPTION', words: ['out is overlapping keyLengths'], call: () => attention(q(), k(), v(), onLengths(zeros(1, 4, 3, 6))) },
  attend('out that overlaps itself', 'ERR_OPTION', ['out is overlapping itself', 'strides'], { options: () => ({ out: { ...zeros(1, 4, 3, 6), strides: [72, 18, 0, 1] } }) }),
  { name: 'matmul: out that is a', code: 'ERR_OPTION', words: ['out is overlapping a'], call: out => matmul(sharing(out, [3, 5], 0) as Anything, zeros(5, 4), { out: { ...out, shape: [3, 4] } }) },
  { name: 'softmax: out that is x', code: 'ERR_OPTION', words: ['out is overlapping x'], call: out => softmax(sharing(out, [3, 4], 0) as Anything, { out: { ...out, shape: [3, 4] } }) },
  { name: 'mergeAttention: out that is a part', code: 'ERR_OPTION', words: ['out is overlapping parts[1].output'], call: out => mergeAttention([part(), { ...part(), output: sharing(out, [3, 4], 3) as Anything }], { out: { ...out, shape: [3, 4] } }) },
];

/** The error that a call throws. */
function errorOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe.each(targets.map(target => ({ name: label(target), target })))('$name', ({ target }) => {
  beforeAll(() => use(target));
  afterAll(() => setBackend('auto'));

  it.each([...shapes, ...dtypes, ...options])('$name', ({ code, words, call }) => {
    const out = { data: new Float32Array(200).fill(7), shape: [1, 4, 3, 6] };
    const before = out.data.slice();
    const error = errorOf(() => call(out));
    expect(error).toBeInstanceOf(FoveaError);
    expect(error).toMatchObject({ code, name: 'FoveaError' });
    for (const word of words) expect(String(error)).toContain(word);
    expect(Buffer.from(out.data.buffer).equals(Buffer.from(before.buffer)), 'out is as it was').toBe(true);
  });

  it('a SharedArrayBuffer works, as input and as out', () => {
    const shared = (tensorOf: Anything) => {
      const data = new Float32Array(new SharedArrayBuffer(tensorOf.data.byteLength));
      data.set(tensorOf.data.map((_: number, i: number) => Math.sin(i)));
      return { ...tensorOf, data };
    };
    const owned = (tensorOf: Anything) => ({ ...tensorOf, data: tensorOf.data.map((_: number, i: number) => Math.sin(i)) });
    const out = shared(zeros(1, 4, 3, 6));
    attention(shared(q()), shared(k()), shared(v()), { out });
    expect(out.data).toEqual(attention(owned(q()), owned(k()), owned(v())).output.data);
  });

  it('a resizable buffer works while it is large enough', () => {
    const buffer = new (ArrayBuffer as Anything)(96 * 4, { maxByteLength: 96 * 8 });
    const data = new Float32Array(buffer).fill(0.5);
    expect(attention({ data, shape: [1, 4, 3, 8] }, k(), v()).output.data.length).toBe(72);
  });
});

describe('backends and tensors', () => {
  it.each([
    ['unknown backend', () => setBackend('cuda' as Anything), ["unknown backend 'cuda'", "'native'", "'wasm'", "'reference'"]],
    ['unknown target', () => setBackend('wasm', { target: 'avx9' }), ["unknown target 'avx9'", "'simd'"]],
    ['target of another backend', () => setBackend('reference', { target: 'avx2' }), ["unknown target 'avx2'", 'reference']],
  ])('%s', (_, call, words) => {
    const error = errorOf(call);
    expect(error).toMatchObject({ code: 'ERR_BACKEND', name: 'FoveaError' });
    for (const word of words) expect(String(error)).toContain(word);
  });

  it('an unknown option of setBackend', () => {
    expect(errorOf(() => setBackend('wasm', { traget: 'simd' } as Anything))).toMatchObject({ code: 'ERR_OPTION', message: expect.stringContaining("'traget'") });
  });

  it.each([
    ['data shorter than its shape', () => tensor(new Float32Array(5), [2, 3]), 'ERR_SHAPE', '5 elements'],
    ['Uint16Array without dtype', () => tensor(new Uint16Array(6), [2, 3]), 'ERR_DTYPE', 'without dtype'],
    ['negative size', () => tensor(new Float32Array(6), [2, -3]), 'ERR_SHAPE', 'size -3'],
  ])('tensor: %s', (_, call, code, word) => {
    expect(errorOf(call)).toMatchObject({ code, message: expect.stringContaining(word) });
  });
});
