/** The addon's own face, below the library: whatever it is handed it throws a TypeError or returns a status, and its jobs always settle. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { asAddon, type CallBuffer, type NativeTarget } from '../src/backend/native/addon.js';
import { nativeBackend } from '../src/backend/native/native.js';
import { callOf } from '../src/plan/layout.js';
import type { SoftmaxPlan } from '../src/plan/plan.js';
import { runScript } from './child.js';
import { random } from './random.js';

const path = fileURLToPath(new URL('../build/Release/fovea.node', import.meta.url));
const addon = asAddon(createRequire(import.meta.url)(path));
const supported = addon.targets().filter((target) => target.supported);

const status = { ok: 0, badWords: 1, bufferMissing: 2, bufferShort: 3, misaligned: 4, aborted: 6 };

/** softmax over rows of ones: words, x, out. */
function softmaxCall(rows: number, length: number): { words: Float64Array; x: Float32Array<ArrayBuffer>; out: Float32Array<ArrayBuffer> } {
  const x = new Float32Array(rows * length).fill(1);
  const out = new Float32Array(rows * length);
  const view = (data: Float32Array) => ({ data, offset: 0, strides: [length, 1] });
  const plan: SoftmaxPlan = {
    op: 'softmax',
    outer: [rows],
    length,
    dtype: 'float32',
    outDtype: 'float32',
    scale: 1,
    x: view(x),
    out: view(out),
    mask: undefined,
  };
  return { words: callOf(plan).words, x, out };
}

/** Calls a function with what its type forbids, as JavaScript may. */
function callWith(fn: (...args: never[]) => unknown, args: readonly unknown[]): unknown {
  return Reflect.apply(fn, undefined, args);
}

it.each(supported)('what $name keeps begins with a line of the cache, and is as long as was asked for', ({ name }) => {
  const { memory } = nativeBackend(addon.target(name), addon);
  for (const bytes of [0, 1, 64, 1000, 5 << 20]) {
    const view = memory.allocate(bytes).view();
    expect(view.length).toBe(bytes);
    expect(view.byteOffset).toBeLessThan(64);
    if (bytes > 0) expect(addon.toCacheLine(view)).toBe(0);
  }
});

describe('what is no argument', () => {
  it('hugePages wants a view, of any size, and leaves what is in it', () => {
    const large = new Uint8Array(9 << 20).fill(7);
    for (const view of [large, large.subarray(1), large.subarray(0, 100), new Float64Array(0), new DataView(new ArrayBuffer(8))])
      addon.hugePages(view);
    expect(large.every((byte) => byte === 7)).toBe(true);
    for (const other of [undefined, null, 1, 'view', {}, []]) expect(() => callWith(addon.hugePages, [other])).toThrow(TypeError);
  });

  it('toCacheLine wants a view, and says how far it is to the next multiple of 64', () => {
    const bytes = new Uint8Array(256);
    const begin = addon.toCacheLine(bytes);
    for (let i = 0; i < 128; i++) expect(addon.toCacheLine(bytes.subarray(begin + i))).toBe((128 - i) % 64);
    for (const other of [undefined, null, 1, 'view', {}, []]) expect(() => callWith(addon.toCacheLine, [other])).toThrow(TypeError);
  });

  it('target() wants a name that it knows', () => {
    for (const args of [[], [1], [{}], [Symbol('avx2')], ['no such target'], ['']])
      expect(() => callWith(addon.target, args)).toThrow(TypeError);
  });

  it('a target that this CPU lacks says so', () => {
    for (const { name, supported, missing } of addon.targets()) {
      if (!supported) expect(() => addon.target(name)).toThrow(`what this CPU lacks: ${missing}`);
    }
  });

  const { words } = softmaxCall(1, 4);
  const strangers: readonly unknown[] = [1, 'words', null, {}, [], new ArrayBuffer(8), () => 0, 1n, Symbol('words')];
  describe.each(supported)('$name', ({ name }) => {
    const target = addon.target(name);
    it('words that are no Float64Array throw a TypeError', () => {
      for (const stranger of [undefined, new Float32Array(40), ...strangers]) {
        expect(() => callWith(target.softmax, [stranger])).toThrow('the words of a call are no Float64Array');
      }
    });
    it('words of another type are refused, whatever memory they lie in and whatever was taken before', () => {
      const call = softmaxCall(1, 4);
      expect(target.softmax(call.words, call.x, call.out)).toBe(status.ok);
      for (const stranger of [new Float32Array(call.words.buffer), new BigInt64Array(call.words.buffer), new DataView(call.words.buffer)])
        expect(() => callWith(target.softmax, [stranger, call.x, call.out])).toThrow('the words of a call are no Float64Array');
      expect(target.softmax(call.words, call.x, call.out)).toBe(status.ok);
    });
    it('buffers that are no memory throw a TypeError', () => {
      for (const stranger of strangers)
        expect(() => callWith(target.softmax, [words, stranger])).toThrow('a buffer of a call is no typed array');
    });
    it('start wants an op, a function and words', () => {
      const done = (): void => undefined;
      for (const args of [
        [],
        ['softmax'],
        ['tanh', done, words],
        [1, done, words],
        ['softmax', 1, words],
        ['softmax', done, 1],
        ['softmax', done, words, 1],
      ]) {
        expect(() => callWith(target.start, args)).toThrow(TypeError);
      }
    });
    it('cancel wants a number, and knows no job of any', () => {
      expect(() => callWith(target.cancel, ['1'])).toThrow(TypeError);
      for (const id of [0, -1, 1e9, Number.NaN, Number.POSITIVE_INFINITY]) expect(target.cancel(id)).toBeUndefined();
    });
  });
});

