/** The whole job: read the paragraphs, embed them, answer the questions, time the other backends. */
import { fileURLToPath } from 'node:url';
import { backend } from 'fovea';
import { fromCaller } from '../program/files.mjs';
import { announce } from '../program/terminal.mjs';
import { defaultLimit } from './arguments.mjs';
import { corpusOfReadmes, corpusOfText } from './corpus.mjs';
import { embedAll } from './embed.mjs';
import { maxTokens } from './encoder.mjs';
import { loadModel } from './model.mjs';
import { formatReport } from './report.mjs';
import { search } from './search.mjs';
import { timedEmbedding, timeOtherBackends } from './timing.mjs';

/** Best paragraphs that are shown for each question. */
const hitsShown = 3;

/**
 * @param {import('./arguments.mjs').Settings} settings
 * @returns {string} what goes to stdout
 */
export function run(settings) {
  const corpus = readCorpus(settings);
  const model = loadModel();
  const { paragraphs } = corpus;
  const sentences = paragraphs.map(({ text }) => model.tokenize(text));
  const info = backend();
  announce(`embedding ${paragraphs.length} paragraphs`, info);
  const { embeddings, timing } = timedEmbedding(model, sentences);
  const matches = search(embedAll(model.encode, settings.queries.map(model.tokenize)), embeddings, hitsShown);
  const results = settings.queries.map((query, row) => ({
    query,
    hits: matches[row].map(({ index, score, share }) => ({ ...paragraphs[index], score, share })),
  }));
  const others = timeOtherBackends(model, sentences);
  if (settings.json) return formatJson(results, timing, others);
  const cut = sentences.filter((ids) => ids.length > maxTokens).length;
  return formatReport({ info, corpus, cut, results, timing, others });
}

/** @param {import('./arguments.mjs').Settings} settings */
function readCorpus({ text, folder, limit }) {
  if (text !== undefined) return corpusOfText(fromCaller(text), limit ?? Number.POSITIVE_INFINITY);
  return corpusOfReadmes(folder === undefined ? ownModules() : fromCaller(folder), limit ?? defaultLimit);
}

const ownModules = () => fileURLToPath(new URL('../../node_modules', import.meta.url));

/**
 * @param {import('./report.mjs').Result[]} results
 * @param {import('./timing.mjs').Timing} timing
 * @param {(import('./timing.mjs').Timing | import('./timing.mjs').Missing)[]} others
 */
function formatJson(results, { backend: name, target, estimated: _, ...timing }, others) {
  const object = {
    backend: name,
    target,
    results: results.map(({ query, hits }) => ({ query, hits: hits.map(({ text, score, source }) => ({ text, score, source })) })),
    timing: { ...timing, otherBackends: others },
  };
  return `${JSON.stringify(object, null, 2)}\n`;
}
