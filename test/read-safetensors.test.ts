/** readSafetensors: a file that the format's own library has written, views and copies, every lie that a header can tell, and random damage. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FoveaError, linear, readSafetensors } from '../src/node.js';
import { thrown } from './thrown.js';

/** `safetensors.numpy.save`, version 0.8.0, of the tensors below. */
const written = Buffer.from(
  'CAIAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJucCJ9LCJwb3NpdGlvbl9pZHMiOnsiZHR5cGUiOiJJNjQiLCJzaGFwZSI6WzEsM10sImRhdGFfb2Zmc2V0cyI6' +
    'WzAsMjRdfSwiZW1wdHkiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzAsM10sImRhdGFfb2Zmc2V0cyI6WzI0LDI0XX0sInNjYWxhciI6eyJkdHlwZSI6IkYzMiIsInNoYXBl' +
    'IjpbXSwiZGF0YV9vZmZzZXRzIjpbMjQsMjhdfSwid2VpZ2h0Ijp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsyLDJdLCJkYXRhX29mZnNldHMiOlsyOCw0NF19LCJpZHMiOnsi' +
    'ZHR5cGUiOiJJMzIiLCJzaGFwZSI6WzJdLCJkYXRhX29mZnNldHMiOls0NCw1Ml19LCJoYWxmIjp7ImR0eXBlIjoiRjE2Iiwic2hhcGUiOlszXSwiZGF0YV9vZmZzZXRzIjpb' +
    'NTIsNThdfSwiYnl0ZXMiOnsiZHR5cGUiOiJVOCIsInNoYXBlIjpbMl0sImRhdGFfb2Zmc2V0cyI6WzU4LDYwXX0sIm1hc2siOnsiZHR5cGUiOiJCT09MIiwic2hhcGUiOlsz' +
    'XSwiZGF0YV9vZmZzZXRzIjpbNjAsNjNdfX0gICAgICAgAAAAAAAAAAABAAAAAAAAAAIAAAAAAAAAAAAgQAAAwD8AAADAAABAQAAAiED5////////fwA8ALj/ewD/AQAB',
  'base64',
);

/** A file with such a header and so many bytes of data, 1, 2, 3, … */
function file(header: unknown, dataBytes = 0, stated?: number): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(stated ?? text.length), true);
  bytes.set(text, 8);
  for (let i = 0; i < dataBytes; i++) bytes[8 + text.length + i] = i + 1;
  return bytes;
}

const f32 = (begin: number, end: number, shape: unknown = [(end - begin) / 4]) => ({ dtype: 'F32', shape, data_offsets: [begin, end] });

describe('a file of the original', () => {
  const tensors = readSafetensors(written);

  it('has its tensors, by their names, in the order of their bytes', () => {
    expect(Object.keys(tensors)).toEqual(['empty', 'scalar', 'weight', 'ids', 'half', 'bytes', 'mask']);
    expect({ ...tensors }).toEqual({
      empty: { data: new Float32Array(0), dtype: 'float32', shape: [0, 3] },
      scalar: { data: Float32Array.of(2.5), dtype: 'float32', shape: [] },
      weight: { data: Float32Array.of(1.5, -2, 3, 4.25), dtype: 'float32', shape: [2, 2] },
      ids: { data: Int32Array.of(-7, 2 ** 31 - 1), shape: [2] },
      half: { data: Uint16Array.of(0x3c00, 0xb800, 0x7bff), dtype: 'float16', shape: [3] },
      bytes: { data: Uint8Array.of(0, 255), shape: [2] },
      mask: { data: Uint8Array.of(1, 0, 1), shape: [3] },
    });
  });

  it('names a dtype that it has no array for when it is asked for, and not before', () => {
    expect('position_ids' in tensors).toBe(true);
    expect(thrown(() => tensors.position_ids)).toMatchObject({
      code: 'ERR_DTYPE',
      message: "readSafetensors: tensor 'position_ids' has dtype I64, expected one of F32, F16, BF16, I32, U8, BOOL",
    });
  });

  it('gives what an op takes', () => {
    const { weight } = tensors;
    if (weight?.dtype !== 'float32') throw new Error('the weight is float32');
    expect(linear({ data: Float32Array.of(1, 2), shape: [2] }, weight).data).toEqual(Float32Array.of(7.5, 6.5));
  });
});

