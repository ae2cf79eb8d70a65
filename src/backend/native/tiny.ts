/**
 * Tiny new results go through memory that the addon knows. The engine keeps a typed array of up to 64 bytes among its own objects, and
 * moves it out when the addon asks where it lies: that takes longer than the whole rest of a small call.
 * @module
 */
import type { Call, Lent } from '../../plan/call.js';

const numbers = 16;

/** Stands in for a tensor while the addon runs. */
export class Tiny {
  readonly #stage = new Float32Array(new ArrayBuffer(4 * numbers));
  #data: Float32Array | undefined;
  #count = 0;

  /** Puts the memory in the place of the first tensor that is written, where that is small and has no gaps. */
  lend({ tensors, tensorCount }: Call): void {
    for (let i = 0; i < tensorCount; i++) {
      const tensor = tensors[i];
      if (tensor?.written === true) {
        this.#replace(tensor);
        return;
      }
    }
  }

  /** Copies what was written to where it belongs, unless the call was refused. */
  take(written: boolean): void {
    const data = this.#data;
    if (data === undefined) return;
    this.#data = undefined;
    if (written) for (let i = 0; i < this.#count; i++) data[i] = this.#stage[i] ?? 0;
  }

  #replace(tensor: Lent): void {
    const { data, extent, elements } = tensor;
    if (!(data instanceof Float32Array) || extent > numbers || extent !== elements || extent !== data.length) return;
    this.#data = data;
    this.#count = extent;
    tensor.data = this.#stage;
  }
}
