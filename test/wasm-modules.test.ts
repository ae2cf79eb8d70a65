/** The wasm files as they are and with a shared memory: one bit apart, whatever else is in them. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checked } from '../src/backend/self-check.js';
import { compile, compiledBefore, shared } from '../src/backend/wasm/modules.js';
import { instantiate } from '../src/backend/wasm/wasm.js';

const bytes = new Uint8Array(readFileSync(new URL('../dist/fovea-simd.wasm', import.meta.url)));
const memory = (isShared: boolean) => new WebAssembly.Memory({ initial: 512, maximum: 65536, shared: isShared });
const link = (of: Uint8Array<ArrayBuffer>, isShared: boolean) =>
  new WebAssembly.Instance(new WebAssembly.Module(of), { env: { memory: memory(isShared) } });

describe('the file', () => {
  test('imports a memory of its own; a copy one that is shared', () => {
    expect(link(bytes, false).exports).toHaveProperty('attention');
    expect(link(shared(bytes), true).exports).toHaveProperty('attention');
    expect(() => link(bytes, true)).toThrow(WebAssembly.LinkError);
    expect(() => link(shared(bytes), false)).toThrow(WebAssembly.LinkError);
  });

  test('differs from the copy in one bit', () => {
    const copy = shared(bytes);
    const different = [...bytes.keys()].filter((i) => copy[i] !== bytes[i]);
    expect(different.map((i) => [bytes[i], copy[i]])).toEqual([[1, 3]]);
  });

  test('is shared already: stays so', () => expect(Buffer.from(shared(shared(bytes))).equals(shared(bytes))).toBe(true));
});

describe('other bytes', () => {
  const header = [0, 97, 115, 109, 1, 0, 0, 0];
  const imports = (...entries: number[][]) => {
    const body = [entries.length, ...entries.flat()];
    return Uint8Array.of(...header, 2, body.length, ...body);
  };
  const name = [1, 97, 1, 98]; // "a" "b"

  test('a memory behind imports of every other kind', () => {
    const func = [...name, 0, 0];
    const table = [...name, 1, 112, 0, 1];
    const full = [...name, 1, 112, 1, 1, 200, 1];
    const global = [...name, 3, 127, 0];
    const source = imports(func, table, full, global, [...name, 2, 1, 1, 2]);
    const copy = shared(source);
    expect([...copy.keys()].filter((i) => copy[i] !== source[i])).toEqual([source.length - 3]);
    expect(copy.at(-3)).toBe(3);
  });

  test.each([
    ['no import', Uint8Array.of(...header)],
    ['no memory', imports([...name, 0, 0])],
    ['a memory without a maximum', imports([...name, 2, 0, 1])],
    ['a kind that nobody knows', imports([...name, 9, 1, 1])],
    ['a page', new TextEncoder().encode('<!doctype html><title>404</title>')],
    ['nothing', new Uint8Array(0)],
    ['more imports than bytes', Uint8Array.of(...header, 2, 6, 255, 255, 255, 255, 15, 1)],
  ])('%s: a plain copy', (_, source) => {
    expect(shared(source)).toEqual(source);
    expect(shared(source)).not.toBe(source);
  });

  test('every beginning of the file is taken for what it is', () => {
    for (let length = 0; length < 400; length += 1) expect(shared(bytes.subarray(0, length)).length).toBe(length);
  });
});

describe('a module and its memory', () => {
  test('the data that each worker writes anew is never written by a call', () => {
    const stackBytes = 65536;
    const compiled = compile(bytes);
    const stack: unknown = link(bytes, false).exports.__stack_pointer;
    const end = stack instanceof WebAssembly.Global ? Number(stack.value) - stackBytes : 0;
    const data = () => Buffer.from(new Uint8Array(compiled.memory.buffer, 0, end).slice());
    const { run, memory: kept, panelColumns } = instantiate(compiled);
    const before = data();
    expect(before.some((byte) => byte !== 0)).toBe(true);
    checked({
      name: 'wasm',
      target: 'simd',
      threads: 1,
      asyncRuns: '',
      memory: kept,
      panelColumns,
      run,
      runAsync: () => expect.unreachable(),
    });
    expect(data().equals(before)).toBe(true);
  });

  test('shared where it can be', () => {
    const { memory: made, alone } = compile(bytes);
    expect(made.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(alone).toBeUndefined();
  });

  test('compiled before: not', () => {
    const compiled = compiledBefore(new WebAssembly.Module(bytes));
    expect(compiled.memory.buffer).toBeInstanceOf(ArrayBuffer);
    expect(instantiate(compiled, () => expect.unreachable()).workers.threads).toBe(1);
  });
});
