/** The whole job: decode, hold that against one pass over all tokens, decode the same tokens with each kind of cache, draw. */
import { backend } from 'fovea';
import { writePicture } from '../program/files.mjs';
import { startProgress } from '../program/progress.mjs';
import { seededRandom } from '../program/random.mjs';
import { announce } from '../program/terminal.mjs';
import { compare, largestOf, roundingBound } from './agreement.mjs';
import { decode, inTurns, sampler } from './decode.mjs';
import { createModel, vocabulary } from './model.mjs';
import { drawLastSteps } from './picture.mjs';
import { formatReport } from './report.mjs';

/**
 * @typedef {import('fovea').KVCache} KVCache
 * @typedef {import('./decode.mjs').Decoded} Decoded
 * @typedef {import('./model.mjs').CacheDType} CacheDType
 */

/** @type {readonly CacheDType[]} */
const cacheDTypes = ['float32', 'bfloat16', 'int8'];

/**
 * @param {import('./arguments.mjs').Settings} settings
 * @returns {string} what goes to stdout; the exit code is 1 where the steps are not what the pass gives
 */
export function run({ context: length, tokens, sizes, seed, svg, json }) {
  const uniform = seededRandom(seed);
  const model = createModel(sizes, uniform);
  const context = Int32Array.from({ length }, () => Math.floor(uniform() * vocabulary));
  const info = backend();
  announce(`decoding ${tokens} tokens after ${length}`, info);

  // First by itself, untimed: V8 has not compiled the steps yet.
  const { ids, logits, picture } = withCaches(['float32'], sampler(uniform), ([caches], [decoded]) => {
    return { ...decoded, picture: drawLastSteps(model, caches, decoded.ids) };
  });
  const { result: pass, seconds: passSeconds } = timed(() => model.forward(ids));
  const whole = pass.data.subarray((length - 1) * vocabulary);
  const rows = withCaches(
    cacheDTypes,
    (_, step) => ids[length + step],
    (caches, decoded) => cacheDTypes.map((dtype, i) => rowOf(dtype, caches[i], decoded[i], logits)),
  );
  const largest = largestOf(whole);
  const bound = roundingBound(sizes, ids.length, largest);
  const { largest: difference } = compare(logits, whole);
  const holds = difference <= bound;
  const report = {
    backend: info.name,
    target: info.target,
    threads: info.threads,
    sizes,
    parameters: model.parameters,
    seed,
    context: length,
    tokens,
    check: { difference, bound, largestLogit: largest, holds },
    caches: rows,
    passSeconds,
    decoded: [...ids.subarray(length)],
    picture: writePicture(picture, svg, 'decoding'),
  };
  if (!holds) process.exitCode = 1;
  return json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report, info);

  /**
   * Decodes in turns with caches of these kinds, which live until `use` has seen them.
   * @template Result
   * @param {readonly CacheDType[]} dtypes
   * @param {(logits: Float32Array, step: number) => number} choose
   * @param {(caches: readonly (readonly KVCache[])[], decoded: readonly Decoded[]) => Result} use
   */
  function withCaches(dtypes, choose, use) {
    const caches = dtypes.map((dtype) => model.createCaches(dtype, length + tokens));
    const progress = startProgress(`tokens with ${dtypes.join(', ')}`, tokens * dtypes.length);
    try {
      const decodings = caches.map((own) => decode(model, own, context, tokens, choose));
      return use(
        caches,
        inTurns(decodings, () => progress.advance(1)),
      );
    } finally {
      progress.stop();
      for (const cache of caches.flat()) cache.dispose();
    }
  }
}

/**
 * @param {CacheDType} dtype
 * @param {readonly KVCache[]} caches
 * @param {Decoded} decoded
 * @param {Float32Array} expected logits
 * @returns {import('./report.mjs').CacheRow}
 */
function rowOf(dtype, caches, { logits, contextSeconds, stepSeconds }, expected) {
  const { largest, sameBest } = compare(logits, expected);
  const bytes = caches.reduce((sum, cache) => sum + cache.bytes, 0);
  return { dtype, tokensPerSecond: 1 / median(stepSeconds), contextSeconds, bytes, difference: largest, sameBest };
}

/** The middle one: what else the machine does in between counts little. @param {Float64Array} seconds */
const median = (seconds) => seconds.toSorted()[seconds.length >> 1];

/** @template T @param {() => T} work */
function timed(work) {
  const start = performance.now();
  return { result: work(), seconds: (performance.now() - start) / 1000 };
}
