/**
 * `fovea heads`: the head view of a real sentence encoder for a text. Encoder and tokenizer are those of examples/sentence-search, bundled with this
 * program; the weights are in a package of their own, looked for from the current folder and from where fovea lies.
 * @module
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { InputError, UsageError } from '../../examples/program/errors.mjs';
import { maxTokens } from '../../examples/sentence-search/encoder.mjs';
import { loadModel } from '../../examples/sentence-search/model.mjs';
import { backend, type Tensor } from '../node.js';
import { headView } from '../viz/node.js';
import { openFile } from './open-file.js';
import { labelOf } from './targets.js';

export interface HeadsOptions {
  readonly out?: string;
  readonly force?: boolean;
  readonly open?: boolean;
  readonly json?: boolean;
}

/** Characters of the text in the title of the page. */
const titleLength = 60;

export async function heads(words: readonly string[], options: HeadsOptions): Promise<string> {
  const { out, force = false, json = false, open = process.stdout.isTTY === true && !json } = options;
  if (force && out === undefined) throw new UsageError('--force replaces the file of --out, and there is none');
  const text = await readText(words);
  const { tokens, cut, layers } = encode(text);
  if (cut > 0) process.stderr.write(`The text has ${tokens.length + cut} tokens, the model reads the first ${tokens.length}.\n`);
  const file = write(headView(layers, { queryTokens: tokens, title: `Attention heads: ${beginning(text)}` }), out, force);
  if (open) openFile(file);
  const { name, target } = backend();
  const [, count = 0] = layers[0]?.shape ?? [];
  const result = { file, text, tokens, cut, layers: layers.length, heads: count, backend: name, target };
  if (json) return `${JSON.stringify(result, null, 2)}\n`;
  process.stderr.write(
    `${layers.length} layers of ${count} heads, ${tokens.length} ${tokens.length === 1 ? 'token' : 'tokens'}, on ${labelOf({ backend: name, target })}\n`,
  );
  return `${file}\n`;
}

/** The words of the command line, or stdin, as one line. */
async function readText(words: readonly string[]): Promise<string> {
  const fromStdin = words.length === 1 && words[0] === '-';
  const text = (fromStdin ? await textOf(process.stdin) : words.join(' ')).replaceAll(/\s+/g, ' ').trim();
  if (text !== '') return text;
  throw fromStdin ? new InputError('stdin is empty: there is no text to read') : new UsageError('the text is empty');
}

function encode(text: string) {
  const model = loadModel([join(process.cwd(), 'package.json'), import.meta.url]);
  const ids = model.tokenize(text);
  const layers: Tensor[] = [];
  model.encode([ids], (weights) => layers.push(weights));
  const read = ids.subarray(0, maxTokens);
  return { tokens: Array.from(read, model.pieceOf), cut: ids.length - read.length, layers };
}

function beginning(text: string): string {
  const characters = [...text];
  return characters.length > titleLength ? `${characters.slice(0, titleLength - 1).join('')}…` : text;
}

/** @returns the file's whole path */
function write(page: string, out: string | undefined, force: boolean): string {
  const file = out === undefined ? join(mkdtempSync(join(tmpdir(), 'fovea-heads-')), 'heads.html') : resolve(out);
  try {
    writeFileSync(file, page, { flag: force ? 'w' : 'wx' });
    return file;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reasons: Readonly<Record<string, string>> = {
      EEXIST: 'it exists already; --force replaces it',
      ENOENT: 'its folder does not exist',
      ENOTDIR: 'what should be its folder is a file',
      EISDIR: 'it is a folder',
      EACCES: 'permission denied',
    };
    throw new InputError(`cannot write ${file}: ${reasons[code] ?? String(error)}`, { cause: error });
  }
}
