/** A training that stopped, as one file: its variables, the state of its optimizer, the losses so far, and what it was asked to do. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { readSafetensors } from 'fovea';
import { InputError } from '../program/errors.mjs';
import { reason } from '../program/files.mjs';
import { metadataOf, writeSafetensors } from './safetensors.mjs';

/**
 * @typedef {object} Trained what a checkpoint holds of a program
 * @property {Readonly<Record<string, unknown>>} settings all that the losses depend on, the seed among them: another training does not go on from it
 * @property {Readonly<Record<string, tf.Variable>>} variables by name
 * @property {tf.Optimizer} optimizer
 */

const format = 'fovea training 1';

/**
 * @param {string} file its folder is made; what lies there is always whole
 * @param {Trained} trained
 * @param {readonly number[]} losses of every step so far, as float32
 */
export async function saveCheckpoint(file, { settings, variables, optimizer }, losses) {
  const weights = await optimizer.getWeights();
  const tensors = Object.fromEntries([
    ['losses', { data: Float32Array.from(losses), shape: [losses.length] }],
    ...Object.entries(variables).map(([name, variable]) => [`variables/${name}`, numbersOf(name, variable)]),
    ...weights.map(({ name, tensor }) => [`optimizer/${name}`, numbersOf(name, tensor)]),
  ]);
  const bytes = writeSafetensors(tensors, { format, settings: JSON.stringify(settings) });
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeWhole(file, bytes);
  } catch (error) {
    throw new InputError(`cannot write the checkpoint ${file}: ${reason(error)}`, { cause: error });
  }
}

/**
 * Puts variables and optimizer where they were.
 * @param {string} file
 * @param {Trained} trained as new
 * @returns {Promise<number[]>} the losses so far: the next step has their number
 */
export async function loadCheckpoint(file, { settings, variables, optimizer }) {
  const { tensors, settings: theirs } = readCheckpoint(file);
  const [own, other] = [JSON.stringify(settings), JSON.stringify(theirs)];
  if (own !== other) throw new InputError(`cannot go on from ${file}: it is of a training with ${other}, expected ${own}`);
  /** @param {string} kind */
  const of = (kind) =>
    Object.entries(tensors).flatMap(([name, tensor]) =>
      name.startsWith(`${kind}/`) ? [{ name: name.slice(kind.length + 1), ...tensor }] : [],
    );
  const saved = new Map(of('variables').map((tensor) => [tensor.name, tensor]));
  for (const [name, variable] of Object.entries(variables)) {
    const { data, shape } = saved.get(name) ?? {};
    if (data === undefined || String(shape) !== String(variable.shape))
      throw new InputError(
        `cannot go on from ${file}: its variable ${name} is ${shape ? `[${shape}]` : 'missing'}, expected [${variable.shape}]`,
      );
  }
  tf.tidy(() => {
    for (const [name, variable] of Object.entries(variables)) variable.assign(tensorOf(/** @type {Saved} */ (saved.get(name))));
  });
  const weights = of('optimizer').map((own) => ({ name: own.name, tensor: tensorOf(own) }));
  await optimizer.setWeights(weights);
  tf.dispose(weights.map(({ tensor }) => tensor));
  return Array.from(tensors.losses.data);
}

/** @typedef {import('fovea').SafetensorsTensor} Saved */

/** @param {string} file @returns {{ tensors: Record<string, Saved>, settings: unknown }} */
function readCheckpoint(file) {
  const bytes = readBytes(file);
  try {
    const tensors = readSafetensors(bytes);
    const metadata = metadataOf(bytes);
    if (metadata.format !== format || !tensors.losses)
      throw new Error(`its format is ${JSON.stringify(metadata.format)}, expected "${format}"`);
    return { tensors, settings: JSON.parse(metadata.settings) };
  } catch (error) {
    throw new InputError(`${file} is not a whole checkpoint: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

/** @param {string} file */
function readBytes(file) {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new InputError(`cannot read the checkpoint ${file}: ${reason(error)}`, { cause: error });
  }
}

/** Under another name first, which is gone in any case: all of it on the disk, or what was there before. @param {string} file @param {Buffer} bytes */
function writeWhole(file, bytes) {
  const draft = `${file}.${process.pid}.tmp`;
  const handle = openSync(draft, 'w');
  try {
    writeAll(handle, bytes);
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** On the disk, and closed. @param {number} handle @param {Buffer} bytes */
function writeAll(handle, bytes) {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** What would come back as numbers of another kind is refused. @param {string} name @param {tf.Tensor} tensor */
function numbersOf(name, tensor) {
  const data = tensor.dataSync();
  if (tensor.dtype !== 'bool' && (data instanceof Float32Array || data instanceof Int32Array)) return { data, shape: tensor.shape };
  throw new Error(`a checkpoint cannot hold ${name}: it is ${tensor.dtype}, expected float32 or int32`);
}

/** Of numbers of its own. @param {Saved} saved */
function tensorOf({ data, shape }) {
  return tf.tensor(data.slice(), [...shape], data instanceof Int32Array ? 'int32' : 'float32');
}