describe.each(supported)('memory on $name', ({ name }) => {
  const target = addon.target(name);
  const { words, x, out } = softmaxCall(1, 4);

  it('float32 may lie in a view of any kind, shared memory too', () => {
    const shared = new SharedArrayBuffer(32);
    const views = [new Uint8Array(16), new DataView(new ArrayBuffer(24), 4, 16), new BigInt64Array(2), new Float32Array(shared, 4, 4)];
    for (const view of views) {
      expect(target.softmax(words, x, view)).toBe(status.ok);
      expect([...new Float32Array(view.buffer, view.byteOffset, 4)]).toEqual([0.25, 0.25, 0.25, 0.25]);
    }
  });

  it.each<[string, number, CallBuffer, CallBuffer]>([
    ['no input', status.bufferMissing, undefined, out],
    ['no output', status.bufferMissing, x, undefined],
    ['a byte too few', status.bufferShort, new Uint8Array(x.buffer, 0, 15), out],
    ['an odd address', status.misaligned, new DataView(new ArrayBuffer(17), 1), out],
    ['an empty array', status.bufferShort, new Float32Array(0), out],
  ])('%s gives status %i', (_, expected, input, output) => {
    expect(target.softmax(words, input, output)).toBe(expected);
  });

  it('a detached buffer is too short', () => {
    const lost = softmaxCall(1, 4);
    structuredClone(lost.out.buffer, { transfer: [lost.out.buffer] });
    expect(target.softmax(lost.words, lost.x, lost.out)).toBe(status.bufferShort);
    structuredClone(lost.words.buffer, { transfer: [lost.words.buffer as ArrayBuffer] });
    expect(target.softmax(lost.words, lost.x, lost.out)).toBe(status.badWords);
  });

  it('random words and buffers always give a status', () => {
    const lie = random(`addon ${name}`);
    // None that is a size: a row of 2³² times the same element is no lie, and takes its time. test/native/args.cc has those.
    const values = [Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, 2 ** 53 + 2, 2 ** 63, 1e300];
    const memory = [
      undefined,
      new Float32Array(7),
      new Uint8Array(64),
      new DataView(new ArrayBuffer(9), 1),
      new Int32Array(0),
      new Float64Array(16),
    ];
    const pick = <T>(list: readonly T[]): T | undefined => list[lie.integer(0, list.length - 1)];
    for (let round = 0; round < 4000; round++) {
      const op =
        pick([
          'attention',
          'matmul',
          'softmax',
          'merge',
          'convert',
          'cacheAttention',
          'append',
          'norm',
          'pool',
          'multiply',
          'patches',
          'convolve',
          'activate',
          'rotary',
          'attentionBackward',
          'softmaxBackward',
          'normBackward',
          'activateBackward',
        ] as const) ?? 'merge';
      // Small true sizes at first, so that some calls get as far as their buffers.
      const said = Float64Array.from({ length: lie.integer(0, 60) }, () => (lie.uniform() < 0.8 ? lie.integer(0, 2) : (pick(values) ?? 0)));
      const lent = Array.from({ length: lie.integer(0, 16) }, () => pick(memory));
      const got = target[op](said, ...lent);
      expect(got).toBeGreaterThanOrEqual(0);
      expect(got).toBeLessThanOrEqual(5);
    }
  });
});

