/** The whole job: train the model, let it read images of digits that it has not seen, draw where it looked. */
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import 'fovea/tfjs';
import { backend } from 'fovea';
import { fromCaller } from '../program/files.mjs';
import { announce } from '../program/terminal.mjs';
import { trainModel } from '../seq2seq-training/course.mjs';
import { exactMatch } from '../seq2seq-training/exact.mjs';
import { writePictures } from '../seq2seq-training/pictures.mjs';
import { figuresIn } from '../training/readme.mjs';
import { createBatches } from './batches.mjs';
import { readDigits } from './digits.mjs';
import { createCaptioner, sizes } from './model.mjs';
import { drawLooks, drawLoss } from './picture.mjs';
import { formatFigures, formatReport } from './report.mjs';

/** Images that are read in the end. */
const examined = 2000;
const rate = 0.002;
/** What a full training has to read right, of what it has not seen. */
const bar = 0.85;

/** What writes the figures. */
const command = 'npm run captioning -- --pictures examples/captioning/pictures --markdown examples/captioning/README.md';

/**
 * @param {import('./arguments.mjs').Settings} settings
 * @returns {Promise<string>} what goes to stdout; the exit code is 1 where a full training falls short
 */
export async function run({ steps, full, seed, resume, checkpoint, pictures, markdown, json }) {
  const writeFigures = markdown === undefined ? undefined : figuresIn(markdown, 'captioning', command);
  await tf.setBackend('fovea');
  const info = backend();
  const digits = readDigits();
  const batches = createBatches(digits, seed);
  announce(`a training of ${steps} steps`, info);

  const model = createCaptioner(batches.vocabulary, { seed });
  const { losses, seconds, trained } = await trainModel(model, batches.training, {
    label: 'captions',
    steps,
    rate,
    settings: { example: 'captioning', seed, batch: batches.size, ...sizes },
    file: path.resolve(fromCaller(checkpoint)),
    resume,
    goOn: 'the same command with --resume',
  });
  const images = batches.heldOut(examined);
  const { wrong, ...match } = exactMatch(batches.write(model, images));
  // Of every number of digits the first one.
  const first = [...new Map(images.toReversed().map((image) => [image.words.length, image])).values()];
  const shown = batches.write(
    model,
    first.toSorted((a, b) => a.words.length - b.words.length),
    { looks: true },
  );
  const report = {
    backend: info.name,
    target: info.target,
    steps,
    seed,
    batch: batches.size,
    digits: { seen: count(digits.seen), heldOut: count(digits.heldOut) },
    weights: Object.values(model.variables).reduce((sum, { size }) => sum + size, 0),
    loss: losses.slice(-50).reduce((sum, loss) => sum + loss, 0) / Math.min(50, losses.length),
    seconds,
    trained,
    match,
    wrong: wrong.slice(0, 5).map(({ written, expected }) => ({ written, expected })),
    bar,
    holds: full ? match.share >= bar : undefined,
    shown: shown.map(({ written, expected }) => ({ written, expected })),
    pictures: writePictures(
      {
        'loss.svg': drawLoss(losses),
        ...Object.fromEntries(shown.map((result) => [`digits-${result.image.words.length}.svg`, drawLooks(result)])),
      },
      pictures,
    ),
  };
  await writeFigures?.(formatFigures(report), info);
  if (report.holds === false) process.exitCode = 1;
  return json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report, info);
}

/** @param {import('./digits.mjs').Digits} digits */
const count = (digits) => digits.reduce((sum, { length }) => sum + length, 0);
