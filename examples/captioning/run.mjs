/** The whole job: train the model with attention and the one without, let both read images of digits that neither has seen, draw where the first one looked. */
import * as tf from '@tensorflow/tfjs-core';
import 'fovea/tfjs';
import { backend } from 'fovea';
import { writePictures } from '../program/files.mjs';
import { announce } from '../program/terminal.mjs';
import { drawLosses } from '../seq2seq-training/losses.mjs';
import { figuresOf, trainRivals } from '../seq2seq-training/rivals.mjs';
import { figuresIn } from '../training/readme.mjs';
import { createBatches } from './batches.mjs';
import { readDigits } from './digits.mjs';
import { createCaptioner, sizes } from './model.mjs';
import { drawLooks } from './picture.mjs';
import { formatFigures, formatReport } from './report.mjs';

/** Images that both models read in the end. */
const examined = 2000;
const rate = 0.002;
/** What a full training has to read right, of what it has not seen. */
const bar = 0.85;

/** What writes the figures. */
const command = 'npm run captioning -- --pictures examples/captioning/pictures --markdown examples/captioning/README.md';

/**
 * @param {import('../seq2seq-training/options.mjs').SharedSettings} settings
 * @returns {Promise<string>} what goes to stdout; the exit code is 1 where a full training falls short
 */
export async function run({ steps, full, seed, resume, checkpoints, pictures, markdown, json }) {
  const writeFigures = markdown === undefined ? undefined : figuresIn(markdown, 'captioning', command);
  await tf.setBackend('fovea');
  const info = backend();
  const digits = readDigits();
  const batches = createBatches(digits, seed);
  const images = batches.heldOut(examined);
  announce(`two trainings of ${steps} steps`, info);

  const rivals = [
    { name: 'with attention', file: 'captioning-attention.safetensors', attends: true, steps },
    { name: 'without attention', file: 'captioning-plain.safetensors', attends: false, steps },
  ];
  const trained = await trainRivals(rivals, {
    label: 'captions',
    create: (attends) => createCaptioner(batches.vocabulary, { attends, seed }),
    batch: batches.training,
    write: (model) => batches.write(model, images),
    settings: { example: 'captioning', data: batches.fingerprint, seed, batch: batches.size, ...sizes },
    ...{ rate, checkpoints, resume },
  });
  const [attending] = trained;
  const shown = batches.write(attending.model, firstOfEach(images), { looks: true });
  const report = {
    backend: info.name,
    target: info.target,
    seed,
    batch: batches.size,
    digits: { seen: count(digits.seen), heldOut: count(digits.heldOut) },
    models: trained.map(figuresOf),
    bar,
    holds: full ? attending.match.share >= bar : undefined,
    shown: shown.map(({ written, expected }) => ({ written, expected })),
    pictures: writePictures(
      {
        'loss.svg': drawLosses({ title: 'Loss while it learns to read digits', unit: 'word' }, trained),
        ...Object.fromEntries(shown.map((result) => [`digits-${result.image.words.length}.svg`, drawLooks(result)])),
      },
      pictures,
    ),
    // Since the process began.
    seconds: performance.now() / 1000,
  };
  await writeFigures?.(formatFigures(report), info);
  if (report.holds === false) process.exitCode = 1;
  return json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report, info);
}

/** The first image of every number of digits. @param {readonly import('./images.mjs').Image[]} images */
function firstOfEach(images) {
  const first = new Map(images.toReversed().map((image) => [image.words.length, image]));
  return [...first.values()].toSorted((a, b) => a.words.length - b.words.length);
}

/** @param {import('./digits.mjs').Digits} digits */
const count = (digits) => digits.reduce((sum, { length }) => sum + length, 0);
