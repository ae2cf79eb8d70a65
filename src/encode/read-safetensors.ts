/**
 * readSafetensors: the weights of a model, where they lie in its file.
 * @module
 */
import { dtypeError } from '../errors.js';
import type { SafetensorsTensor } from '../types.js';
import { kindOf, received } from '../validate/describe.js';
import { type Entry, readHeader } from './safetensors-header.js';

const op = 'readSafetensors';

/** What tensors of fovea may hold: how a stretch of bytes becomes an array, and its dtype. */
const kinds = {
  F32: { bytes: 4, make: (b: ArrayBufferLike, at: number, n: number) => ({ data: new Float32Array(b, at, n), dtype: 'float32' }) },
  F16: { bytes: 2, make: (b: ArrayBufferLike, at: number, n: number) => ({ data: new Uint16Array(b, at, n), dtype: 'float16' }) },
  BF16: { bytes: 2, make: (b: ArrayBufferLike, at: number, n: number) => ({ data: new Uint16Array(b, at, n), dtype: 'bfloat16' }) },
  I32: { bytes: 4, make: (b: ArrayBufferLike, at: number, n: number) => ({ data: new Int32Array(b, at, n) }) },
  U8: { bytes: 1, make: (b: ArrayBufferLike, at: number, n: number) => ({ data: new Uint8Array(b, at, n) }) },
  BOOL: { bytes: 1, make: (b: ArrayBufferLike, at: number, n: number) => ({ data: new Uint8Array(b, at, n) }) },
} as const;

/**
 * The tensors of a safetensors file by their names, as views on its bytes. A tensor that is not aligned to its numbers in memory is copied.
 *
 * F32, F16, BF16, I32, U8 and BOOL become tensors; whatever else the format knows is checked like them, is not enumerable, and throws ERR_DTYPE when
 * it is asked for by its name. `__metadata__` is checked and left out.
 * @param bytes the whole file
 * @returns an object without prototype, so that no name means anything else; names in the order of their bytes
 * @throws {FoveaError} ERR_FORMAT, with the reason, when the file is truncated or says what does not hold; ERR_DTYPE when bytes are none
 * @see https://github.com/huggingface/safetensors
 */
export function readSafetensors(bytes: Uint8Array | ArrayBufferLike): Record<string, SafetensorsTensor> {
  const file = asBytes(bytes);
  const tensors: Record<string, SafetensorsTensor> = Object.create(null);
  for (const entry of readHeader(file)) {
    const { name, dtype } = entry;
    if (isKind(dtype)) tensors[name] = tensorOf(file, entry, dtype);
    else
      Object.defineProperty(tensors, name, {
        get(): never {
          throw dtypeError(op, `tensor ${received(name)}`, `dtype ${dtype}`, `one of ${Object.keys(kinds).join(', ')}`);
        },
      });
  }
  return tensors;
}

function asBytes(bytes: unknown): Uint8Array {
  if (kindOf(bytes) === 'Uint8Array') {
    const { buffer, byteOffset, length } = bytes as Uint8Array;
    return new Uint8Array(buffer, byteOffset, length); // a plain one: a subclass may have other ideas of slice
  }
  if (received(bytes) === 'an ArrayBuffer' || received(bytes) === 'a SharedArrayBuffer') return new Uint8Array(bytes as ArrayBuffer);
  throw dtypeError(op, 'bytes', received(bytes), 'a Uint8Array or an ArrayBuffer');
}

function isKind(dtype: string): dtype is keyof typeof kinds {
  return Object.hasOwn(kinds, dtype);
}

function tensorOf(file: Uint8Array, { shape, begin, end }: Entry, dtype: keyof typeof kinds): SafetensorsTensor {
  const { bytes, make } = kinds[dtype];
  const at = file.byteOffset + begin;
  const length = (end - begin) / bytes;
  const view = at % bytes === 0 ? make(file.buffer, at, length) : make(file.slice(begin, end).buffer, 0, length);
  return { ...view, shape } as SafetensorsTensor;
}