describe('memory', () => {
  const header = {
    a: f32(0, 8),
    b: { dtype: 'BF16', shape: [2], data_offsets: [8, 12] },
    c: { dtype: 'U8', shape: [1], data_offsets: [12, 13] },
  };
  const padded = (to: number) => {
    const text = JSON.stringify(header);
    return text + ' '.repeat((8 + to - (text.length % 8)) % 8);
  };

  it('aligned tensors are views, in Uint8Arrays, Buffers, ArrayBuffers and shared memory', () => {
    const bytes = file(padded(0), 13);
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length + 16), 16);
    shared.set(bytes);
    for (const [source, memory] of [
      [bytes, bytes.buffer],
      [bytes.buffer, bytes.buffer],
      [Buffer.from(bytes.buffer), bytes.buffer],
      [shared, shared.buffer],
    ] as const) {
      const { a, b, c } = readSafetensors(source);
      expect([a, b, c].map((tensor) => tensor?.data.buffer)).toEqual([memory, memory, memory]);
      expect(b).toEqual({ data: Uint16Array.of(0x0a09, 0x0c0b), dtype: 'bfloat16', shape: [2] });
    }
  });

  it.each([1, 2, 3, 4, 5, 6, 7])('what is %i bytes past alignment is copied where it has to be, the rest is not', (past) => {
    const bytes = file(padded(past), 13);
    const { a, b, c } = readSafetensors(bytes);
    expect(a?.data.buffer === bytes.buffer).toBe(past === 4);
    expect(b?.data.buffer === bytes.buffer).toBe(past % 2 === 0);
    expect(c?.data.buffer).toBe(bytes.buffer);
    expect(
      [a, b, c].map((tensor) => [
        ...new Uint8Array(tensor?.data.buffer ?? new ArrayBuffer(0), tensor?.data.byteOffset, tensor?.data.byteLength),
      ]),
    ).toEqual([[1, 2, 3, 4, 5, 6, 7, 8], [9, 10, 11, 12], [13]]);
    const shifted = new Uint8Array(bytes.length + past);
    shifted.set(bytes, past);
    expect({ ...readSafetensors(shifted.subarray(past)) }).toEqual({ ...readSafetensors(bytes) });
  });
});

describe('names', () => {
  it('mean nothing but themselves', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'a.b', 'ü', '"\\'];
    const header = `{${names.map((name, i) => `${JSON.stringify(name)}:${JSON.stringify(f32(4 * i, 4 * i + 4))}`).join(',')}}`;
    const tensors = readSafetensors(file(header, 4 * names.length));
    expect(Object.keys(tensors)).toEqual(names);
    expect(Object.getPrototypeOf(tensors)).toBeNull();
    expect(({} as Record<string, unknown>).dtype).toBeUndefined();
    expect(readSafetensors(file('{}')).toString).toBeUndefined();
  });
});

