/**
 * The weight that each step multiplies its state with: packed for the backend that is chosen, when a step first needs it.
 * @module
 */
import { FoveaError } from '../errors.js';
import { matmul } from '../ops/matmul.js';
import { packMatrix } from '../ops/pack-matrix.js';
import type { MatmulOptions, PackedMatrix, Tensor } from '../types.js';
import type { Weight } from '../validate/weights.js';

export class StateWeight {
  /** `[dState, u]` */
  readonly weight: Weight;
  #packed: PackedMatrix | undefined;

  constructor(weight: Weight) {
    this.weight = weight;
  }

  /** state · weight, into `out`. */
  project(state: Tensor, out: MatmulOptions<Float32Array>): void {
    try {
      this.#packed ??= packMatrix(this.weight);
      matmul(state, this.#packed, out);
    } catch (error) {
      if (!(error instanceof FoveaError && error.code === 'ERR_BACKEND')) throw error;
      this.#packed?.dispose(); // setBackend has chosen another one
      this.#packed = packMatrix(this.weight);
      matmul(state, this.#packed, out);
    }
  }
}
