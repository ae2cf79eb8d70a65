/**
 * Models in files, `file://` of TensorFlow.js, in Node: what @tensorflow/tfjs-node brings along, in its format (model.json, weights.bin), and no other
 * backend for Node does. What does not fit is refused by the name of its file.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { io } from '@tensorflow/tfjs-core';
import { formatError } from '../errors.js';
import { sizeOf } from './shape.js';

const op = 'fovea/tfjs';
const scheme = 'file://';

/** Makes `model.save('file://FOLDER')` and `tf.loadLayersModel('file://FOLDER/model.json')` work, where nothing else does. */
export function registerFileSystem(): void {
  io.registerSaveRouter(unlessOthers(io.getSaveHandlers) as Parameters<typeof io.registerSaveRouter>[0]);
  io.registerLoadRouter(unlessOthers(io.getLoadHandlers) as Parameters<typeof io.registerLoadRouter>[0]);
}

/** TensorFlow.js refuses a URL that two handlers want: this one steps back for another, such as that of tfjs-node, whichever was there first. */
function unlessOthers(handlersOf: (url: string) => io.IOHandler[]) {
  let isAsking = false;
  return (url: string | string[]): io.IOHandler | null => {
    if (isAsking || typeof url !== 'string' || !url.startsWith(scheme)) return null;
    isAsking = true;
    try {
      return handlersOf(url).length > 0 ? null : handler(url.slice(scheme.length));
    } finally {
      isAsking = false;
    }
  };
}

/** @param path of a folder to save in, of a model.json to load */
function handler(path: string): io.IOHandler {
  return { save: (artifacts) => inTurn(path, () => save(path, artifacts)), load: () => load(path) };
}

/** The last save of each folder. */
const saves = new Map<string, Promise<unknown>>();

/** One save of a folder at a time, so that weights and model.json are of one. */
function inTurn<T>(folder: string, task: () => Promise<T>): Promise<T> {
  const key = resolve(folder);
  const own = (saves.get(key) ?? Promise.resolve()).then(task, task);
  saves.set(key, own);
  const forget = () => saves.get(key) === own && saves.delete(key);
  own.then(forget, forget);
  return own;
}

async function save(folder: string, artifacts: io.ModelArtifacts): Promise<io.SaveResult> {
  if (artifacts.modelTopology instanceof ArrayBuffer)
    throw formatError(op, 'the topology of the model is binary', 'one that JSON can hold');
  const weights = new Uint8Array(io.CompositeArrayBuffer.join(artifacts.weightData));
  const weightsManifest = [{ paths: ['weights.bin'], weights: artifacts.weightSpecs ?? [] }];
  const { weightData: _, weightSpecs: __, ...own } = artifacts;
  // Each under another name until all are on the disk: whoever reads finds the old files or the new ones, but for the moment between two names.
  const files = [
    { path: join(folder, 'weights.bin'), content: weights },
    { path: join(folder, 'model.json'), content: JSON.stringify({ ...own, weightsManifest }) },
  ].map((file) => ({ ...file, draft: `${file.path}.${randomUUID()}.tmp` }));
  try {
    await mkdir(folder, { recursive: true });
    for (const { draft, content } of files) await writeFile(draft, content, { flush: true, flag: 'wx' });
    for (const { draft, path } of files) await rename(draft, path);
  } catch (error) {
    for (const { draft } of files) await rm(draft, { force: true }).catch(() => {}); // the first error is the one to be told
    const { code } = error as NodeJS.ErrnoException;
    throw formatError(op, `a model cannot be saved in ${folder} (${code})`, 'a folder that can be written to');
  }
  return { modelArtifactsInfo: io.getModelArtifactsInfoForJSON(artifacts) };
}

async function load(path: string): Promise<io.ModelArtifacts> {
  const text = (await readNamed(path, 'the model.json of a model that model.save wrote')).toString('utf8');
  const folder = dirname(path);
  return io.getModelArtifactsForJSON(parsed(path, text), async (manifest) => {
    const groups = await Promise.all(manifest.map((group) => weightsOf(folder, group)));
    const bytes = Buffer.concat(groups);
    return [io.getWeightSpecs(manifest), bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)];
  });
}

function parsed(path: string, text: string): io.ModelJSON {
  const model = (() => {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw formatError(op, `${path} is no JSON`, 'a model that model.save wrote', String(error));
    }
  })();
  const groups: unknown = model?.weightsManifest;
  const isGroup = (group: io.WeightsManifestConfig[number] | null) => Array.isArray(group?.paths) && Array.isArray(group?.weights);
  if (!model?.modelTopology || !Array.isArray(groups) || !groups.every(isGroup))
    throw formatError(op, `${path} has no modelTopology, or no weightsManifest of paths and weights`, 'a model that model.save wrote');
  return model;
}

async function weightsOf(folder: string, { paths, weights }: io.WeightsManifestConfig[number]): Promise<Buffer> {
  const files = await Promise.all(paths.map((name) => readNamed(join(folder, name), 'the weights that its model.json names')));
  const bytes = Buffer.concat(files);
  const expected = weights.reduce((sum, weight) => sum + bytesOf(weight), 0);
  if (Number.isFinite(expected) && bytes.length !== expected)
    throw formatError(
      op,
      `${paths.map((name) => join(folder, name)).join(', ')} ${paths.length > 1 ? 'have' : 'has'} ${bytes.length} bytes`,
      `${expected}`,
      'the sizes of the weights in its model.json',
    );
  return bytes;
}

/** Numbers of each kind in bytes; of strings nothing is known before they are read. */
const sizes: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2, complex64: 8 };

function bytesOf({ dtype, shape, quantization }: io.WeightsManifestEntry): number {
  return sizeOf(shape) * (sizes[quantization?.dtype ?? dtype] ?? Number.NaN);
}

async function readNamed(path: string, expected: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw formatError(op, `${path} ${code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`}`, expected);
  }
}
