/** Batches of a task: pairs by chance, those of a batch about equally long, so that little is filled up. */
import { batchesOf, padded, taught } from '../seq2seq-training/batches.mjs';
import { fingerprintOf } from '../seq2seq-training/fingerprint.mjs';
import { greedy } from '../seq2seq-training/greedy.mjs';
import { createVocabulary } from '../seq2seq-training/vocabulary.mjs';
import { randomFor } from '../training/seed.mjs';

/** Steps whose pairs are drawn at once, and sorted by their length; pairs that are written at once; pairs of a fingerprint. */
const [together, writtenTogether, sampled] = [8, 256, 3000];

/** @typedef {import('./task.mjs').Pair} Pair */

/** @param {import('./task.mjs').Task} task @param {number} seed @param {number} [size] pairs of a step */
export function createBatches(task, seed, size = 128) {
  const [source, target] = [createVocabulary(task.sourceTokens), createVocabulary(task.targetTokens)];
  /** @param {readonly Pair[]} pairs */
  const read = (pairs) => padded(pairs.map((pair) => source.idsOf(pair.source)));
  /** @type {{ group: number, batches: Pair[][] }} */
  let drawn = { group: -1, batches: [] };

  return {
    size,
    vocabularies: { source: source.size, target: target.size },
    /** Of what is learned: all characters, and pairs enough that each locale or language is among them with much of what it writes. */
    fingerprint: fingerprintOf([...[task.sourceTokens, task.targetTokens].map(textOf), ...sampleOf(task, seed)]),
    /** Of a step of the training. @param {number} step */
    training(step) {
      const group = Math.floor(step / together);
      if (drawn.group !== group) drawn = { group, batches: groupOf(group) };
      const pairs = drawn.batches[step % together];
      return { source: read(pairs), taught: taught(pairs.map((pair) => target.idsOf(pair.target))) };
    },
    /** So many that the training has not seen, the same ones each time. @param {number} count */
    heldOut(count) {
      const uniform = randomFor(seed, 'held out');
      return Array.from({ length: count }, () => task.heldOut(uniform));
    },
    /**
     * What a model makes of these, in their order.
     * @param {import('../seq2seq-training/decoder.mjs').Model} model
     * @param {readonly Pair[]} pairs
     * @param {{ looks?: boolean }} [options]
     */
    write(model, pairs, options) {
      const written = batchesOf(sorted(pairs), writtenTogether).flatMap((some) => {
        const results = greedy(model, read(some), task.mostTokens, options);
        return some.map((pair, i) => /** @type {const} */ ([pair, results[i]]));
      });
      const of = new Map(written);
      return pairs.map((pair) => {
        const { ids, looks } = /** @type {import('../seq2seq-training/greedy.mjs').Written} */ (of.get(pair));
        return { source: pair.source, written: target.tokensOf(ids).join(''), expected: pair.target, kind: pair.kind, looks };
      });
    },
  };

  /** @param {number} group */
  function groupOf(group) {
    const uniform = randomFor(seed, 'batch', group);
    const batches = batchesOf(sorted(Array.from({ length: size * together }, () => task.seen(uniform))), size);
    // By chance again, or losses would rise with the lengths, eight steps after eight.
    return batches
      .map((batch) => ({ batch, at: uniform() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ batch }) => batch);
  }
}

/** @param {readonly Pair[]} pairs */
const sorted = (pairs) => pairs.toSorted((a, b) => a.source.length - b.source.length);

/** @param {Iterable<string>} tokens */
const textOf = (tokens) => [...new Set(tokens)].sort().join('');

/** @param {import('./task.mjs').Task} task @param {number} seed */
function sampleOf({ seen }, seed) {
  const uniform = randomFor(seed, 'fingerprint');
  return Array.from({ length: sampled }, () => seen(uniform)).flatMap(({ source, target }) => [source, target]);
}
