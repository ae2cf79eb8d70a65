/**
 * The masks of a layer's inputs. TensorFlow.js computes the mask of each of them, but tells a layer of several inputs that of the first one only, and where
 * none of them has one, that of a layer before. So an input passes by a layer of its own, which is told its mask.
 * @module
 */
import { clone, reshape, serialization, type Tensor } from '@tensorflow/tfjs-core';
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { LayerArgs } from './weights.js';

/** Of tensors that have passed by a tap; null of those without a mask. */
const masks = new WeakMap<Tensor, Tensor | null>();

/**
 * The mask of an input.
 * @param told what a call of the layer on tensors says it is; not heard where the input has passed by a tap
 */
export function maskOf(x: Tensor, told?: Tensor | null): Tensor | undefined {
  const own = masks.get(x);
  if (own !== undefined) return own ?? undefined;
  // What has just been made by a layer that makes masks has its own with it, unless it was made in a model within, which has let go of it.
  const { kerasMask } = x as { kerasMask?: Tensor };
  return told ?? (kerasMask?.isDisposed === false ? kerasMask : undefined);
}

/** The same numbers, and the mask that belongs to them remembered. */
class MaskTap extends layers.Layer {
  static className = 'MaskTap';

  #last: Tensor | undefined;

  constructor(args: LayerArgs = {}) {
    super(args);
    this.supportsMasking = true;
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    this.#last = clone(only(inputs) as Tensor);
    masks.set(this.#last, null);
    return this.#last;
  }

  /** Called after `call`: without masks at first, then by whoever runs a model, who knows them. */
  override computeMask(_inputs: Tensor | Tensor[], mask?: Tensor | Tensor[]): Tensor {
    if (mask === undefined) return mask as unknown as Tensor;
    const [given, x] = [only(mask), this.#last];
    this.#last = undefined;
    if (!given || !x) return given as Tensor;
    // Sums of TensorFlow.js hand on `[1, b, s]`.
    const own = given.rank > 2 ? reshape(given, x.shape.slice(0, 2)) : given;
    masks.set(x, own);
    return own;
  }
}
serialization.registerClass(MaskTap);

/** The tensor behind a tap. */
export function tapped(x: SymbolicTensor): SymbolicTensor {
  return x.sourceLayer instanceof MaskTap ? x : (new MaskTap().apply(x) as SymbolicTensor);
}

/**
 * Inputs of a layer, behind taps where they may have a mask when the model runs. What is given a second time has a tap, too: TensorFlow.js counts a
 * layer that takes a tensor twice as two that take it, and lets it go before others had it.
 */
export function tappedInputs(inputs: readonly SymbolicTensor[]): SymbolicTensor[] {
  return inputs.map((x, i) => (mayHaveMask(x) || inputs.indexOf(x) < i ? tapped(x) : x));
}

/** Layers of TensorFlow.js, and here, that make no mask of their own but may hand one on in a way of their own; most hand on their input's. */
const handOn = new Set(
  [
    'Add',
    'Average',
    'Concatenate',
    'Maximum',
    'Minimum',
    'Multiply',
    'RNN',
    'SimpleRNN',
    'GRU',
    'LSTM',
    'Bidirectional',
    'TimeDistributed',
  ].concat(['Attention', 'AdditiveAttention', 'MultiHeadAttention', 'GroupQueryAttention']),
);

/** Whether some layer that it comes from may make a mask, and all between may hand it on. */
function mayHaveMask(x: SymbolicTensor, seen = new Set<SymbolicTensor>()): boolean {
  const layer = x.sourceLayer;
  if (seen.has(x) || !layer?.supportsMasking) return false;
  seen.add(x);
  const isOwn = layer.computeMask !== layers.Layer.prototype.computeMask;
  return (isOwn && !handOn.has(layer.getClassName())) || x.inputs.some((input) => mayHaveMask(input, seen));
}

/** The first of several. */
export function only<T>(value: T | T[] | undefined): T | undefined {
  return Array.isArray(value) ? value[0] : value;
}