describe('what is refused', () => {
  const twice = (inner: string) => `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]${inner}}`;
  it.each<[string, Uint8Array, string]>([
    ['no bytes', new Uint8Array(0), 'the file has 0 bytes, expected at least 8'],
    ['less than a length', new Uint8Array(7), 'the file has 7 bytes'],
    ['a header past the end', file('{}', 0, 3), 'the header has 3 bytes, expected at most 2 (the file has 10)'],
    ['a header of 2^53 − 1 bytes', file('{}', 0, -1 + 2 ** 53), 'expected at most 2'],
    ['a header of nothing', file('', 4), "the header begins with something else, expected '{'"],
    ['a header that begins with a space', file(' {}'), 'begins with something else'],
    ['a list', file('[]'), 'begins with something else'],
    ['half of a header', file('{"a":'), 'the header is no JSON'],
    ['something behind it', file('{} {}'), 'the header is no JSON'],
    ['text that is no UTF-8', file('{"x"}').map((byte, i) => (i === 10 ? 0xff : byte)), 'the header is no UTF-8'],
    ['a tensor that is a number', file({ a: 5 }), "tensor 'a' is 5, expected { dtype, shape, data_offsets }"],
    ['a tensor that is a list', file({ a: [] }), "tensor 'a' is an Array"],
    ['a tensor that is null', file({ a: null }), "tensor 'a' is null"],
    ['no dtype', file({ a: { shape: [1], data_offsets: [0, 4] } }, 4), "tensor 'a' has dtype undefined, expected one of F64"],
    ['an unknown dtype', file({ a: { ...f32(0, 4), dtype: 'F33' } }, 4), "tensor 'a' has dtype 'F33'"],
    ['a dtype of every object', file({ a: { ...f32(0, 4), dtype: 'toString' } }, 4), "tensor 'a' has dtype 'toString'"],
    ['no shape', file({ a: { dtype: 'F32', data_offsets: [0, 4] } }, 4), "tensor 'a' has shape undefined"],
    ['a shape that is no list', file({ a: f32(0, 4, 1) }, 4), "tensor 'a' has shape 1"],
    ['a negative size', file({ a: f32(0, 4, [-1, -1]) }, 4), "tensor 'a' has shape [-1, -1]"],
    ['a size of −0', file('{"a":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}}'), "tensor 'a' has shape [0]"],
    ['a size that is no whole number', file({ a: f32(0, 4, [0.5, 2]) }, 4), "tensor 'a' has shape [0.5, 2]"],
    ['sizes whose product overflows', file({ a: f32(0, 4, [2 ** 32, 2 ** 32]) }, 4), "tensor 'a' has data_offsets [0, 4]"],
    ['no offsets', file({ a: { dtype: 'F32', shape: [1] } }, 4), "tensor 'a' has data_offsets undefined"],
    ['three offsets', file({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 8] } }, 4), "tensor 'a' has data_offsets [0, 4, 8]"],
    [
      'offsets in the wrong order',
      file({ a: { ...f32(0, 4), data_offsets: [4, 0] } }, 4),
      'has data_offsets [4, 0], expected 4 bytes (it is F32 [1])',
    ],
    ['more bytes than its shape has', file({ a: f32(0, 8, [1]) }, 8), 'has data_offsets [0, 8], expected 4 bytes'],
    ['fewer bytes than its shape has', file({ a: f32(0, 4, [2]) }, 4), 'has data_offsets [0, 4], expected 8 bytes'],
    ['three numbers of 4 bits', file({ a: { dtype: 'F4', shape: [3], data_offsets: [0, 1] } }, 1), 'expected 1.5 bytes'],
    ['tensors that overlap', file({ a: f32(0, 8), b: f32(4, 12) }, 12), "tensor 'b' begins at 4, expected 8, where 'a' ends"],
    ['tensors on the same bytes', file({ a: f32(0, 8), b: f32(0, 8) }, 8), "tensor 'b' begins at 0, expected 8, where 'a' ends"],
    ['a hole', file({ a: f32(0, 4), b: f32(8, 12) }, 12), "tensor 'b' begins at 8, expected 4, where 'a' ends"],
    ['a hole at the beginning', file({ a: f32(4, 8) }, 8), "tensor 'a' begins at 4, expected 0, where the data does"],
    ['bytes behind the last tensor', file({ a: f32(0, 4) }, 5), 'the file has 5 bytes of data, expected 4, those of its tensors'],
    ['data that is cut off', file({ a: f32(0, 8) }, 7), 'the file has 7 bytes of data, expected 8'],
    [
      'a tensor twice',
      file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
      "the name 'a' twice",
    ],
    [
      'a tensor twice, once in other letters',
      file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061" : {"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
      "the name 'a' twice",
    ],
    ['a dtype twice', file(`${twice(',"dtype":"I32"')}}`, 4), "the name 'dtype' twice"],
    ['metadata twice', file('{"__metadata__":{},"__metadata__":{}}'), "the name '__metadata__' twice"],
    ['metadata that is a list', file({ __metadata__: [] }), '__metadata__ is an Array, expected an object of strings'],
    ['metadata with a number', file({ __metadata__: { epoch: 3 } }), "__metadata__ has 3 as 'epoch', expected a string"],
  ])('%s', (_, bytes, words) => {
    const error = thrown(() => readSafetensors(bytes));
    expect(error).toBeInstanceOf(FoveaError);
    expect(error).toMatchObject({ code: 'ERR_FORMAT', message: expect.stringMatching(/^readSafetensors: /) });
    expect(String(error)).toContain(words);
  });

  it.each([
    ['a path', 'model.safetensors'],
    ['numbers', new Float32Array(8)],
    ['nothing', undefined],
  ])('%s', (_, bytes) => {
    expect(thrown(() => readSafetensors(bytes as never))).toMatchObject({
      code: 'ERR_DTYPE',
      message: expect.stringContaining('bytes has'),
    });
  });

  it('a header that nests for ever', () => {
    expect(thrown(() => readSafetensors(file(`{"a":${'['.repeat(200_000)}`)))).toMatchObject({ code: 'ERR_FORMAT' });
  });
});