describe('jobs', () => {
  const target = addon.target(supported.at(0)?.name ?? '');
  const settled = (
    call: { words: Float64Array; x: Float32Array; out: Float32Array },
    started: (id: number, on: NativeTarget) => void = () => undefined,
  ) => new Promise<number>((resolve) => started(target.start('softmax', resolve, call.words, call.x, call.out), target));

  it('settle once each, however many there are, and have written by then', async () => {
    const calls = Array.from({ length: 200 }, (_, i) => softmaxCall(i + 1, 8));
    const statuses = await Promise.all(calls.map((call) => settled(call)));
    expect(new Set(statuses)).toEqual(new Set([status.ok]));
    for (const { out } of calls) expect(out.every((weight) => weight === 0.125)).toBe(true);
  });

  it('may have their words overwritten as soon as they are started', async () => {
    const call = softmaxCall(500, 8);
    expect(await settled(call, () => call.words.fill(Number.NaN))).toBe(status.ok);
  });

  it('are refused by status, too', async () => {
    const call = softmaxCall(2, 8);
    expect(await settled({ ...call, x: call.x.subarray(1) })).toBe(status.bufferShort);
    expect(await settled({ ...call, words: Float64Array.of(1) })).toBe(status.badWords);
  });

  it('end as aborted where they wait and where they run, and leave the others alone', async () => {
    const long = softmaxCall(40_000, 256); // All write the same numbers to the same place.
    const kept = settled(softmaxCall(3, 8));
    const ended = Array.from({ length: 6 }, () => settled(long, (id, on) => on.cancel(id)));
    expect(await kept).toBe(status.ok);
    // A job that had begun may be at its last task when it is told.
    for (const end of await Promise.all(ended)) expect([status.ok, status.aborted]).toContain(end);
    const waiting = Array.from({ length: 64 }, () => settled(long, (id, on) => on.cancel(id)));
    expect(await Promise.all(waiting)).toContain(status.aborted);
  });

  const load = `const { softmax, start, cancel } = require(${JSON.stringify(path)}).target(${JSON.stringify(target.name)});
    const memory = [0, 1].map(() => new Float32Array(64 * 30000).fill(1));
    const call = (rows, done) => {
      start('softmax', done, Float64Array.of(64, 0, 0, 1, 1, 1, 1, 1, 1, 1, rows, ...[0, 1].flatMap(() => [0, 0, 0, 0, 0, 0, 0, 64, 1]), ...Array(9).fill(0)), ...memory);
    };`;

  it('keep the process running until they settle, and not a moment longer', () => {
    const { status: code, stdout } = runScript(`${load} call(20000, (status) => console.log('settled', status));`);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'settled 0\n' });
  });

  it('do not hinder the end of the process', () => {
    const { status: code, stderr } = runScript(`${load} for (let i = 0; i < 8; i++) call(30000, () => undefined); process.exit(7);`);
    expect({ code, stderr }).toEqual({ code: 7, stderr: '' });
  });

  it('hand on what `done` throws as an uncaught exception', () => {
    const caught = `process.on('uncaughtException', (error) => console.log('caught', error.message));`;
    const { status: code, stdout } = runScript(
      `${load} ${caught} call(1, () => { throw new Error('by done'); }); call(1, (status) => console.log(status));`,
    );
    expect(code).toBe(0);
    expect(stdout.split('\n').sort()).toEqual(['', '0', 'caught by done']);
    expect(runScript(`${load} call(1, () => { throw new Error('by done'); });`).status).toBe(1);
  });

  it('outlive neither their worker nor the addon that only workers loaded', () => {
    const {
      status: code,
      stdout,
      stderr,
    } = runScript(`
      const { Worker } = require('node:worker_threads');
      const endings = ['', 'process.exit(0);', 'setTimeout(() => undefined, 60000);', 'for (;;);', 'throw new Error("ends it");'];
      const work = ${JSON.stringify(load)} + 'let left = 6; for (let i = 0; i < 6; i++) call(30000, () => { left--; }); require("node:worker_threads").parentPort.postMessage(0);';
      const one = (ending) => new Promise((resolve) => {
        const worker = new Worker(work + ending, { eval: true });
        worker.on('error', () => undefined).on('exit', resolve);
        if (ending.includes('60000') || ending.includes('for')) worker.on('message', () => worker.terminate());
      });
      (async () => {
        for (let round = 0; round < 4; round++) await Promise.all(endings.map(one));
        ${load}
        call(10, (status) => console.log('afterwards', status));
      })();`);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'afterwards 0\n', stderr: '' });
  });
});
