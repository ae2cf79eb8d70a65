/** The whole job: train the model with attention and those without, let all translate what none has seen, draw. */
import * as tf from '@tensorflow/tfjs-core';
import 'fovea/tfjs';
import { backend } from 'fovea';
import { writePictures } from '../program/files.mjs';
import { announce } from '../program/terminal.mjs';
import { drawLosses } from '../seq2seq-training/losses.mjs';
import { figuresOf, trainRivals } from '../seq2seq-training/rivals.mjs';
import { figuresIn } from '../training/readme.mjs';
import { asLong } from './arguments.mjs';
import { createBatches } from './batches.mjs';
import { createTranslator, sizes } from './model.mjs';
import { drawAlignment } from './picture.mjs';
import { formatFigures, formatReport } from './report.mjs';
import { createTask } from './task.mjs';

/** Sources that all models translate in the end. */
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
  const rivals = rivalsOf(name, steps);
  announce(`trainings of ${rivals.map((rival) => rival.steps).join(', ')} steps`, info);

  const trained = await trainRivals(rivals, {
    label: name,
    create: (attends) => createTranslator(batches.vocabularies, { attends, seed }),
    batch: batches.training,
    write: (model) => batches.write(model, heldOut),
    settings: { example: 'translation', task: name, data: batches.fingerprint, seed, batch: batches.size, ...sizes },
    ...{ rate, checkpoints, resume },
  });
  const [attending] = trained;
  const shown = batches.write(attending.model, task.shown, { looks: true });
  const report = {
    backend: info.name,
    target: info.target,
    task: name,
    says: task.says,
    seed,
    batch: batches.size,
    models: trained.map(figuresOf),
    bar: bars[name],
    holds: full ? attending.match.share >= bars[name] : undefined,
    shown: shown.map(({ source, written, expected, kind }) => ({ source, written, expected, kind })),
    pictures: writePictures(
      {
        [`${name}-loss.svg`]: drawLosses({ title: `Loss while it learns ${name}`, unit: 'character' }, trained),
        ...Object.fromEntries(shown.map((result) => [`${name}-${result.kind}.svg`, drawAlignment(result)])),
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

/**
 * The second sees what the first sees, the third takes as long: what each of them lacks is not what the other one lacks.
 * @param {import('./arguments.mjs').TaskName} task
 * @param {number} steps
 * @returns {import('../seq2seq-training/rivals.mjs').Rival[]}
 */
function rivalsOf(task, steps) {
  /** @param {string} kind */
  const fileOf = (kind) => `translation-${task}-${kind}.safetensors`;
  return [
    { name: 'with attention', file: fileOf('attention'), attends: true, steps },
    { name: 'without attention', file: fileOf('plain'), attends: false, steps },
    { name: `without, ${asLong} × the steps`, file: fileOf('plain-longer'), attends: false, steps: Math.round(asLong * steps) },
  ];
}

/** What writes the figures. @param {string} task */
const commandOf = (task) =>
  `npm run translation -- --task ${task} --pictures examples/translation/pictures --markdown examples/translation/README.md`;
