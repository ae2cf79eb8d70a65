/** Writing safetensors files, which readSafetensors of fovea reads, and their metadata, which it leaves out. */

/**
 * @typedef {Float32Array | Int32Array} Data of 4 bytes each
 * @typedef {{ data: Data, shape: readonly number[] }} Tensor
 */

/**
 * The bytes of a file.
 * @param {Readonly<Record<string, Tensor>>} tensors in the order of their bytes
 * @param {Readonly<Record<string, string>>} metadata
 * @returns {Buffer}
 * @see https://github.com/huggingface/safetensors, "Format"
 */
export function writeSafetensors(tensors, metadata) {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, { data, shape }]) => {
    const begin = end;
    end += data.byteLength;
    return [name, { dtype: data instanceof Int32Array ? 'I32' : 'F32', shape, data_offsets: [begin, end] }];
  });
  const text = JSON.stringify(Object.fromEntries([['__metadata__', metadata], ...entries]));
  // Spaces up to a multiple of 8, so that all numbers, which have 4 bytes, lie where their kind wants to.
  const header = Buffer.from(text + ' '.repeat(-Buffer.byteLength(text) & 7));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const numbers = Object.values(tensors).map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  return Buffer.concat([length, header, ...numbers]);
}

/** @param {Buffer} bytes that readSafetensors has found in order @returns {Readonly<Record<string, string>>} */
export function metadataOf(bytes) {
  const end = 8 + Number(bytes.readBigUInt64LE());
  return JSON.parse(bytes.toString('utf8', 8, end)).__metadata__ ?? {};
}
