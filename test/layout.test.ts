/** src/plan/layout.ts writes what native/args.h reads: the same words and buffers in the same places, by name. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  activateOuterRank,
  callOf,
  convertOuterRank,
  matmulBatchRank,
  normOuterRank,
  rotaryOuterRank,
  softmaxOuterRank,
} from '../src/plan/layout.js';
import type {
  ActivateBackwardPlan,
  ActivatePlan,
  AttentionPlan,
  BackwardPlan,
  ConvertPlan,
  ConvolvePlan,
  MatmulPlan,
  MergePlan,
  MultiplyPlan,
  NormBackwardPlan,
  NormPlan,
  PatchesPlan,
  PatchSide,
  Plan,
  PoolPlan,
  RotaryPlan,
  SoftmaxBackwardPlan,
  SoftmaxPlan,
  View,
} from '../src/plan/plan.js';
import type { Data } from '../src/plan/tensors.js';

const header = readFileSync(new URL('../native/args.h', import.meta.url), 'utf8').replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, '');

/** The header's constants and enumerators by name: `kName`, counted up, or set by a sum of earlier ones. */
function constants(): Map<string, number> {
  const values = new Map<string, number>();
  const evaluate = (text: string): number => {
    const named = text.replaceAll(/k[A-Z]\w*/g, (name) => String(values.get(name)));
    if (!/^[\d\s+*()]+$/.test(named)) throw new Error(`native/args.h: '${text}' is no sum of constants`);
    // Sums of products, in parentheses at most one deep.
    const flat = named.replaceAll(/\(([^()]*)\)/g, (_, inner: string) => String(sum(inner)));
    return sum(flat);
  };
  const sum = (text: string): number =>
    text.split('+').reduce((total, part) => total + part.split('*').reduce((product, factor) => product * Number(factor), 1), 0);
  for (const [, name = '', value = ''] of header.matchAll(/constexpr int (k\w+) = (\d+);/g)) values.set(name, Number(value));
  for (const [, body = ''] of header.matchAll(/enum \w+ \{([\s\S]*?)\};/g)) {
    let next = 0;
    for (const entry of body.split(',').map((text) => text.trim())) {
      const [name = '', value] = entry.split('=').map((text) => text.trim());
      if (name === '') continue;
      if (value !== undefined) next = evaluate(value);
      values.set(name, next++);
    }
  }
  return values;
}

const known = constants();

function constant(name: string): number {
  const value = known.get(name);
  if (value === undefined) throw new Error(`native/args.h has no ${name}`);
  return value;
}

/** A view of which every word differs from every other of the plan: from, from + 1, … */
const view = <D extends Data>(data: D, from: number, rank: number): View<D> => ({
  data,
  offset: from,
  strides: Array.from({ length: rank }, (_, i) => from + 1 + i),
});
const floats = () => new Float32Array(1);

/** What a plan is laid out as. */
interface Laid {
  readonly words: Float64Array;
  readonly buffers: readonly (Data | undefined)[];
  /** Indices of the buffers that the call writes. */
  readonly written: readonly number[];
  /** Of each buffer: from the first element that is reached to the last. */
  readonly extents: readonly number[];
  /** Of each buffer: the word of its offset, or −1. */
  readonly offsetWords: readonly number[];
}

function laid(plan: Plan): Laid {
  const { words, wordCount, tensors, tensorCount } = callOf(plan);
  const lent = tensors.slice(0, tensorCount);
  return {
    words: words.slice(0, wordCount),
    buffers: lent.map(({ data }) => data),
    written: lent.flatMap((tensor, i) => (tensor.written ? [i] : [])),
    extents: lent.map(({ extent }) => extent),
    offsetWords: lent.map(({ offsetWord }) => offsetWord),
  };
}

/** The words from an enumerator on. */
const words = (call: Laid, name: string, count = 1): number[] => [...call.words.subarray(constant(name), constant(name) + count)];
const counted = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

