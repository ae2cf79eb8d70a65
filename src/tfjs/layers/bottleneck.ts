/**
 * Two linear maps with few numbers between them: relu(x · reduce) · expand.
 * @module
 */
import { add, matMul, relu, type Tensor } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { builtOf, type Weights } from './weights.js';

interface LinearMap {
  readonly kernel: LayerVariable;
  readonly bias: LayerVariable;
}

export class Bottleneck {
  readonly #name: string;
  readonly #ratio: number;
  #reduce: LinearMap | undefined;
  #expand: LinearMap | undefined;

  /** @param name of the layer @param ratio channels for each number between the maps */
  constructor(name: string, ratio: number) {
    this.#name = name;
    this.#ratio = ratio;
  }

  build(weights: Weights, addWeight: Parameters<Weights['kernel']>[0], channels: number): void {
    const between = Math.max(1, Math.floor(channels / this.#ratio));
    const map = (name: string, from: number, to: number): LinearMap => ({
      kernel: weights.kernel(addWeight, `${name}_kernel`, [from, to]),
      bias: weights.bias(addWeight, `${name}_bias`, [to]),
    });
    this.#reduce = map('reduce', channels, between);
    this.#expand = map('expand', between, channels);
  }

  /** `[b, c]` → `[b, c]` */
  apply(x: Tensor): Tensor {
    return applied(builtOf(this.#name, this.#expand), relu(applied(builtOf(this.#name, this.#reduce), x)));
  }
}

function applied({ kernel, bias }: LinearMap, x: Tensor): Tensor {
  return add(matMul(x, kernel.read()), bias.read());
}
