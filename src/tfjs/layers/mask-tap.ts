/**
 * The masks of a layer's inputs. TensorFlow.js computes the mask of each of them, but tells a layer of several inputs that of the first one only, and where
 * that has none, one of a layer before. So each input passes by a layer of its own, which is told its mask.
 * @module
 */
import { clone, serialization, type Tensor } from '@tensorflow/tfjs-core';
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { LayerArgs } from './weights.js';

/** Of tensors that have passed by a tap; null of those without a mask. */
const masks = new WeakMap<Tensor, Tensor | null>();

/**
 * The mask of an input.
 * @param told what a call of the layer on tensors says it is: TensorFlow.js says something, too, but of inputs that have passed by a tap
 */
export function maskOf(x: Tensor, told?: Tensor): Tensor | undefined {
  const own = masks.get(x);
  // What has just been made by a layer that makes masks has its own with it.
  return own === undefined ? (told ?? (x as { kerasMask?: Tensor }).kerasMask) : (own ?? undefined);
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

  /** Called after `call`, with the mask as the last thing. */
  override computeMask(_inputs: Tensor | Tensor[], mask?: Tensor | Tensor[]): Tensor {
    const own = only(mask);
    if (own && this.#last) masks.set(this.#last, own);
    return own as Tensor;
  }
}
serialization.registerClass(MaskTap);

/** Of what has a tap already, the tensor behind it. */
const taps = new WeakMap<SymbolicTensor, SymbolicTensor>();

/** The tensor behind a tap. */
export function tapped(x: SymbolicTensor): SymbolicTensor {
  if (x.sourceLayer instanceof MaskTap) return x;
  const own = taps.get(x) ?? (new MaskTap().apply(x) as SymbolicTensor);
  taps.set(x, own);
  return own;
}

/** The same, where it may have a mask when the model runs. */
export function tappedIfMasked(x: SymbolicTensor): SymbolicTensor {
  return mayHaveMask(x) ? tapped(x) : x;
}

/** Whether some layer that it comes from makes masks, and all between hand them on. */
function mayHaveMask(x: SymbolicTensor, seen = new Set<SymbolicTensor>()): boolean {
  const layer = x.sourceLayer;
  if (seen.has(x) || !layer?.supportsMasking) return false;
  seen.add(x);
  const kind = layer.getClassName();
  if (kind === 'Masking') return true;
  if (kind === 'Embedding') return layer.getConfig().maskZero === true;
  return x.inputs.some((input) => mayHaveMask(input, seen));
}

/** The first of several. */
export function only<T>(value: T | T[] | undefined): T | undefined {
  return Array.isArray(value) ? value[0] : value;
}