const attention: AttentionPlan = {
  op: 'attention',
  batch: 11,
  queryHeads: 12,
  kvHeads: 13,
  queryLength: 14,
  keyLength: 15,
  headDim: 16,
  valueDim: 17,
  dtype: 'float16',
  outDtype: 'bfloat16',
  score: 'additive',
  keyDim: 20,
  units: 21,
  gamma: 0.5,
  queryWeight: view(floats(), 700, 3),
  keyWeight: view(floats(), 800, 3),
  scoreBias: view(floats(), 900, 2),
  scoreVector: view(floats(), 1000, 2),
  scale: 0.25,
  softcap: 30,
  windowLeft: 18,
  windowRight: Number.POSITIVE_INFINITY,
  queryOffset: -19,
  q: view(new Uint16Array(1), 100, 4),
  k: view(new Uint16Array(1), 200, 4),
  v: view(new Uint16Array(1), 300, 4),
  out: view(new Uint16Array(1), 400, 4),
  mask: view(new Uint8Array(1), 500, 4),
  bias: view(floats(), 600, 4),
  alibi: floats(),
  sinks: floats(),
  keyLengths: new Int32Array(1),
  queryLengths: new Int32Array(1),
  queryOffsets: new Int32Array(1),
  weights: floats(),
  logSumExp: floats(),
};

describe('attention', () => {
  const call = laid(attention);

  it('has as many words and buffers as the header counts', () => {
    expect(call.words.length).toBe(constant('kAttentionWords'));
    expect(call.buffers.length).toBe(constant('kAttentionBuffers'));
  });

  it.each([
    ['Batch', attention.batch],
    ['QueryHeads', attention.queryHeads],
    ['KvHeads', attention.kvHeads],
    ['QueryLength', attention.queryLength],
    ['KeyLength', attention.keyLength],
    ['HeadDim', attention.headDim],
    ['ValueDim', attention.valueDim],
    ['Dtype', 1],
    ['OutDtype', 2],
    ['Scale', attention.scale],
    ['Softcap', attention.softcap],
    ['WindowLeft', attention.windowLeft],
    ['WindowRight', attention.windowRight],
    ['QueryOffset', attention.queryOffset],
    ['Score', 5],
    ['KeyDim', attention.keyDim],
    ['Units', attention.units],
    ['Gamma', attention.gamma],
  ])('word %s', (name, value) => expect(words(call, `kAttention${name}`)).toEqual([value]));

  it('views: q k v out mask bias, each an offset and four strides', () => {
    expect(words(call, 'kAttentionViews', 30)).toEqual([100, 200, 300, 400, 500, 600].flatMap((from) => counted(from, 5)));
  });

  it.each([
    ['Q', attention.q.data],
    ['K', attention.k.data],
    ['V', attention.v.data],
    ['Out', attention.out.data],
    ['Mask', attention.mask?.data],
    ['Bias', attention.bias?.data],
    ['Alibi', attention.alibi],
    ['Sinks', attention.sinks],
    ['KeyLengths', attention.keyLengths],
    ['QueryLengths', attention.queryLengths],
    ['QueryOffsets', attention.queryOffsets],
    ['Weights', attention.weights],
    ['LogSumExp', attention.logSumExp],
    ['QueryWeightBuffer', attention.queryWeight?.data],
    ['KeyWeightBuffer', attention.keyWeight?.data],
    ['ScoreBiasBuffer', attention.scoreBias?.data],
    ['ScoreVectorBuffer', attention.scoreVector?.data],
  ])('buffer %s', (name, data) => expect(call.buffers[constant(`kAttention${name}`)]).toBe(data));

  it('views of the score: its weights with three strides, its rows with two', () => {
    expect(words(call, 'kAttentionQueryWeight', 4)).toEqual(counted(700, 4));
    expect(words(call, 'kAttentionKeyWeight', 4)).toEqual(counted(800, 4));
    expect(words(call, 'kAttentionScoreBias', 3)).toEqual(counted(900, 3));
    expect(words(call, 'kAttentionScoreVector', 3)).toEqual(counted(1000, 3));
  });

  it('writes out, weights and logSumExp', () => {
    expect([...call.written].sort((a, b) => a - b)).toEqual(
      ['kAttentionOut', 'kAttentionWeights', 'kAttentionLogSumExp'].map(constant).sort((a, b) => a - b),
    );
  });

  it('keeps its places when what is optional is absent', () => {
    const bare = laid({
      ...attention,
      mask: undefined,
      bias: undefined,
      alibi: undefined,
      sinks: undefined,
      keyLengths: undefined,
      queryLengths: undefined,
      queryOffsets: undefined,
      weights: undefined,
      logSumExp: undefined,
      queryWeight: undefined,
      keyWeight: undefined,
      scoreBias: undefined,
      scoreVector: undefined,
    });
    expect(bare.words.length).toBe(call.words.length);
    expect(bare.buffers, 'those at the end are left out').toEqual(
      [attention.q, attention.k, attention.v, attention.out].map(({ data }) => data),
    );
    expect([...bare.words.subarray(constant('kAttentionViews') + 20, constant('kAttentionQueryWeight'))]).toEqual(new Array(10).fill(0));
  });
});

