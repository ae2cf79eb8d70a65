/**
 * Two linear maps with few numbers between them: relu(x · reduce) · expand.
 * @module
 */
import { add, matMul, relu, type Tensor } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import type { Weights } from './weights.js';

export class Bottleneck {
  readonly #ratio: number;
  #maps: readonly { readonly kernel: LayerVariable; readonly bias: LayerVariable }[] = [];

  /** @param ratio channels for each number between the maps */
  constructor(ratio: number) {
    this.#ratio = ratio;
  }

  build(weights: Weights, addWeight: Parameters<Weights['kernel']>[0], channels: number): void {
    const between = Math.max(1, Math.floor(channels / this.#ratio));
    const sizes = [
      ['reduce', channels, between],
      ['expand', between, channels],
    ] as const;
    this.#maps = sizes.map(([name, from, to]) => ({
      kernel: weights.kernel(addWeight, `${name}_kernel`, [from, to]),
      bias: weights.bias(addWeight, `${name}_bias`, [to]),
    }));
  }

  /** `[b, c]` → `[b, c]` */
  apply(x: Tensor): Tensor {
    const [reduced, expanded] = this.#maps.map(
      ({ kernel, bias }) =>
        (from: Tensor) =>
          add(matMul(from, kernel.read()), bias.read()),
    );
    if (!reduced || !expanded) throw new Error('a layer is built before it is called');
    return expanded(relu(reduced(x)));
  }
}
