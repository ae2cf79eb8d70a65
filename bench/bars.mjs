// @ts-check
/** What fovea means to reach, as data: a share of the peak, a ratio to a peer, a time. */
/**
 * @typedef {object} Bar
 * @property {string} case
 * @property {string} who contender, or contender/variant
 * @property {Measure} measure
 * @property {number} [least] none where a row that is measured is enough
 * @property {number} [aim]
 * @property {string} [peer] contender that a ratio is to; otherwise the fastest one of the same kind
 * @property {string} [other] case that a ratio is to
 * @property {number} [threads]
 *
 * @typedef {'share' | 'peer' | 'other' | 'rate' | 'tokens' | 'scaling' | 'speedup' | 'micros' | 'memory' | 'shares' | 'direct'} Measure share of the roof · speed
 *   over a peer's · speed over our own on another case · our flops a second on another case over those on this (at most) · our time a
 *   token over that on another case (at most) · speedup by threads over that of the peak · speedup by threads · microseconds a call (at
 *   most) · MB of memory beyond inputs and output (at most) · share of the roof over that on another case · speed over that of our own
 *   kernels called directly, in turns
 */

const native = 'fovea-native';
const wasm = 'fovea-wasm/simd';
const node = 'onnxruntime-node';
const tfjs = 'fovea-tfjs';

/** @param {string} who @param {string} name @param {number} [least] @param {number} [aim] @returns {Bar} */
const share = (who, name, least, aim) => ({ case: name, who, measure: 'share', ...(least && { least }), ...(aim && { aim }) });
/** @param {string} who @param {string} name @param {string | undefined} peer @param {number} [least] @param {number} [aim] @returns {Bar} */
const ahead = (who, name, peer, least, aim) => ({
  ...{ case: name, who, measure: /** @type {const} */ ('peer') },
  ...(peer && { peer }),
  ...(least && { least }),
  ...(aim && { aim }),
});