describe('matmul', () => {
  const plan: MatmulPlan = {
    op: 'matmul',
    batch: [21, 22],
    m: 23,
    n: 24,
    k: 25,
    dtype: 'bfloat16',
    outDtype: 'float32',
    a: view(new Uint16Array(1), 100, 4),
    b: view(new Uint16Array(1), 200, 4),
    out: view(floats(), 300, 4),
    bias: view(floats(), 400, 1),
    activation: 'gelu',
  };
  const call = laid(plan);
  const padded = (from: number) => [from, 0, 0, 0, 0, ...counted(from + 1, 4)];
  const sizesOf = (laidOut: Laid) =>
    ['M', 'N', 'K', 'Dtype', 'BDtype', 'OutDtype', 'Activation', 'Panel'].flatMap((name) => words(laidOut, `kMatmul${name}`));

  it('has as many words and buffers as the header counts', () => {
    expect(matmulBatchRank).toBe(constant('kMatmulBatchRank'));
    expect(call.words.length).toBe(constant('kMatmulWords'));
    expect(call.buffers.length, 'but the scales of a packed b').toBe(constant('kMatmulScales'));
  });

  it('words', () => {
    expect(sizesOf(call)).toEqual([23, 24, 25, 2, 2, 0, 2, 0]);
    expect(words(call, 'kMatmulBatch', 6)).toEqual([1, 1, 1, 1, 21, 22]);
    expect(words(call, 'kMatmulViews', 27)).toEqual([100, 200, 300].flatMap(padded));
    expect([...words(call, 'kMatmulBiasOffset'), ...words(call, 'kMatmulBiasStride')]).toEqual([400, 401]);
  });

  it('buffers', () => {
    expect(['A', 'B', 'Out', 'Bias'].map((name) => call.buffers[constant(`kMatmul${name}`)])).toEqual([
      plan.a.data,
      plan.b.data,
      plan.out.data,
      plan.bias?.data,
    ]);
    expect(call.written).toEqual([constant('kMatmulOut')]);
  });

  it('a packed b: its dtype, its panels as one row, and its scales', () => {
    const panels = {
      data: new Uint8Array(1),
      offset: 200,
      strides: [0, 0, 0, 1],
      panelColumns: 16,
      dtype: 'int8',
      scales: floats(),
    } as const;
    const packed = laid({ ...plan, b: panels });
    expect(sizesOf(packed)).toEqual([23, 24, 25, 2, 3, 0, 2, 16]);
    expect(words(packed, 'kMatmulViews', 27)).toEqual([...padded(100), 200, 0, 0, 0, 0, 0, 0, 0, 1, ...padded(300)]);
    expect(packed.buffers.length).toBe(constant('kMatmulBuffers'));
    expect(packed.buffers[constant('kMatmulB')]).toBe(panels.data);
    expect(packed.extents[constant('kMatmulB')], 'two panels of 16').toBe(32 * 25);
    expect(packed.buffers[constant('kMatmulScales')]).toBe(panels.scales);
    expect(packed.written).toEqual([constant('kMatmulOut')]);
  });
});

describe('softmax', () => {
  const plan: SoftmaxPlan = {
    op: 'softmax',
    outer: [31, 32],
    length: 33,
    dtype: 'float32',
    outDtype: 'float16',
    scale: -0.5,
    x: view(floats(), 100, 3),
    out: view(new Uint16Array(1), 200, 3),
    mask: view(new Uint8Array(1), 300, 3),
  };
  const call = laid(plan);
  const padded = (from: number) => [from, 0, 0, 0, 0, 0, ...counted(from + 1, 3)];

  it('has as many words and buffers as the header counts', () => {
    expect(softmaxOuterRank).toBe(constant('kSoftmaxOuterRank'));
    expect(call.words.length).toBe(constant('kSoftmaxWords'));
    expect(call.buffers.length).toBe(constant('kSoftmaxBuffers'));
  });

  it('words', () => {
    expect(['Length', 'Dtype', 'OutDtype', 'Scale'].flatMap((name) => words(call, `kSoftmax${name}`))).toEqual([33, 0, 1, -0.5]);
    expect(words(call, 'kSoftmaxOuter', 7)).toEqual([1, 1, 1, 1, 1, 31, 32]);
    expect(words(call, 'kSoftmaxViews', 27)).toEqual([100, 200, 300].flatMap(padded));
  });

  it('buffers', () => {
    expect(['X', 'Out', 'Mask'].map((name) => call.buffers[constant(`kSoftmax${name}`)])).toEqual([
      plan.x.data,
      plan.out.data,
      plan.mask?.data,
    ]);
    expect(call.written).toEqual([constant('kSoftmaxOut')]);
  });
});

