/** The command line: what can be asked for, and what is wrong with it when it is. Imports nothing that must be built first. */
import { parse, positiveInteger, svgFile } from '../program/command-line.mjs';
import { UsageError } from '../program/errors.mjs';

/**
 * @typedef {object} Settings
 * @property {number} context tokens that are there before the first is decoded
 * @property {number} tokens that are decoded, one by one
 * @property {import('./model.mjs').Sizes} sizes
 * @property {number} seed of the weights, the context and the choices
 * @property {string | undefined} svg where the heatmap is written; undefined: a temporary folder
 * @property {boolean} json
 * @property {boolean} help
 */

/** Each option that is a number: what it is unless it is given, and the most it may be. */
const numbers = {
  context: { unless: 2048, most: 16384 },
  tokens: { unless: 256, most: 16384 },
  layers: { unless: 4, most: 64 },
  width: { unless: 256, most: 8192 },
  heads: { unless: 4, most: 128 },
  seed: { unless: 1, most: 2 ** 31 - 1 },
};

/** Weights of a model: a gigabyte of them. */
const mostWeights = 2 ** 28;

export const usage = `Decodes token by token with a KVCache: a causal stack of fovea's MultiHeadAttention, whose weights are random, so that the tokens mean
nothing. Shown are that the steps give what one pass over all tokens gives, and the tokens a second with float32, bfloat16 and int8 caches.

  npm run decode [-- options]

  --context N      tokens that are there before the first is decoded (default: ${numbers.context.unless})
  --tokens N       tokens that are decoded, one by one (default: ${numbers.tokens.unless})
  --layers N       layers of the stack (default: ${numbers.layers.unless})
  --width N        numbers a token, a multiple of 2 · heads (default: ${numbers.width.unless})
  --heads N        heads of queries (default: ${numbers.heads.unless})
  --kv-heads N     heads of keys and values, of which --heads is a multiple (default: as --heads)
  --seed N         another one gives other weights, another context and other choices (default: ${numbers.seed.unless})
  --svg FILE       where the heatmap of the last tokens' attention is written (default: decoding.svg in a new temporary folder)
  --json           print one JSON object and nothing else (npm adds lines of its own, but not with: npm run --silent decode -- --json)
  --help           print this

FOVEA_BACKEND=native|wasm|reference and FOVEA_TARGET choose what computes. NO_COLOR switches colours off.
Exit code: 0 done, 1 the work failed or the steps differ from the pass, 2 the command line is wrong.
`;

/**
 * @param {string[]} argv without node and script
 * @returns {Settings}
 * @throws {UsageError}
 */
export function parseArguments(argv) {
  const { values } = parse({
    args: argv,
    options: {
      context: { type: 'string' },
      tokens: { type: 'string' },
      layers: { type: 'string' },
      width: { type: 'string' },
      heads: { type: 'string' },
      'kv-heads': { type: 'string' },
      seed: { type: 'string' },
      svg: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  /** @param {keyof typeof numbers} name */
  const number = (name) => {
    const { [name]: text } = values;
    return text === undefined ? numbers[name].unless : positiveInteger(`--${name}`, text, numbers[name].most);
  };
  const heads = number('heads');
  const width = number('width');
  const layers = number('layers');
  const kvHeads = values['kv-heads'] === undefined ? heads : positiveInteger('--kv-heads', values['kv-heads'], heads);
  if (heads % kvHeads !== 0) throw new UsageError(`--heads is ${heads}, expected a multiple of --kv-heads ${kvHeads}`);
  if (width % (2 * heads) !== 0)
    throw new UsageError(`--width is ${width}, expected a multiple of 2 · ${heads} (--heads; rotary turns pairs of a head's numbers)`);
  // A layer has 4 · width² of its attention and 8 · width² behind it.
  const weights = layers * 12 * width ** 2;
  if (weights > mostWeights)
    throw new UsageError(
      `--layers ${layers} of --width ${width} have about ${(weights / 1e9).toPrecision(2)} billion weights, expected at most ${(mostWeights / 1e9).toPrecision(2)} billion`,
    );
  return {
    context: number('context'),
    tokens: number('tokens'),
    sizes: { layers, width, heads, kvHeads },
    seed: number('seed'),
    svg: values.svg === undefined ? undefined : svgFile('--svg', values.svg),
    json: values.json ?? false,
    help: values.help ?? false,
  };
}
