/** The whole job: read the text, count n-grams, train, hold both against what is held out, write, compare with TensorFlow.js, draw. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { backend } from 'fovea';
import 'fovea/tfjs'; // from here on tf runs on it
import { fromCaller, writePicture } from '../program/files.mjs';
import { announce } from '../program/terminal.mjs';
import { drawCurves, smoothed } from '../training/curve.mjs';
import { train } from '../training/loop.mjs';
import { figuresIn } from '../training/readme.mjs';
import { randomFor } from '../training/seed.mjs';
import { joined, readCorpus } from './corpus.mjs';
import { bitsPerCharacter, createTraining } from './learn.mjs';
import { createVariables } from './network.mjs';
import { fitNgram } from './ngram.mjs';
import { comparedWith, formatFigures, formatReport } from './report.mjs';
import { idsOf, textOf, vocabulary } from './vocabulary.mjs';
import { compareWithTensorFlow, write } from './write.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What is measured beside the transformer: orders around the best, and what it has to be better than. */
const orders = [1, 3, 4, 5, 6];
/** A full training has to need fewer bits than this share of what the n-gram of this order needs. */
const bar = { order: 3, share: 0.8 };

/** What writes the figures. */
const command = 'npm run language-model -- --svg examples/language-model/picture.svg --markdown examples/language-model/README.md';

/**
 * @param {import('./arguments.mjs').Settings} settings
 * @returns {Promise<string>} what goes to stdout; the exit code is 1 where fovea's logits are not those of TensorFlow.js, or a full training falls short
 */
export async function run({ steps, full, batch, sizes, seed, checkpoint, resume, prompt, characters, temperature, svg, markdown, json }) {
  const writeFigures = markdown === undefined ? undefined : figuresIn(markdown, 'language-model', command);
  await tf.setBackend('fovea');
  const info = backend();
  const corpus = readCorpus(root);
  const text = joined(corpus.training);
  const [training, heldOut] = [idsOf(text), idsOf(joined(corpus.heldOut))];
  const bitsOf = fitNgram(training, Math.max(...orders), vocabulary);
  const ngrams = orders.map((order) => ({ order, bits: bitsOf(heldOut, order) }));

  const variables = createVariables(sizes, seed);
  const { optimizer, step } = createTraining(variables, sizes, training, { steps, batch, seed });
  const settings = { ...sizes, batch, steps, seed, text: createHash('sha256').update(text).digest('hex').slice(0, 12) };
  const file = fromCaller(checkpoint);
  announce(`training on ${training.length} characters`, info);
  const course = await train({
    ...{ label: 'training', steps, step, file, resume },
    trained: { settings, variables, optimizer },
    goOn: 'the same command with --resume',
  });
  const bits = bitsPerCharacter(variables, sizes, heldOut);

  const uniform = randomFor(seed, 'writing');
  const written = write(variables, sizes, idsOf(prompt), characters, { temperature, uniform });
  const check = compareWithTensorFlow(variables, sizes, written);
  const curve = smoothed(course.losses.map((loss) => loss / Math.LN2));
  const most = bar.share * bitsOf(heldOut, bar.order);
  /** @type {import('./report.mjs').Report} */
  const report = {
    backend: info.name,
    target: info.target,
    threads: info.threads,
    corpus: {
      licenses: licensesOf([...corpus.training, ...corpus.heldOut]),
      training: { packages: corpus.training.length, characters: training.length },
      heldOut: { packages: corpus.heldOut.map(({ name }) => name), characters: heldOut.length },
    },
    sizes,
    parameters: Object.values(variables).reduce((sum, { size }) => sum + size, 0),
    course: { seed, steps, batch, seconds: course.seconds, trained: course.trained, curve },
    bits: { transformer: bits, uniform: Math.log2(vocabulary), ngrams },
    bar: { ...bar, bits: most },
    holds: full ? bits < most : undefined,
    check,
    written: { prompt, text: textOf(written.ids.subarray(idsOf(prompt).length)), perSecond: characters / written.seconds, temperature },
    checkpoint: path.resolve(file),
    picture: writePicture(drawing(curve, bits, ngrams), svg, 'language-model'),
  };
  if (!check.holds || report.holds === false) process.exitCode = 1;
  await writeFigures?.(formatFigures(report), info);
  tf.dispose(Object.values(variables));
  return json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report, info);
}

/** @param {import('../training/curve.mjs').Point[]} curve @param {number} bits @param {readonly { order: number, bits: number }[]} ngrams */
function drawing(curve, bits, ngrams) {
  const others = comparedWith(ngrams, bar.order);
  return drawCurves({
    title: 'A small transformer learns READMEs, character by character',
    description: `Bits per character of the training text, from ${curve[0][1].toFixed(2)} down to ${curve[curve.length - 1][1].toFixed(2)}. On held-out text the transformer needs ${bits.toFixed(2)}, ${others.map(({ order, bits: own }) => `a ${order}-gram ${own.toFixed(2)}`).join(', ')}.`,
    x: 'step',
    y: 'bits per character',
    curves: [{ name: 'training text', points: curve }],
    levels: [
      ...others.map(({ order, bits: own }) => ({ name: `${order}-gram, held out`, value: own })),
      { name: 'transformer, held out', value: bits },
    ],
  });
}

/** Characters under each licence, the most first. @param {readonly import('./corpus.mjs').Page[]} pages */
function licensesOf(pages) {
  /** @type {Record<string, number>} */
  const sums = {};
  for (const { license, text } of pages) sums[license] = (sums[license] ?? 0) + text.length;
  return Object.fromEntries(Object.entries(sums).sort(([, a], [, b]) => b - a));
}