describe('convert', () => {
  const plan: ConvertPlan = {
    op: 'convert',
    name: 'toBfloat16',
    outer: [31, 32],
    length: 33,
    dtype: 'float32',
    outDtype: 'bfloat16',
    x: view(floats(), 100, 3),
    out: view(new Uint16Array(1), 200, 3),
  };
  const call = laid(plan);
  const padded = (from: number) => [from, 0, 0, 0, 0, 0, ...counted(from + 1, 3)];

  it('has as many words and buffers as the header counts', () => {
    expect(convertOuterRank).toBe(constant('kConvertOuterRank'));
    expect(call.words.length).toBe(constant('kConvertWords'));
    expect(call.buffers.length).toBe(constant('kConvertBuffers'));
  });

  it('words', () => {
    expect(['Length', 'Dtype', 'OutDtype'].flatMap((name) => words(call, `kConvert${name}`))).toEqual([33, 0, 2]);
    expect(words(call, 'kConvertOuter', 7)).toEqual([1, 1, 1, 1, 1, 31, 32]);
    expect(words(call, 'kConvertViews', 18)).toEqual([100, 200].flatMap(padded));
  });

  it('buffers', () => {
    expect(['X', 'Out'].map((name) => call.buffers[constant(`kConvert${name}`)])).toEqual([plan.x.data, plan.out.data]);
    expect(call.written).toEqual([constant('kConvertOut')]);
  });
});

describe('norm', () => {
  const plan: NormPlan = {
    op: 'norm',
    name: 'layerNorm',
    outer: [31, 32],
    length: 33,
    dtype: 'bfloat16',
    outDtype: 'float32',
    centered: true,
    epsilon: 0.25,
    x: view(new Uint16Array(1), 100, 3),
    out: view(floats(), 200, 3),
    gamma: view(floats(), 300, 1),
    beta: view(floats(), 400, 1),
  };
  const call = laid(plan);
  const padded = (from: number) => [from, 0, 0, 0, 0, 0, ...counted(from + 1, 3)];

  it('has as many words and buffers as the header counts', () => {
    expect(normOuterRank).toBe(constant('kNormOuterRank'));
    expect(call.words.length).toBe(constant('kNormWords'));
    expect(call.buffers.length).toBe(constant('kNormBuffers'));
  });

  it('words', () => {
    expect(['Length', 'Dtype', 'OutDtype', 'Centered', 'Epsilon'].flatMap((name) => words(call, `kNorm${name}`))).toEqual([
      33, 2, 0, 1, 0.25,
    ]);
    expect(words(call, 'kNormOuter', 7)).toEqual([1, 1, 1, 1, 1, 31, 32]);
    expect(words(call, 'kNormViews', 18)).toEqual([100, 200].flatMap(padded));
    expect(['GammaOffset', 'GammaStride', 'BetaOffset', 'BetaStride'].flatMap((name) => words(call, `kNorm${name}`))).toEqual([
      300, 301, 400, 401,
    ]);
  });

  it('buffers', () => {
    expect(['X', 'Out', 'Gamma', 'Beta'].map((name) => call.buffers[constant(`kNorm${name}`)])).toEqual([
      plan.x.data,
      plan.out.data,
      plan.gamma?.data,
      plan.beta?.data,
    ]);
    expect(call.written).toEqual([constant('kNormOut')]);
  });

  it('a mean that is not taken off is 0', () => {
    expect(words(laid({ ...plan, name: 'rmsNorm', centered: false }), 'kNormCentered')).toEqual([0]);
  });
});

