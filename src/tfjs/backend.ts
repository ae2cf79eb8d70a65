/**
 * The backend `fovea` of TensorFlow.js: its cpu backend, which keeps tensors in JavaScript's memory, with kernels of its own (table.ts).
 * @module
 */
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { BackendValues, DataId, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { Pool } from './pool.js';

/** What numbers lie in: float32, int32, bool. */
export type Numbers = Float32Array | Int32Array | Uint8Array;

export class FoveaBackend extends MathBackendCPU {
  readonly #pool = new Pool();
  /** Arrays that are known to this backend alone, each by one tensor: what they lie in may be another tensor's when that one is gone. */
  readonly #own = new WeakSet<object>();

  /** As the parent's, without its advice to install another backend. */
  override write(values: BackendValues, _shape: number[], dtype: DataType): DataId {
    const dataId = {};
    this.data.set(dataId, { values, dtype, refCount: 1 });
    return dataId;
  }

  override readSync(dataId: DataId): BackendValues {
    this.#share(dataId);
    return super.readSync(dataId);
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const values = this.data.has(dataId) ? this.data.get(dataId).values : undefined;
    const isGone = super.disposeData(dataId, force);
    if (isGone && values instanceof Float32Array && this.#own.delete(values)) this.#pool.give(values);
    return isGone;
  }

  override dispose(): void {
    this.#pool.close();
  }

  /** From now on others know the memory of these tensors, too, and may keep it: a kernel of the parent, a tensor that is a part of one. */
  share(tensors: readonly TensorInfo[]): void {
    for (const { dataId } of tensors) this.#share(dataId);
  }

  #share(dataId: DataId): void {
    const { values } = this.data.get(dataId);
    if (values !== undefined) this.#own.delete(values);
  }

  /** The numbers of a tensor, in the kind of array that its dtype has; undefined of strings and complex numbers. Not to be written to, nor kept. */
  numbers({ dataId, dtype }: TensorInfo): Numbers | undefined {
    const { values } = this.data.get(dataId);
    // A cast that loses nothing leaves the values as they are, under another dtype; a kernel of cpu may leave a plain array.
    if (dtype === 'float32') return values instanceof Float32Array ? values : new Float32Array(values as ArrayLike<number>);
    if (dtype === 'int32') return values instanceof Int32Array ? values : new Int32Array(values as ArrayLike<number>);
    if (dtype === 'bool') return values instanceof Uint8Array ? values : new Uint8Array(values as ArrayLike<number>);
    return undefined;
  }

  /** The same, of float32 only. */
  floats(tensor: TensorInfo): Float32Array | undefined {
    const values = tensor.dtype === 'float32' ? this.numbers(tensor) : undefined;
    return values instanceof Float32Array ? values : undefined;
  }

  /** Memory for a result, of any content: for `tensor`, at once. */
  room(length: number): Float32Array {
    const array = this.#pool.take(length);
    this.#own.add(array);
    return array;
  }

  /** Sums, or means, in memory for a result. */
  rounded(sums: Float64Array, count = 1): Float32Array {
    const out = this.room(sums.length);
    for (let i = 0; i < out.length; i++) out[i] = (sums[i] ?? 0) / count;
    return out;
  }

  /** The same for a result of the kind of these numbers. */
  roomLike(values: Numbers, length: number): Numbers {
    if (values instanceof Float32Array) return this.room(length);
    return values instanceof Int32Array ? new Int32Array(length) : new Uint8Array(length);
  }

  /** A new tensor of these numbers. */
  tensor(shape: readonly number[], dtype: DataType, values: Numbers): TensorInfo {
    return this.makeTensorInfo([...shape], dtype, values);
  }

  /** A tensor of the same numbers in another shape. */
  reshaped({ dataId, dtype }: TensorInfo, shape: readonly number[]): TensorInfo {
    this.incRef(dataId);
    return { dataId, shape: [...shape], dtype };
  }
}