/** @type {readonly Bar[]} */
export const bars = [
  share(native, 'attention 1x8x2048x64', 0.8, 0.88),
  ahead(native, 'attention 1x8x2048x64', node, 1),
  share(native, 'attention 1x12x512x64', 0.76, 0.88),
  ahead(native, 'attention 1x12x512x64', node, 1),
  share(native, 'attention 1x12x128x64', 0.65, 0.75),
  ahead(native, 'attention 1x12x128x64', node, 1.15),
  share(native, 'attention 1x8x2048x64 causal', 0.72, 0.8),
  ahead(native, 'attention 1x8x2048x64 causal', node, 1.6, 2),
  share(native, 'attention 1x8x4096x128 causal', 0.78, 0.85),
  ahead(native, 'attention 1x8x4096x128 causal', node, 1.2, 2),
  share(native, 'attention 1x32/8x2048x128 causal', 0.75, 0.85),
  ahead(native, 'attention 1x32/8x2048x128 causal', node, 1.2),
  {
    case: 'attention 1x8x8192x64 window 256,0',
    who: native,
    measure: 'rate',
    other: 'attention 1x8x2048x64 causal',
    least: 1.3,
    aim: 1.15,
  },
  { case: 'attention 16x12x128x64, 8 to 128 tokens', who: native, measure: 'tokens', other: 'attention 8x12x128x64', least: 1 },
  share(native, 'decode 1x32x1x128 on 4096 keys, KVCache', 0.85, 0.95),
  ahead(native, 'decode 1x32x1x128 on 4096 keys, KVCache', node, 2),
  share(native, 'decode 1x32/8x1x128 on 4096 keys, KVCache', 0.85, 0.95),
  ahead(native, 'decode 1x32/8x1x128 on 4096 keys, KVCache', node, 4),
  ...[
    { dtype: 'bfloat16', least: 1.7, aim: 1.9 },
    { dtype: 'int8', least: 2.5, aim: 3.5 },
  ].map(({ dtype, least, aim }) => ({
    case: `decode 1x32x1x128 on 4096 keys, KVCache ${dtype}`,
    who: native,
    measure: /** @type {const} */ ('other'),
    other: 'decode 1x32x1x128 on 4096 keys, KVCache',
    least,
    aim,
  })),
  ...['512x512x512', '1024x1024x1024', '128x3072x768'].flatMap((sizes) => [
    share(native, `matmul ${sizes}`, 0.8, 0.9),
    ahead(native, `matmul ${sizes}`, node, 1),
  ]),
  ahead(native, 'matmul 64x64x64', node, 1, 1.2),
  ahead(native, 'matmul 128x128x128', node, 1, 1.2),
  share(native, 'matmul 1x4096x4096', 0.8),
  ...['attention 1x8x2048x64', 'matmul 1024x1024x1024', 'matmul 128x3072x768'].map((name) => ({
    case: `${name} bfloat16`,
    who: `${native}/avx512bf16`, // elsewhere the half types save memory, not time
    measure: /** @type {const} */ ('other'),
    other: name,
    least: 1.6,
    aim: 1.9,
  })),
  share(native, 'softmax 4096x4096 last axis', 0.65, 0.8),
  ahead(native, 'softmax 4096x4096 last axis', undefined, 1),
  share(native, 'softmax 4096x4096 last axis, allocating', 0.5, 0.8),
  ahead(native, 'softmax 4096x4096 last axis, allocating', undefined, 1),
  { case: 'attention 1x8x2048x64', who: native, measure: 'scaling', threads: 2, least: 0.92 },
  { case: 'matmul 1024x1024x1024', who: native, measure: 'scaling', threads: 2, least: 0.92 },
  share(wasm, 'attention 1x8x2048x64', 0.72, 0.85),
  ahead(wasm, 'attention 1x8x2048x64', 'onnxruntime-web', 1.7),
  share(wasm, 'attention 1x8x2048x64 causal', 0.72, 0.85),
  ahead(wasm, 'attention 1x8x2048x64 causal', 'onnxruntime-web', 3.3),
  ahead(wasm, 'attention 1x8x2048x64 causal', 'onnxruntime-node/Attention', undefined, 1),
  ...['256x256x256', '512x512x512', '1024x1024x1024'].map((sizes) => ahead(wasm, `matmul ${sizes}`, undefined, 1, 1.2)),
  { case: 'attention 1x8x2048x64', who: wasm, measure: 'speedup', threads: 2, least: 1.75 },
  { case: 'matmul 1024x1024x1024', who: wasm, measure: 'speedup', threads: 2, least: 1.75 },
  { case: 'attention 1x1x1024x64 on 32768 keys', who: wasm, measure: 'memory', least: 32 },
  ...[
    { score: 'cosine', least: 0.8 },
    { score: 'euclidean', least: 0.8 },
    { score: 'rbf', least: 0.7 }, // two exponentials a score
  ].map(({ score, least }) => ({
    case: `attention 1x8x2048x64 ${score}`,
    who: native,
    measure: /** @type {const} */ ('other'),
    other: 'attention 1x8x2048x64',
    least,
  })),
  ahead(native, 'attention 1x1x64x256 on 512 keys, additive', 'plain-loop', 25),
  ahead(wasm, 'attention 1x1x64x256 on 512 keys, additive', 'plain-loop', 8),
  { case: 'step over 64 states of 256, additive', who: `${native}/avx512`, measure: 'micros', least: 20 },
  { case: 'step over 64 states of 256, additive', who: `${native}/avx2`, measure: 'micros', least: 30 },
  ...['1x8x1024x64', '1x8x1024x64 causal'].map((sizes) => ({
    case: `attentionBackward ${sizes}`,
    who: native,
    measure: /** @type {const} */ ('shares'),
    other: `attention ${sizes}`,
    least: 0.6,
  })),
  ...['layerNorm 2048x1024', 'rmsNorm 2048x1024', 'rotary 2048x1024', 'rotary 2048x1024 of 16 heads', 'gelu 2048x1024'].map((name) =>
    share(native, name, 0.6),
  ),
  share(native, 'squeezeExcite 8x64x64x256', 0.5),
  share(native, 'spatialAttention 8x64x64x256', 0.5),
  ...[native, wasm].map((who) => ({
    ...{ case: 'encoder 40 sentences', who, measure: /** @type {const} */ ('other') },
    ...{ other: 'encoder 40 sentences, norms and embedding in plain loops', least: 1 },
  })),
  ...[
    { peer: 'tfjs-cpu', least: 15 },
    { peer: 'tfjs-wasm', least: 3 },
  ].map(({ peer, least }) => ahead(tfjs, 'training step, translation 64x24 to 10, hidden 128', peer, least)),
  ahead(tfjs, 'training step, convnet 32x28x84', 'tfjs-cpu', 30),
  ahead(tfjs, 'encoder 40 sentences', 'tfjs-wasm', 3),
  ...['matmul 8 of 512x512x512', 'convolution 8x56x56x64 by 3x3 to 64'].map((name) => ({
    ...{ case: name, who: tfjs, measure: /** @type {const} */ ('direct'), least: 0.85 },
  })),
  { case: 'call 1x1x1x8', who: native, measure: 'micros', least: 2, aim: 1 },
  { case: 'call 1x1x1x8', who: wasm, measure: 'micros', least: 3, aim: 1 },
];
