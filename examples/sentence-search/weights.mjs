/**
 * Weights of a tfjs graph model: model.json names them in order, the shard files hold their bytes one after another.
 * Format: https://github.com/tensorflow/tfjs/blob/master/tfjs-core/src/io/types.ts (WeightsManifestConfig).
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * @typedef {import('fovea').Tensor} Tensor
 * @typedef {{ name: string, shape: number[], dtype: string, quantization?: object }} WeightSpec
 * @typedef {{ paths: string[], weights: WeightSpec[] }} WeightGroup
 */

/**
 * Reads every float32 weight below `folder`, as views on one buffer.
 * @param {string} folder holds model.json and its shards
 * @returns {(name: string) => Tensor} the weight of that name; throws where there is none
 */
export function readWeights(folder) {
  /** @type {{ weightsManifest: WeightGroup[] }} */
  const { weightsManifest } = JSON.parse(readFileSync(path.join(folder, 'model.json'), 'utf8'));
  const weights = new Map(weightsManifest.flatMap((group) => [...readGroup(folder, group)]));
  return (name) => {
    const weight = weights.get(name);
    if (!weight) throw new Error(`model.json in ${folder} has no weight ${name}`);
    return weight;
  };
}

/**
 * @param {string} folder
 * @param {WeightGroup} group
 * @returns {Generator<[string, Tensor]>}
 */
function* readGroup(folder, { paths, weights }) {
  const bytes = concatenate(paths.map((name) => readFileSync(path.join(folder, name))));
  let position = 0;
  for (const { name, shape, dtype, quantization } of weights) {
    if (quantization || (dtype !== 'float32' && dtype !== 'int32'))
      throw new Error(`${name} is ${dtype}, quantized or not float32 or int32: not read here`);
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    if (dtype === 'float32') yield [name, { data: new Float32Array(bytes.buffer, position, size), shape }];
    position += size * 4;
  }
  if (position !== bytes.length) throw new Error(`the shards in ${folder} hold ${bytes.length} bytes, model.json describes ${position}`);
}

/** @param {Uint8Array[]} parts */
function concatenate(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let position = 0;
  for (const part of parts) {
    bytes.set(part, position);
    position += part.length;
  }
  return bytes;
}