describe('pool', () => {
  const plan: PoolPlan = {
    op: 'pool',
    name: 'cbam',
    batch: 31,
    rows: 32,
    columns: 33,
    x: view(floats(), 100, 3),
    factor: view(floats(), 200, 2),
    mean: view(floats(), 300, 2),
    max: view(floats(), 400, 2),
  };
  const call = laid(plan);

  it('has as many words and buffers as the header counts', () => {
    expect(call.words.length).toBe(constant('kPoolWords'));
    expect(call.buffers.length).toBe(constant('kPoolBuffers'));
  });

  it('words', () => {
    expect(['Batch', 'Rows', 'Columns'].flatMap((name) => words(call, `kPool${name}`))).toEqual([31, 32, 33]);
    expect(words(call, 'kPoolX', 4)).toEqual(counted(100, 4));
    expect(['Factor', 'Mean', 'Max'].map((name) => words(call, `kPool${name}`, 3))).toEqual(
      [200, 300, 400].map((from) => counted(from, 3)),
    );
  });

  it('buffers', () => {
    expect(['X', 'Factor', 'Mean', 'Max'].map((name) => call.buffers[constant(`kPool${name}Buffer`)])).toEqual([
      plan.x.data,
      plan.factor?.data,
      plan.mean.data,
      plan.max.data,
    ]);
    expect(call.written).toEqual([constant('kPoolMeanBuffer'), constant('kPoolMaxBuffer')]);
  });
});

describe('multiply', () => {
  const plan: MultiplyPlan = {
    op: 'multiply',
    name: 'cbam',
    batch: 31,
    rows: 32,
    columns: 33,
    x: view(floats(), 100, 3),
    out: view(floats(), 200, 3),
    y: view(floats(), 300, 3),
    z: view(floats(), 400, 3),
    plus: view(floats(), 500, 3),
  };
  const call = laid(plan);

  it('has as many words and buffers as the header counts', () => {
    expect(call.words.length).toBe(constant('kMultiplyWords'));
    expect(call.buffers.length).toBe(constant('kMultiplyBuffers'));
  });

  it('words', () => {
    expect(['Batch', 'Rows', 'Columns'].flatMap((name) => words(call, `kMultiply${name}`))).toEqual([31, 32, 33]);
    expect(words(call, 'kMultiplyViews', 20)).toEqual([100, 200, 300, 400, 500].flatMap((from) => counted(from, 4)));
  });

  it('buffers', () => {
    expect(['X', 'Out', 'Y', 'Z', 'Plus'].map((name) => call.buffers[constant(`kMultiply${name}`)])).toEqual([
      plan.x.data,
      plan.out.data,
      plan.y?.data,
      plan.z?.data,
      plan.plus?.data,
    ]);
    expect(call.written).toEqual([constant('kMultiplyOut')]);
  });
});

describe('patches', () => {
  const side = (from: number): PatchSide => {
    const [pixels = 0, places = 0, taps = 0, step = 0, dilation = 0, offset = 0, gap = 0] = counted(from, 7);
    return { pixels, places, taps, step, dilation, offset, gap };
  };
  const plan: PatchesPlan = {
    op: 'patches',
    name: 'Conv2D',
    images: 31,
    channels: 32,
    height: side(40),
    width: side(50),
    rows: 33,
    columns: 34,
    n: 35,
    transposed: true,
    activation: 'gelu',
    x: view(floats(), 100, 4),
    b: view(floats(), 200, 2),
    out: view(floats(), 300, 2),
    bias: view(floats(), 400, 1),
  };
  const call = laid(plan);

  it('has as many words and buffers as the header counts', () => {
    expect(call.words.length).toBe(constant('kPatchesWords'));
    expect(call.buffers.length).toBe(constant('kPatchesBuffers'));
  });

  it('words', () => {
    expect(
      ['Images', 'Channels', 'Rows', 'Columns', 'N', 'Transposed', 'Activation'].flatMap((name) => words(call, `kPatches${name}`)),
    ).toEqual([31, 32, 33, 34, 35, 1, 2]);
    expect(words(call, 'kPatchesHeight', 14)).toEqual([...counted(40, 7), ...counted(50, 7)]);
    expect(words(call, 'kPatchesX', 5)).toEqual(counted(100, 5));
    expect(words(call, 'kPatchesBView', 3)).toEqual(counted(200, 3));
    expect(words(call, 'kPatchesOutView', 3)).toEqual(counted(300, 3));
    expect(words(call, 'kPatchesBiasOffset', 2)).toEqual(counted(400, 2));
  });

  it('buffers', () => {
    expect(['XBuffer', 'B', 'Out', 'Bias'].map((name) => call.buffers[constant(`kPatches${name}`)])).toEqual([
      plan.x.data,
      plan.b.data,
      plan.out.data,
      plan.bias?.data,
    ]);
    expect(call.written).toEqual([constant('kPatchesOut')]);
  });
});