describe('random files', () => {
  const dtypes = { F32: 4, F16: 2, BF16: 2, I32: 4, U8: 1, BOOL: 1 } as const;
  const tensor = fc.record({ dtype: fc.constantFrom(...Object.keys(dtypes)), shape: fc.array(fc.nat(4), { maxLength: 3 }) });
  const anyFile = fc
    .tuple(
      fc.dictionary(
        fc.string().filter((name) => name !== '__metadata__'),
        tensor,
        { maxKeys: 6, noNullPrototype: true },
      ),
      fc.nat(7),
    )
    .map(([tensors, spaces]) => {
      let end = 0;
      const places = Object.entries(tensors).map(([name, { dtype, shape }]) => {
        const begin = end;
        end += shape.reduce((size, n) => size * n, 1) * dtypes[dtype as keyof typeof dtypes];
        return [name, { dtype, shape, data_offsets: [begin, end] }] as const;
      });
      const text = `{${places.map(([name, place]) => `${JSON.stringify(name)}:${JSON.stringify(place)}`).join(',')}}${' '.repeat(spaces)}`;
      return { places, bytes: file(text, end), dataAt: 8 + Buffer.byteLength(text) };
    });

  it('come back as they were written', () => {
    fc.assert(
      fc.property(anyFile, ({ places, bytes, dataAt }) => {
        const tensors = readSafetensors(bytes);
        expect(Object.keys(tensors).length).toBe(places.length);
        for (const [name, { shape, data_offsets: offsets }] of places) {
          const { data, shape: found } = tensors[name] ?? { data: new Uint8Array(0), shape: [] };
          expect(found).toEqual(shape);
          const [begin, end] = offsets.map((offset) => dataAt + offset);
          expect(Buffer.from(data.buffer, data.byteOffset, data.byteLength).equals(bytes.subarray(begin, end))).toBe(true);
        }
      }),
    );
  });

  it('that are damaged are refused with a reason, or are whole', () => {
    const damage = fc.oneof(
      fc.record({ at: fc.nat(), byte: fc.nat(255) }).map(({ at, byte }) => (bytes: Uint8Array) => {
        bytes[at % bytes.length] = byte;
        return bytes;
      }),
      fc.nat().map((length) => (bytes: Uint8Array) => bytes.subarray(0, length % (bytes.length + 1))),
      fc
        .record({ at: fc.nat(), what: fc.constantFrom('"', '{', '}', '[', ',', ':', '-', '9', '\\', '1e9') })
        .map(({ at, what }) => (bytes: Uint8Array) => {
          bytes.set(Buffer.from(what).subarray(0, bytes.length), at % Math.max(1, bytes.length - what.length));
          return bytes;
        }),
      fc.uint8Array({ maxLength: 40 }).map((more) => (bytes: Uint8Array) => Uint8Array.from([...bytes, ...more])),
    );
    fc.assert(
      fc.property(anyFile, fc.array(damage, { minLength: 1, maxLength: 4 }), ({ bytes }, damages) => {
        const damaged = damages.reduce<Uint8Array>((now, change) => (now.length === 0 ? now : change(now)), bytes.slice());
        try {
          let covered = 0;
          for (const { data, shape } of Object.values(readSafetensors(damaged))) {
            expect(data.length).toBe(shape.reduce((size, n) => size * n, 1));
            covered += data.byteLength;
          }
          expect(covered).toBeLessThanOrEqual(damaged.length);
        } catch (error) {
          if (!(error instanceof FoveaError)) throw error;
          expect(error.code).toBe('ERR_FORMAT');
        }
      }),
      { numRuns: 2000 },
    );
  });
});
