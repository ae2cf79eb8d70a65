/**
 * Unknown value → the weights to look at, where they lie.
 * @module
 */
import { shapeError } from '../errors.js';
import type { Tensor } from '../types.js';
import { list } from '../validate/describe.js';
import { type Checked, checkFloat32, rowMajor } from '../validate/tensor.js';
import { Workspace } from '../validate/workspace.js';

/** Layers of heads: one tensor, or one for each layer. */
export type LayerWeights = Tensor | readonly Tensor[];

/**
 * float32 weights of any strides.
 * @param sizes what the last dimensions are, for the message; before them there may be sizes of 1, which are left out
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE
 */
export function checkWeights(op: string, name: string, value: unknown, sizes: readonly string[]): Checked {
  const { data, shape, strides, offset } = checkFloat32(op, name, value, new Workspace());
  const extra = shape.length - sizes.length;
  if (extra < 0 || shape.slice(0, extra).some((size) => size !== 1))
    throw shapeError(op, name, `shape ${list(shape)}`, `[${sizes.join(', ')}]`, 'sizes of 1 before these are left out');
  return { data, shape: shape.slice(extra), strides: strides.slice(extra), offset };
}

/**
 * The heads of each layer, `[heads, sq, skv]`: at least one head, and the same sq and skv in all layers.
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE
 */
export function checkLayers(op: string, name: string, value: unknown): readonly [Checked, ...Checked[]] {
  const layers = Array.isArray(value)
    ? value.map((layer: unknown, i) => checkWeights(op, `${name}[${i}]`, layer, ['heads', 'sq', 'skv']))
    : layersOf(checkWeights(op, name, value, ['layers', 'heads', 'sq', 'skv']));
  const [first, ...others] = layers;
  if (first === undefined) throw shapeError(op, name, '0 layers', 'at least one');
  for (const { shape } of layers) if (shape[0] === 0) throw shapeError(op, name, '0 heads', 'at least one', `a layer is ${list(shape)}`);
  for (const [i, { shape }] of others.entries()) {
    if (shape[1] !== first.shape[1] || shape[2] !== first.shape[2]) {
      const expected = `${first.shape[1]} queries and ${first.shape[2]} keys, as the layers before have`;
      throw shapeError(op, `${name}[${i + 1}]`, `shape ${list(shape)}`, expected, `${name}[0] is ${list(first.shape)}`);
    }
  }
  return [first, ...others];
}

function layersOf({ data, shape, strides, offset }: Checked): readonly Checked[] {
  const [layerStride = 0, ...inner] = strides;
  return Array.from({ length: shape[0] ?? 0 }, (_, i) => ({
    data,
    shape: shape.slice(1),
    strides: inner,
    offset: offset + i * layerStride,
  }));
}

/** The elements in row-major order: a view where they lie like that already. */
export function packed({ data, shape, strides, offset }: Checked): Float32Array {
  const length = shape.reduce((product, size) => product * size, 1);
  if (length === 0) return new Float32Array(0);
  const dense = rowMajor(shape);
  if (shape.every((size, i) => size === 1 || strides[i] === dense[i])) return data.subarray(offset, offset + length);
  const out = new Float32Array(length);
  for (let at = 0; at < length; at++) {
    let from = offset;
    let rest = at;
    for (let i = 0; i < shape.length; i++) {
      const step = dense[i] ?? 1;
      from += Math.floor(rest / step) * (strides[i] ?? 0);
      rest %= step;
    }
    out[at] = data[from] ?? Number.NaN;
  }
  return out;
}