describe('convolve', () => {
  const plan: ConvolvePlan = {
    op: 'convolve',
    name: 'cbam',
    batch: 31,
    maps: 32,
    height: 33,
    width: 34,
    kernelHeight: 35,
    kernelWidth: 37,
    bias: 0.5,
    activation: 'gelu',
    x: view(floats(), 100, 4),
    kernel: floats(),
    out: view(floats(), 200, 3),
  };
  const call = laid(plan);

  it('has as many words and buffers as the header counts', () => {
    expect(call.words.length).toBe(constant('kConvolveWords'));
    expect(call.buffers.length).toBe(constant('kConvolveBuffers'));
  });

  it('words', () => {
    expect(
      ['Batch', 'Maps', 'Height', 'Width', 'KernelHeight', 'KernelWidth', 'Bias', 'Activation'].flatMap((name) =>
        words(call, `kConvolve${name}`),
      ),
    ).toEqual([31, 32, 33, 34, 35, 37, 0.5, 2]);
    expect(words(call, 'kConvolveView', 5)).toEqual(counted(100, 5));
    expect(words(call, 'kConvolveOutView', 4)).toEqual(counted(200, 4));
  });

  it('buffers', () => {
    expect(['X', 'Out', 'Kernel'].map((name) => call.buffers[constant(`kConvolve${name}`)])).toEqual([
      plan.x.data,
      plan.out.data,
      plan.kernel,
    ]);
    expect(call.written).toEqual([constant('kConvolveOut')]);
  });
});

describe('attentionBackward', () => {
  const plan: BackwardPlan = {
    ...attention,
    op: 'attentionBackward',
    score: 'rbf',
    weights: undefined,
    logSumExp: floats(),
    dOut: view(floats(), 2100, 4),
    dOutDtype: 'float32',
    dQuery: view(new Uint16Array(1), 2200, 4),
    dKey: view(new Uint16Array(1), 2300, 4),
    dValue: view(new Uint16Array(1), 2400, 4),
    dBias: view(floats(), 2500, 4),
    dSinks: floats(),
    dQueryWeight: view(floats(), 2600, 3),
    dKeyWeight: view(floats(), 2700, 3),
    dScoreBias: view(floats(), 2800, 2),
    dScoreVector: view(floats(), 2900, 2),
  };
  const call = laid(plan);

  it('has as many words and buffers as the header counts', () => {
    expect(call.words.length).toBe(constant('kBackwardWords'));
    expect(call.buffers.length).toBe(constant('kBackwardBuffers'));
  });

  it('begins as attention does', () => {
    const bare = laid({ ...attention, score: 'rbf' });
    expect(call.words.subarray(0, constant('kAttentionWords'))).toEqual(bare.words);
  });

  it('words and buffers of its own', () => {
    expect(words(call, 'kBackwardDOutDtype')).toEqual([0]);
    expect(words(call, 'kBackwardViews', 25)).toEqual([2100, 2200, 2300, 2400, 2500].flatMap((from) => counted(from, 5)));
    expect(words(call, 'kBackwardQueryWeight', 4)).toEqual(counted(2600, 4));
    expect(words(call, 'kBackwardKeyWeight', 4)).toEqual(counted(2700, 4));
    expect(words(call, 'kBackwardScoreBias', 3)).toEqual(counted(2800, 3));
    expect(words(call, 'kBackwardScoreVector', 3)).toEqual(counted(2900, 3));
    const buffers = ['DOut', 'DQuery', 'DKey', 'DValue', 'DBias', 'DSinks', 'DQueryWeight', 'DKeyWeight', 'DScoreBias', 'DScoreVector'];
    expect(buffers.map((name) => call.buffers[constant(`kBackward${name}`)])).toEqual([
      plan.dOut.data,
      plan.dQuery.data,
      plan.dKey.data,
      plan.dValue.data,
      plan.dBias?.data,
      plan.dSinks,
      plan.dQueryWeight?.data,
      plan.dKeyWeight?.data,
      plan.dScoreBias?.data,
      plan.dScoreVector?.data,
    ]);
  });

  it('reads what attention gave, and writes gradients alone', () => {
    const names = ['DQuery', 'DKey', 'DValue', 'DBias', 'DSinks', 'DQueryWeight', 'DKeyWeight', 'DScoreBias', 'DScoreVector'];
    const written = names.map((name) => constant(`kBackward${name}`));
    expect([...call.written].sort((a, b) => a - b)).toEqual(written.sort((a, b) => a - b));
  });
});

