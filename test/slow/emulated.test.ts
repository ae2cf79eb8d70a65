/**
 * The case table on a CPU that is not here: NEON's kernels, cross-compiled with all of native/ but the addon, behind qemu. One process a call,
 * so this takes minutes; test/native/run.mjs --full, which runs before it, installs the compiler and the emulator where it may. Without them it is
 * listed as not run.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { onPath } from '../../scripts/run/command.mjs';
import type { Backend } from '../../src/backend/backend.js';
import { heapMemory } from '../../src/backend/kept.js';
import * as select from '../../src/backend/select.js';
import '../../src/node.js';
import { callOf } from '../../src/plan/layout.js';
import type { Plan } from '../../src/plan/plan.js';
import { run } from '../calls.js';
import { cacheCases } from '../cases/cache.js';
import { cases } from '../cases.js';
import { expectWithin } from '../check.js';
import { expectedOf } from '../expected.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = `${root}.cache/test-native/replay-neon`;
const lacking = ['aarch64-linux-gnu-g++', 'qemu-aarch64'].filter((tool) => onPath(tool) === undefined);
const ops: Plan['op'][] = [
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
]; // native/call.h: Op

/** @throws what the compiler says */
function compile(): void {
  mkdirSync(`${root}.cache/test-native`, { recursive: true });
  const flags = ['-std=c++20', '-O2', '-fno-math-errno', '-ffp-contract=off', '-Wno-psabi', '-static'];
  const sources = ['args', 'call', 'cpu', 'dispatch', 'schedule', 'targets/neon'].map((name) => `native/${name}.cc`);
  execFileSync('aarch64-linux-gnu-g++', [...flags, 'test/native/replay.cc', ...sources, '-o', program], { cwd: root });
}

const int64s = (numbers: readonly number[]): Buffer => Buffer.from(BigInt64Array.from(numbers, BigInt).buffer);
const bytesOf = (data: ArrayBufferView): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

function emulated(plan: Plan): void {
  const { words, wordCount, tensors, tensorCount } = callOf(plan);
  const lent = tensors.slice(0, tensorCount);
  const buffers = lent.map(({ data }) => data);
  const input = Buffer.concat([
    int64s([ops.indexOf(plan.op), wordCount, buffers.length]),
    bytesOf(words.subarray(0, wordCount)),
    int64s(buffers.map((buffer) => buffer?.byteLength ?? -1)),
    ...buffers.map((buffer) => (buffer ? bytesOf(buffer) : Buffer.of())),
  ]);
  const { status, stdout, stderr } = spawnSync('qemu-aarch64', [program, 'neon'], { input, maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`qemu-aarch64 ended with ${status}: ${stderr}`);
  if (stdout.readBigInt64LE(0) !== 0n) throw new Error(`the kernels refused the call: status ${stdout.readBigInt64LE(0)}`);
  let at = 8;
  for (const [i, buffer] of buffers.entries()) {
    if (!buffer) continue;
    if (lent[i]?.written) bytesOf(buffer).set(stdout.subarray(at, at + buffer.byteLength));
    at += buffer.byteLength;
  }
}

const neon: Backend = {
  name: 'native',
  target: 'neon',
  threads: 1,
  asyncRuns: 'nowhere',
  run: emulated,
  memory: heapMemory(),
  panelColumns: 12,
  runAsync: () => Promise.reject(new Error('not emulated')),
};

if (lacking.length > 0)
  it('is listed as not run', ({ task }) => {
    // `npm run test:full` prints it at its very end (scripts/run/vitest.mjs).
    Object.assign(task.meta, { notRun: [`the case table on native neon, emulated: ${lacking.join(' and ')} not on PATH`] });
  });
else
  describe('native neon, emulated', () => {
    beforeAll(() => {
      compile();
      const candidates = { native: () => [{ name: 'native', target: 'neon', load: () => neon } as const] };
      select.start({ candidates, open: () => Promise.resolve(candidates) });
    });

    it('is what runs, and passes its self-check', () => {
      expect(select.backend()).toMatchObject({ name: 'native', target: 'neon' });
    });

    // Each append and each call on a cache is a process, too: of its rows every sixteenth, from all over the table.
    const leftOut = new Set(cacheCases.filter((_, i) => i % 16 !== 0));

    it('lists the rows of KVCache that are left out', ({ task }) => {
      Object.assign(task.meta, {
        notRun: [`${leftOut.size} rows of KVCache on native neon, emulated: a process for each append and call`],
      });
    });

    for (const { name, call } of cases.filter((row) => !leftOut.has(row)))
      it(name, () => {
        const built = call();
        const { answers, bounds } = expectedOf(name, built, { name: 'native', target: 'neon' });
        expectWithin(built, run(built), answers, bounds);
      });
  });
