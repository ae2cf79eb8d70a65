// @ts-check
/** The cases of the comparison, as data: every contender runs the same ones on the same numbers. */

/** @import { AttentionCase, BackwardCase, Case, ImageCase, MatmulCase, RowsCase, TrainingCase } from './types.js' */

/** @param {string} name @param {Partial<MatmulCase> & Pick<MatmulCase, 'm' | 'n' | 'k'>} sizes @returns {MatmulCase} */
const matmul = (name, sizes) => ({ name: `matmul ${name}`, op: 'matmul', bound: 'compute', batch: 1, ...sizes });

/**
 * `[b, h, s, d]` for queries, keys and values alike, where nothing else is said.
 * @param {string} name
 * @param {readonly [number, number, number, number]} shape
 * @param {Partial<AttentionCase>} [others]
 * @returns {AttentionCase}
 */
const attention = (name, [batch, heads, length, dim], others) => ({
  name,
  op: 'attention',
  bound: 'compute',
  batch,
  queryHeads: heads,
  kvHeads: heads,
  queryLength: length,
  keyLength: length,
  headDim: dim,
  valueDim: dim,
  causal: false,
  ...others,
});

/** A batch of sentences of 8 to 128 tokens, padded to the longest. */
const sentences = [128, 8, 23, 64, 12, 97, 31, 16, 45, 77, 9, 52, 19, 110, 37, 27];

/**
 * One query on 4096 keys in a cache: the newest key and value are appended, then the query is asked.
 * @param {number} kvHeads
 * @param {AttentionCase['dtype']} [dtype]
 * @returns {AttentionCase}
 */
const decodeThroughCache = (kvHeads, dtype) =>
  attention(`decode 1x${kvHeads === 32 ? '32' : `32/${kvHeads}`}x1x128 on 4096 keys, KVCache${dtype ? ` ${dtype}` : ''}`, [1, 32, 1, 128], {
    kvHeads,
    keyLength: 4096,
    bound: 'memory',
    through: 'KVCache',
    ...(dtype && { dtype }),
  });

/** The gradients of an attention. @param {AttentionCase} item @returns {BackwardCase} */
const backward = ({ name, through, score, units, onlyOurs, ...item }) => ({
  ...item,
  ...{ name: name.replace('attention', 'attentionBackward'), op: 'attentionBackward', full: true },
});

/** @param {RowsCase['op']} op @param {string} name @param {Pick<RowsCase, 'shape' | 'heads' | 'onlyOurs'>} sizes @returns {RowsCase} */
const rows = (op, name, sizes) => ({ name: `${op} ${name}`, op, bound: 'memory', full: true, ...sizes });

/** @param {ImageCase['op']} op @returns {ImageCase} */
const images = (op) => ({ name: `${op} 8x64x64x256`, op, bound: 'memory', full: true, shape: [8, 64, 64, 256] });

/** A step of tens of milliseconds on one contender takes minutes on another, so that one call of it has to do. */
const step = /** @satisfies {Partial<TrainingCase>} */ ({
  bound: 'compute',
  allocates: true,
  loop: true,
  twoThreads: true,
  full: true,
  patience: 8,
});

const short = attention('attention 1x8x1024x64', [1, 8, 1024, 64], { full: true, onlyOurs: true });
const shortCausal = attention('attention 1x8x1024x64 causal', [1, 8, 1024, 64], { causal: true, full: true, onlyOurs: true });