describe('the gradients along an axis', () => {
  const views = {
    outer: [31, 32],
    length: 33,
    dtype: 'bfloat16',
    dOutDtype: 'float32',
    outDtype: 'bfloat16',
    x: view(new Uint16Array(1), 100, 3),
    dOut: view(floats(), 200, 3),
    out: view(new Uint16Array(1), 300, 3),
  } as const;
  const softmax: SoftmaxBackwardPlan = { op: 'softmaxBackward', ...views, scale: -0.5 };
  const norm: NormBackwardPlan = {
    op: 'normBackward',
    name: 'layerNormBackward',
    ...views,
    centered: true,
    epsilon: 0.25,
    gamma: view(floats(), 400, 1),
    dGamma: view(floats(), 500, 1),
    dBeta: view(floats(), 600, 1),
  };
  const activation: ActivateBackwardPlan = { op: 'activateBackward', name: 'linearBackward', ...views, activation: 'gelu' };
  const padded = (from: number) => [from, 0, 0, 0, 0, 0, ...counted(from + 1, 3)];

  it.each([
    ['SoftmaxBackward', softmax, 'Gradient'],
    ['NormBackward', norm, 'NormBackward'],
    ['ActivateBackward', activation, 'Gradient'],
  ] as const)('of %s begin alike, and have as many words and buffers as the header counts', (name, plan, ofBuffers) => {
    const call = laid(plan);
    expect(call.words.length).toBe(constant(`k${name}Words`));
    expect(call.buffers.length).toBe(constant(`k${ofBuffers}Buffers`));
    expect(['Length', 'Dtype', 'DOutDtype', 'DXDtype'].flatMap((word) => words(call, `kGradient${word}`))).toEqual([33, 2, 0, 2]);
    expect(words(call, 'kGradientOuter', 7)).toEqual([1, 1, 1, 1, 1, 31, 32]);
    expect(words(call, 'kGradientViews', 27)).toEqual([100, 200, 300].flatMap(padded));
    expect(['X', 'DOut', 'DX'].map((buffer) => call.buffers[constant(`kGradient${buffer}`)])).toEqual([
      plan.x.data,
      plan.dOut.data,
      plan.out.data,
    ]);
  });

  it('words and buffers of their own', () => {
    expect(words(laid(softmax), 'kSoftmaxBackwardScale')).toEqual([-0.5]);
    expect(words(laid(activation), 'kActivateBackwardActivation')).toEqual([2]);
    const call = laid(norm);
    expect(['Centered', 'Epsilon'].flatMap((word) => words(call, `kNormBackward${word}`))).toEqual([1, 0.25]);
    expect(words(call, 'kNormBackwardRows', 6)).toEqual([400, 401, 500, 501, 600, 601]);
    expect(['Gamma', 'DGamma', 'DBeta'].map((buffer) => call.buffers[constant(`kNormBackward${buffer}`)])).toEqual([
      norm.gamma?.data,
      norm.dGamma.data,
      norm.dBeta?.data,
    ]);
  });

  it('only gradients are written', () => {
    expect(laid(softmax).written).toEqual([constant('kGradientDX')]);
    expect(laid(activation).written).toEqual([constant('kGradientDX')]);
    expect(laid(norm).written).toEqual(['kGradientDX', 'kNormBackwardDGamma', 'kNormBackwardDBeta'].map(constant));
    const rms = laid({ ...norm, name: 'rmsNormBackward', dBeta: undefined });
    expect(rms.written).toEqual(['kGradientDX', 'kNormBackwardDGamma'].map(constant));
    expect(rms.words.length).toBe(constant('kNormBackwardWords'));
  });
});

describe('activate', () => {
  const plan: ActivatePlan = {
    op: 'activate',
    name: 'sigmoid',
    outer: [31, 32],
    length: 33,
    dtype: 'bfloat16',
    outDtype: 'float32',
    x: view(new Uint16Array(1), 100, 3),
    out: view(floats(), 200, 3),
  };
  const call = laid(plan);
  const padded = (from: number) => [from, 0, 0, 0, 0, 0, ...counted(from + 1, 3)];

  it('has as many words and buffers as the header counts', () => {
    expect(activateOuterRank).toBe(constant('kActivateOuterRank'));
    expect(call.words.length).toBe(constant('kActivateWords'));
    expect(call.buffers.length).toBe(constant('kActivateBuffers'));
  });

  it('words', () => {
    expect(['Length', 'Dtype', 'OutDtype', 'Activation'].flatMap((name) => words(call, `kActivate${name}`))).toEqual([33, 2, 0, 4]);
    expect(words(call, 'kActivateOuter', 7)).toEqual([1, 1, 1, 1, 1, 31, 32]);
    expect(words(call, 'kActivateViews', 18)).toEqual([100, 200].flatMap(padded));
  });

  it('buffers', () => {
    expect(['X', 'Out'].map((name) => call.buffers[constant(`kActivate${name}`)])).toEqual([plan.x.data, plan.out.data]);
    expect(call.written).toEqual([constant('kActivateOut')]);
  });

  it('every activation has the number of the header', () => {
    const [, listed = ''] = /enum class Activation : int32_t \{([^}]*)\}/.exec(header) ?? [];
    for (const name of ['relu', 'gelu', 'tanh', 'sigmoid'] as const) {
      const [number] = words(laid({ ...plan, name }), 'kActivateActivation');
      expect(listed).toContain(`${name} = ${number}`);
    }
  });
});

