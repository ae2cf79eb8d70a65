/**
 * Decoder steps that depend on each other: what a step has looked at, the next one is told by the coverage.
 * @module
 */
import type { AttentionOptions, Tensor } from '../types.js';
import { addWeights, cover } from './coverage.js';
import type { ProjectedMemory } from './memory.js';

/** The arguments of one step's attention. */
type Arguments = readonly [Tensor, Tensor, Tensor, AttentionOptions<Float32Array, true, false>];

export class CoveredSteps {
  readonly count: number;
  /** `[b, steps, dMemory]` */
  readonly context: Float32Array;
  /** `[b, steps, t]` */
  readonly weights: Float32Array;
  readonly #memory: ProjectedMemory;
  /** `[b, steps, keyDim]`, row-major. */
  readonly #queries: Float32Array;
  readonly #coverage: Float32Array;
  readonly #covered: Tensor;

  constructor(memory: ProjectedMemory, queries: Float32Array, count: number) {
    const [batch, length, memoryDim] = memory.shape;
    this.count = count;
    this.context = new Float32Array(batch * count * memoryDim);
    this.weights = new Float32Array(batch * count * length);
    this.#memory = memory;
    this.#queries = queries;
    this.#coverage = new Float32Array(batch * length);
    this.#covered = memory.roomForCovered();
  }

  /** What a step is to be computed of, once those before it are taken in. */
  at(step: number): Arguments {
    const { values, attended, projections } = this.#memory;
    const out = this.#rowOf(this.context, step, projections.memoryDim);
    const keys = step === 0 ? this.#memory.keys : cover(this.#memory, this.#coverage, this.#covered); // of zeros nothing comes
    return [this.#rowOf(this.#queries, step, projections.keyDim), keys, values, { ...attended, out }];
  }

  /** Takes in what a step has looked at, `[b, 1, 1, t]`. */
  took(step: number, { data }: Tensor): void {
    const [batch, length] = this.#memory.shape;
    addWeights(this.#coverage, data);
    for (let row = 0; row < batch; row++)
      this.weights.set(data.subarray(row * length, (row + 1) * length), (row * this.count + step) * length);
  }

  /** `[b, 1, 1, width]` of `[b, steps, width]`. */
  #rowOf(data: Float32Array, step: number, width: number): Tensor {
    const [batch] = this.#memory.shape;
    return { data, shape: [batch, 1, 1, width], strides: [this.count * width, width, width, 1], offset: step * width };
  }
}