/** @type {readonly Case[]} */
export const cases = [
  matmul('64x64x64', { m: 64, n: 64, k: 64 }),
  matmul('128x128x128', { m: 128, n: 128, k: 128 }),
  matmul('256x256x256', { m: 256, n: 256, k: 256 }),
  matmul('512x512x512', { m: 512, n: 512, k: 512 }),
  matmul('1024x1024x1024', { m: 1024, n: 1024, k: 1024, twoThreads: true }),
  matmul('1024x1024x1024 bfloat16', { m: 1024, n: 1024, k: 1024, dtype: 'bfloat16', full: true }),
  matmul('128x3072x768', { m: 128, n: 3072, k: 768 }), // a feed-forward layer over 128 tokens
  matmul('128x3072x768 bfloat16', { m: 128, n: 3072, k: 768, dtype: 'bfloat16', full: true }),
  matmul('1x4096x4096', { m: 1, n: 4096, k: 4096, bound: 'memory' }), // a matrix and one row: decoding
  matmul('1x4096x4096, b bfloat16', { m: 1, n: 4096, k: 4096, bound: 'memory', weights: 'bfloat16', full: true }),
  matmul('1x4096x4096, b int8', { m: 1, n: 4096, k: 4096, bound: 'memory', weights: 'int8', full: true }),
  matmul('96 of 128x64x128', { batch: 96, m: 128, n: 64, k: 128, full: true }),
  matmul('8 of 512x512x512', { batch: 8, m: 512, n: 512, k: 512, full: true, onlyOurs: true }),
  { name: 'convolution 8x56x56x64 by 3x3 to 64', op: 'convolution', bound: 'compute', shape: [8, 56, 56, 64], channels: 64, full: true },

  { name: 'softmax 4096x4096 last axis', op: 'softmax', bound: 'memory', shape: [4096, 4096], axis: 1 },
  { name: 'softmax 4096x4096 first axis', op: 'softmax', bound: 'memory', shape: [4096, 4096], axis: 0, full: true },
  {
    name: 'softmax 4096x4096 last axis, allocating',
    op: 'softmax',
    bound: 'memory',
    shape: [4096, 4096],
    axis: 1,
    allocates: true,
    full: true,
  },

  attention('attention 1x12x128x64', [1, 12, 128, 64]),
  attention('attention 8x12x128x64', [8, 12, 128, 64], { full: true }),
  attention('attention 16x12x128x64, 8 to 128 tokens', [16, 12, 128, 64], { lengths: sentences, full: true }),
  attention('attention 1x12x512x64', [1, 12, 512, 64]),
  attention('attention 1x8x2048x64', [1, 8, 2048, 64], { twoThreads: true }),
  // Right after the dot product that they are held against: the machine changes its pace.
  .../** @type {const} */ (['cosine', 'euclidean', 'rbf']).map((score) =>
    attention(`attention 1x8x2048x64 ${score}`, [1, 8, 2048, 64], { score, full: true }),
  ),
  attention('attention 1x8x2048x64 bfloat16', [1, 8, 2048, 64], { dtype: 'bfloat16', full: true }),
  short,
  backward(short),
  shortCausal,
  backward(shortCausal),
  attention('attention 1x1x64x256 on 512 keys, additive', [1, 1, 64, 256], { keyLength: 512, score: 'additive', units: 256, full: true }),
  attention('attention 1x12x512x64 causal', [1, 12, 512, 64], { causal: true, full: true }),
  attention('attention 1x8x2048x64 causal', [1, 8, 2048, 64], { causal: true }),
  attention('attention 1x8x4096x128 causal', [1, 8, 4096, 128], { causal: true, full: true }),
  attention('attention 1x32/8x2048x128 causal', [1, 32, 2048, 128], { kvHeads: 8, causal: true, full: true }),
  attention('attention 1x8x8192x64 window 256,0', [1, 8, 8192, 64], { window: [256, 0], full: true }),
  attention('attention 1x1x1024x64 on 32768 keys', [1, 1, 1024, 64], { keyLength: 32768, alone: true, full: true }),
  attention('decode 1x32x1x128 on 4096 keys', [1, 32, 1, 128], { keyLength: 4096, bound: 'memory', full: true }),
  { ...decodeThroughCache(32), full: true },
  { ...decodeThroughCache(32, 'float16'), full: true },
  { ...decodeThroughCache(32, 'bfloat16'), full: true },
  { ...decodeThroughCache(32, 'int8'), full: true },
  attention('decode 1x32/8x1x128 on 4096 keys', [1, 32, 1, 128], { kvHeads: 8, keyLength: 4096, bound: 'memory' }),
  decodeThroughCache(8),
  attention('call 1x1x1x8', [1, 1, 1, 8], { bound: 'call', allocates: true, alone: true }), // what a call costs before any work
  attention('step over 64 states of 256, additive', [1, 1, 1, 256], {
    ...{ keyLength: 64, score: 'additive', units: 256, through: 'SequenceAttention' },
    ...{ bound: 'call', allocates: true, alone: true, full: true },
  }),

  rows('layerNorm', '2048x1024', { shape: [2048, 1024] }),
  rows('rmsNorm', '2048x1024', { shape: [2048, 1024] }),
  rows('rotary', '2048x1024', { shape: [2048, 1024] }),
  rows('rotary', '2048x1024 of 16 heads', { shape: [2048, 1024], heads: 16, onlyOurs: true }),
  rows('gelu', '2048x1024', { shape: [2048, 1024] }),
  images('squeezeExcite'),
  images('spatialAttention'),

  { name: 'encoder 40 sentences', op: 'encoder', bound: 'compute', allocates: true, full: true },
  {
    ...{ name: 'encoder 40 sentences, norms and embedding in plain loops', op: 'encoder', norms: 'plain loops' },
    ...{ bound: 'compute', allocates: true, full: true },
  },

  {
    ...{ name: 'training step, translation 64x24 to 10, hidden 128', op: 'translationStep', ...step },
    ...{ batch: 64, source: 24, target: 10, hidden: 128, embedding: 64, vocabulary: 64 },
  },
  {
    ...{ name: 'training step, convnet 32x28x84', op: 'convnetStep', ...step },
    ...{ shape: [32, 28, 84], filters: [32, 32, 64, 64], classes: 10 },
  },
];
