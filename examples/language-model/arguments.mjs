/** The command line: what can be asked for, and what is wrong with it when it is. Imports nothing that must be built first. */
import { parse, positiveInteger, svgFile } from '../program/command-line.mjs';
import { UsageError } from '../program/errors.mjs';
import { checkpointOf } from '../training/checkpoint-file.mjs';

/**
 * @typedef {object} Settings
 * @property {number} steps of training
 * @property {boolean} full as many, of a model at least as large, as is meant to be: then it has to be better than the 3-gram
 * @property {number} batch windows of text a step
 * @property {import('./network.mjs').Sizes} sizes
 * @property {number} seed of the weights, the windows and the characters that are drawn
 * @property {string} checkpoint
 * @property {boolean} resume goes on from the checkpoint
 * @property {string} prompt what the generated text begins with
 * @property {number} characters that are generated
 * @property {number} temperature
 * @property {string | undefined} svg where the picture is written; undefined: a temporary folder
 * @property {string | undefined} markdown a file that the figures are written into
 * @property {boolean} json
 * @property {boolean} help
 */

/** Each option that is a number: what it is unless it is given, and the most it may be. */
const numbers = {
  steps: { unless: 1200, most: 1e6 },
  batch: { unless: 16, most: 1024 },
  context: { unless: 128, most: 2048 },
  layers: { unless: 4, most: 32 },
  width: { unless: 128, most: 2048 },
  heads: { unless: 4, most: 64 },
  seed: { unless: 1, most: 2 ** 31 - 1 },
  characters: { unless: 400, most: 1e5 },
};

/** What makes a training a full one. */
const meant = /** @type {const} */ (['steps', 'batch', 'context', 'layers', 'width']);

export const usage = `Trains a small causal transformer by characters, with TensorFlow.js on the backend fovea, on the READMEs of the packages in node_modules; holds it
against n-grams on READMEs that it has not seen; and lets it write, by fovea's own ops with a KVCache, whose logits have to be those of TensorFlow.js.

  npm run language-model [-- options]

  --steps N          steps of training (default: ${numbers.steps.unless})
  --batch N          windows of text a step (default: ${numbers.batch.unless})
  --context N        characters of a window, which is as far back as it looks (default: ${numbers.context.unless})
  --layers N         (default: ${numbers.layers.unless})
  --width N          numbers a character, a multiple of 2 · heads (default: ${numbers.width.unless})
  --heads N          (default: ${numbers.heads.unless})
  --seed N           another one gives other weights, another order of the text and other characters (default: ${numbers.seed.unless})
  --checkpoint FILE  where the training is kept, now and then and when Ctrl-C stops it (default: in node_modules/.cache)
  --resume           go on from the checkpoint; a training that is done is not done again
  --prompt TEXT      what the generated text begins with (default: "This module ")
  --characters N     that are generated (default: ${numbers.characters.unless})
  --temperature T    below 1 the likely ones are drawn more often (default: 0.7)
  --svg FILE         where the curve of the loss is written (default: language-model.svg in a new temporary folder)
  --markdown FILE    write the figures into FILE, between the two comments of this program
  --json             print one JSON object and nothing else (npm adds lines of its own, but not with: npm run --silent language-model -- --json)
  --help             print this

FOVEA_BACKEND=native|wasm|reference and FOVEA_TARGET choose what computes. NO_COLOR switches colours off.
Exit code: 0 done, 1 the work failed, fovea's logits are not TensorFlow.js' or a full training needs 0.8 × the bits of the 3-gram or more, 2 the command
line is wrong, 130 stopped by Ctrl-C.
`;

/**
 * @param {string[]} argv without node and script
 * @returns {Settings}
 * @throws {UsageError}
 */
export function parseArguments(argv) {
  const text = /** @type {const} */ ({ type: 'string' });
  const { values } = parse({
    args: argv,
    options: {
      ...{ steps: text, batch: text, context: text, layers: text, width: text, heads: text, seed: text, characters: text },
      ...{ checkpoint: text, prompt: text, temperature: text, svg: text, markdown: text },
      resume: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  /** @param {keyof typeof numbers} name */
  const number = (name) => {
    const { [name]: given } = values;
    return given === undefined ? numbers[name].unless : positiveInteger(`--${name}`, given, numbers[name].most);
  };
  const [heads, width, context] = [number('heads'), number('width'), number('context')];
  if (width % (2 * heads) !== 0)
    throw new UsageError(`--width is ${width}, expected a multiple of 2 · ${heads} (--heads; rotary turns pairs of a head's numbers)`);
  if (context < 2) throw new UsageError(`--context is ${context}, expected a whole number from 2 to ${numbers.context.most}`);
  const { prompt = 'This module ' } = values;
  if (prompt === '') throw new UsageError('--prompt is empty, expected at least one character to go on from');
  return {
    steps: number('steps'),
    full: meant.every((name) => number(name) >= numbers[name].unless),
    batch: number('batch'),
    sizes: { layers: number('layers'), width, heads, context },
    seed: number('seed'),
    checkpoint: values.checkpoint ?? checkpointOf('language-model'),
    resume: values.resume ?? false,
    prompt,
    characters: number('characters'),
    temperature: temperatureOf(values.temperature ?? '0.7'),
    svg: values.svg === undefined ? undefined : svgFile('--svg', values.svg),
    markdown: values.markdown,
    json: values.json ?? false,
    help: values.help ?? false,
  };
}

/** @param {string} text */
function temperatureOf(text) {
  const number = Number(text);
  if (number >= 0.01 && number <= 10) return number;
  throw new UsageError(`--temperature is ${text}, expected a number from 0.01 to 10`);
}