describe('rotary', () => {
  const plan: RotaryPlan = {
    op: 'rotary',
    outer: [31, 32],
    length: 34,
    dtype: 'bfloat16',
    outDtype: 'float32',
    interleaved: true,
    x: view(new Uint16Array(1), 100, 3),
    out: view(floats(), 200, 3),
    table: view(floats(), 300, 3),
  };
  const call = laid(plan);
  const padded = (from: number) => [from, 0, 0, 0, 0, 0, ...counted(from + 1, 3)];

  it('has as many words and buffers as the header counts', () => {
    expect(rotaryOuterRank).toBe(constant('kRotaryOuterRank'));
    expect(call.words.length).toBe(constant('kRotaryWords'));
    expect(call.buffers.length).toBe(constant('kRotaryBuffers'));
  });

  it('words', () => {
    expect(['Length', 'Dtype', 'OutDtype', 'Interleaved'].flatMap((name) => words(call, `kRotary${name}`))).toEqual([34, 2, 0, 1]);
    expect(words(call, 'kRotaryOuter', 7)).toEqual([1, 1, 1, 1, 1, 31, 32]);
    expect(words(call, 'kRotaryViews', 27)).toEqual([100, 200, 300].flatMap(padded));
    expect(words(laid({ ...plan, interleaved: false }), 'kRotaryInterleaved')).toEqual([0]);
  });

  it('buffers', () => {
    expect(['X', 'Out', 'Table'].map((name) => call.buffers[constant(`kRotary${name}`)])).toEqual([
      plan.x.data,
      plan.out.data,
      plan.table.data,
    ]);
    expect(call.written).toEqual([constant('kRotaryOut')]);
  });
});

describe('merge', () => {
  const part = (from: number) => ({ output: view(floats(), from, 4), logSumExp: view(floats(), from + 50, 3) });
  const plan: MergePlan = {
    op: 'merge',
    batch: 41,
    heads: 42,
    queryLength: 43,
    valueDim: 44,
    dtype: 'float32',
    outDtype: 'float32',
    parts: [part(100), part(200)],
    sinks: floats(),
    out: view(floats(), 300, 4),
    logSumExp: floats(),
  };
  const call = laid(plan);

  it('has as many words and buffers as the header counts for two parts', () => {
    expect(call.words.length).toBe(constant('kMergePartWords') + 2 * constant('kMergeWordsPerPart'));
    expect(call.buffers.length).toBe(constant('kMergePartBuffers') + 2 * 2);
  });

  it('words', () => {
    expect(
      ['Batch', 'Heads', 'QueryLength', 'ValueDim', 'Parts', 'Dtype', 'OutDtype'].flatMap((name) => words(call, `kMerge${name}`)),
    ).toEqual([41, 42, 43, 44, 2, 0, 0]);
    expect(words(call, 'kMergeOut', 5)).toEqual(counted(300, 5));
    expect(words(call, 'kMergePartWords', 18)).toEqual([100, 200].flatMap((from) => [...counted(from, 5), ...counted(from + 50, 4)]));
  });

  it('buffers', () => {
    expect(['kMergeOutBuffer', 'kMergeLogSumExpBuffer', 'kMergeSinksBuffer'].map((name) => call.buffers[constant(name)])).toEqual([
      plan.out.data,
      plan.logSumExp,
      plan.sinks,
    ]);
    expect(call.buffers.slice(constant('kMergePartBuffers'))).toEqual(
      plan.parts.flatMap(({ output, logSumExp }) => [output.data, logSumExp.data]),
    );
    expect(call.written).toEqual([constant('kMergeOutBuffer'), constant('kMergeLogSumExpBuffer')]);
  });
});
