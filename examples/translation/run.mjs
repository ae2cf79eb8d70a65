/** The whole job: train the model with attention and the one without, let both translate what neither has seen, draw. */
import { existsSync, rmSync } from 'node:fs';
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
import { createTranslator, sizes } from './model.mjs';
import { drawAlignment, drawLosses } from './picture.mjs';
import { formatFigures, formatReport } from './report.mjs';
import { createTask } from './task.mjs';

/** Sources that both models translate in the end. */
const examined = 2000;
const rate = 0.004;
/** What a full training has to get right, of what it has not seen. */
const bars = { dates: 0.95, numbers: 0.8 };

/**
 * @param {import('./arguments.mjs').Settings} settings
 * @returns {Promise<string>} what goes to stdout; the exit code is 1 where a full training falls short
 */
export async function run({ task: name, steps, full, seed, resume, checkpoints, pictures, markdown, json }) {
  const writeFigures = markdown === undefined ? undefined : figuresIn(markdown, name, commandOf(name));
  await tf.setBackend('fovea');
  const info = backend();
  const task = createTask(name, seed);
  const batches = createBatches(task, seed);
  const heldOut = batches.heldOut(examined);
  announce(`two trainings of ${steps} steps`, info);

  const kinds = [true, false].map((attends) => ({ attends, says: attends ? 'with attention' : 'without attention' }));
  const files = kinds.map(({ attends }) =>
    path.join(path.resolve(fromCaller(checkpoints)), `translation-${name}-${attends ? 'attention' : 'plain'}.safetensors`),
  );
  // What an older run has left is not what this one goes on from.
  if (!resume) for (const file of files) rmSync(file, { force: true });
  const models = [];
  for (const [i, { attends, says }] of kinds.entries()) {
    const model = createTranslator(batches.vocabularies, { attends, seed });
    const settings = { example: 'translation', task: name, seed, attends, batch: batches.size, ...sizes };
    const course = await trainModel(model, batches.training, {
      label: `${name}, ${says}`,
      steps,
      rate,
      settings,
      file: files[i],
      // Ctrl-C may have come before the second training began.
      resume: resume && (i === 0 || existsSync(files[i])),
      goOn: 'the same command with --resume',
    });
    models.push({ name: says, model, ...course, match: exactMatch(batches.write(model, heldOut)) });
  }
  const [attending] = models;
  const shown = batches.write(attending.model, task.shown, { looks: true });
  const report = {
    backend: info.name,
    target: info.target,
    task: name,
    says: task.says,
    steps,
    seed,
    batch: batches.size,
    examined,
    models: models.map(({ model, losses, ...rest }) => ({ ...rest, weights: weightsOf(model), loss: meanOfLast(losses) })),
    bar: bars[name],
    holds: full ? attending.match.share >= bars[name] : undefined,
    shown: shown.map(({ source, written, expected, kind }) => ({ source, written, expected, kind })),
    pictures: writePictures(
      {
        [`${name}-loss.svg`]: drawLosses(name, models),
        ...Object.fromEntries(shown.map((result) => [`${name}-${result.kind}.svg`, drawAlignment(result)])),
      },
      pictures,
    ),
  };
  await writeFigures?.(formatFigures(report), info);
  if (report.holds === false) process.exitCode = 1;
  return json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report, info);
}

/** What writes the figures. @param {string} task */
const commandOf = (task) =>
  `npm run translation -- --task ${task} --pictures examples/translation/pictures --markdown examples/translation/README.md`;

/** @param {import('../seq2seq-training/decoder.mjs').Model} model */
const weightsOf = ({ variables }) => Object.values(variables).reduce((sum, { size }) => sum + size, 0);

/** Of the last steps, whose batches differ. @param {readonly number[]} losses */
function meanOfLast(losses) {
  const last = losses.slice(-50);
  return last.reduce((sum, loss) => sum + loss, 0) / last.length;
}
