/**
 * What a decoder attends to: the states of an encoder and the keys that a score has made of them.
 * @module
 */
import { optionError, shapeError } from '../errors.js';
import type { AttentionOptions, MatmulOptions, Tensor } from '../types.js';
import { received } from '../validate/describe.js';
import type { Checked } from '../validate/tensor.js';
import { denseCopy } from '../validate/weights.js';
import type { Projections } from './projections.js';

/** The states of a batch of sequences, projected once for all decoder steps, made by `SequenceAttention.memory`. */
export interface Memory {
  /** `[b, t, dMemory]` */
  readonly shape: readonly [number, number, number];
}

/** The encoder's states as they were, with zeros past their lengths. */
export interface States {
  readonly batch: number;
  readonly length: number;
  /** `[b, t, dMemory]` */
  readonly tensor: Tensor;
  readonly lengths: Int32Array | undefined;
}

/** @throws {FoveaError} ERR_SHAPE, ERR_OPTION for lengths that do not fit, ERR_OUT_OF_MEMORY */
export function copyStates(op: string, states: Checked, lengths: Int32Array | undefined): States {
  const [batch = 0, length = 0, width = 0] = states.shape;
  checkLengths(op, lengths, batch, length);
  const data = denseCopy(op, 'states', states);
  lengths?.forEach((seen, row) => {
    data.fill(0, (row * length + seen) * width, (row + 1) * length * width);
  });
  return { batch, length, tensor: { data, shape: [batch, length, width] }, lengths: lengths?.slice() };
}

/** @throws {FoveaError} ERR_SHAPE, ERR_OPTION */
export function checkLengths(op: string, lengths: Int32Array | undefined, batch: number, length: number): void {
  if (lengths === undefined) return;
  if (lengths.length !== batch) throw shapeError(op, 'lengths', `${lengths.length} entries`, `${batch}, one for each of the batch`);
  for (const [row, entry] of lengths.entries())
    if (entry < 0 || entry > length) throw optionError(op, `lengths[${row}]`, String(entry), `0 to ${length}`);
}

/** A query of each sequence, `[b, 1, sq, keyDim]`, against all of its keys. */
type Attended = AttentionOptions<never, true, false>;

/** A memory as its maker sees it. */
export class ProjectedMemory implements Memory {
  readonly shape: readonly [number, number, number];
  /** Who has projected it. */
  readonly #owner: object;
  readonly projections: Projections;
  /** `[b, t, keyDim]`, row-major. */
  readonly projected: Float32Array;
  /** `[b, 1, t, keyDim]` */
  readonly keys: Tensor;
  /** `[b, 1, t, dMemory]` */
  readonly values: Tensor;
  readonly lengths: Int32Array | undefined;
  readonly attended: Attended;
  /** Of a step, `[b, 1, 1, keyDim]`: written by matmul as `[b, keyDim]`. */
  readonly query: Tensor;
  readonly intoQuery: MatmulOptions<Float32Array>;
  #covered: Tensor | undefined;

  constructor(owner: object, projections: Projections, { batch, length, tensor, lengths }: States, projected: Float32Array) {
    const { keyDim, memoryDim, ofState, score, scale } = projections;
    this.#owner = owner;
    this.projections = projections;
    this.shape = Object.freeze([batch, length, memoryDim] as const);
    this.projected = projected;
    this.keys = { data: projected, shape: [batch, 1, length, keyDim] };
    this.values = { data: tensor.data, shape: [batch, 1, length, memoryDim] };
    this.lengths = lengths;
    this.attended = { score, scale, keyLengths: lengths, returnWeights: true };
    const data = new Float32Array(ofState === undefined ? 0 : batch * keyDim);
    this.query = { data, shape: [batch, 1, 1, keyDim] };
    this.intoQuery = { out: { data, shape: [batch, keyDim] } };
  }

  /** @throws {FoveaError} ERR_OPTION for what is no memory, or that of another attention */
  static of(op: string, value: unknown, owner: object): ProjectedMemory {
    const isOne = typeof value === 'object' && value !== null && #owner in value;
    if (!isOne) throw optionError(op, 'memory', received(value), 'what memory(states) has given');
    if (value.#owner !== owner)
      throw optionError(
        op,
        'memory',
        'that of another SequenceAttention',
        'one of this',
        'its keys are made with the weights of the other',
      );
    return value;
  }

  /** Where keys with a step's coverage are written: the same place for each step. */
  get covered(): Tensor {
    this.#covered ??= this.roomForCovered();
    return this.#covered;
  }

  roomForCovered(): Tensor {
    return { data: new Float32Array(this.projected.length), shape: this.keys.shape };
  }
}
