/**
 * Models in files, `file://` of TensorFlow.js, in Node: what @tensorflow/tfjs-node brings along, in its format (model.json, weights.bin), and no other
 * backend for Node does. What does not fit is refused by the name of its file.
 * @module
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { io } from '@tensorflow/tfjs-core';
import { formatError } from '../errors.js';

const scheme = 'file://';

/** Makes `model.save('file://FOLDER')` and `tf.loadLayersModel('file://FOLDER/model.json')` work, unless something else does already. */
export function registerFileSystem(): void {
  const router = (url: string | string[]) => (typeof url === 'string' && url.startsWith(scheme) ? handler(url.slice(scheme.length)) : null);
  if (io.getSaveHandlers(scheme).length === 0) io.registerSaveRouter(router as Parameters<typeof io.registerSaveRouter>[0]);
  if (io.getLoadHandlers(scheme).length === 0) io.registerLoadRouter(router as Parameters<typeof io.registerLoadRouter>[0]);
}

/** @param path of a folder to save in, of a model.json to load */
function handler(path: string): io.IOHandler {
  return { save: (artifacts) => save(path, artifacts), load: () => load(path) };
}

async function save(folder: string, artifacts: io.ModelArtifacts): Promise<io.SaveResult> {
  const weights = new Uint8Array(io.CompositeArrayBuffer.join(artifacts.weightData));
  const manifest = [{ paths: ['weights.bin'], weights: artifacts.weightSpecs ?? [] }];
  await mkdir(folder, { recursive: true });
  // The weights first: a model.json that is there has all of them beside it.
  await writeWhole(join(folder, 'weights.bin'), weights);
  await writeWhole(join(folder, 'model.json'), JSON.stringify(modelJson(artifacts, manifest)));
  return { modelArtifactsInfo: io.getModelArtifactsInfoForJSON(artifacts) };
}

function modelJson({ weightData: _, weightSpecs: __, ...own }: io.ModelArtifacts, weightsManifest: io.WeightsManifestConfig): object {
  return { ...own, weightsManifest };
}

/** Under another name until all of it is written: whoever reads finds the old file or the new one. */
async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  const unfinished = `${path}.unfinished`;
  await writeFile(unfinished, content);
  await rename(unfinished, path);
}

async function load(path: string): Promise<io.ModelArtifacts> {
  const text = (await readNamed(path, 'a model that model.save wrote')).toString('utf8');
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
  if (typeof model?.modelTopology !== 'object' || !Array.isArray(model.weightsManifest))
    throw formatError(op, `${path} has no modelTopology or no weightsManifest`, 'a model that model.save wrote');
  return model;
}

const op = 'fovea/tfjs';

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
  return shape.reduce((product, n) => product * n, 1) * (sizes[quantization?.dtype ?? dtype] ?? Number.NaN);
}

async function readNamed(path: string, expected: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw formatError(op, `${path} cannot be read (${code})`, expected);
  }
}
