/** The whole job: read the sentences, embed them, rank them by attention, choose, compare, draw. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { backend } from 'fovea';
import { InputError } from '../program/errors.mjs';
import { fromCaller, writePicture } from '../program/files.mjs';
import { startProgress } from '../program/progress.mjs';
import { announce } from '../program/terminal.mjs';
import { embedAll } from '../sentence-search/embed.mjs';
import { maxTokens } from '../sentence-search/encoder.mjs';
import { loadModel } from '../sentence-search/model.mjs';
import { choose, cosinesOf } from './choose.mjs';
import { measure, measureByChance } from './compare.mjs';
import { drawAttention } from './picture.mjs';
import { attentionAmong, centrality } from './rank.mjs';
import { formatReport } from './report.mjs';
import { readSentences } from './sentences.mjs';

/**
 * @param {import('./arguments.mjs').Settings} settings
 * @returns {string} what goes to stdout
 */
export function run({ file, sentences: count, svg, json }) {
  const { source, place } = file === undefined ? ownText() : { source: path.basename(file), place: fromCaller(file) };
  const sentences = readSentences(place);
  if (count >= sentences.length)
    throw new InputError(`${source} has ${sentences.length} sentences: a summary of ${count} would be no shorter (--sentences)`);
  const model = loadModel();
  const ids = sentences.map(model.tokenize);
  const info = backend();
  announce(`embedding ${sentences.length} sentences`, info);
  const { result: embeddings, seconds: embedding } = timed(() => embedded(model, ids));
  const { result: ranked, seconds: ranking } = timed(() => {
    const weights = attentionAmong(embeddings);
    return { weights, ...centrality(weights) };
  });
  const cosines = cosinesOf(embeddings);
  const chosen = choose(ranked.ranks, cosines, count);
  const lead = Array.from({ length: count }, (_, i) => i);
  const summary = chosen.map((i) => ({ sentence: i + 1, text: sentences[i], rank: ranked.ranks[i] * sentences.length }));
  const report = {
    backend: info.name,
    target: info.target,
    source,
    sentences: sentences.length,
    cut: ids.filter(({ length }) => length > maxTokens).length,
    summary,
    comparison: { summary: measure(chosen, cosines), lead: measure(lead, cosines), chance: measureByChance(count, cosines) },
    steps: ranked.steps,
    seconds: { embedding, ranking },
    picture: writePicture(drawAttention(ranked.weights, summary, source), svg, 'summary'),
  };
  return json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report, info);
}

/** The README of fflate (MIT), which is there since fovea/viz bundles it: long, and more prose than code. */
function ownText() {
  const place = path.join(path.dirname(createRequire(import.meta.url).resolve('fflate/package.json')), 'README.md');
  return { source: 'the README of fflate', place };
}

/** @param {import('../sentence-search/model.mjs').Model} model @param {readonly Int32Array[]} ids */
function embedded(model, ids) {
  const progress = startProgress('embedding', ids.length);
  try {
    return embedAll(model.encode, ids, progress.advance);
  } finally {
    progress.stop();
  }
}

/** @template T @param {() => T} work */
function timed(work) {
  const start = performance.now();
  return { result: work(), seconds: (performance.now() - start) / 1000 };
}
