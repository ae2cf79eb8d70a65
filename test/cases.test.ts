/** Runs the table on every backend and every target that this machine has, and says by name which it has not. */
import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { asAddon } from '../src/backend/native/addon.js';
import type { FloatData, Tensor } from '../src/types.js';
import { type Call, inputsOf, type Results, run } from './calls.js';
import { keySizes, querySizes, widths } from './cases/attention.js';
import { columnSizes, rowSizes } from './cases/matmul.js';
import { cases } from './cases.js';
import { expectWithin } from './check.js';
import { expectedOf } from './expected.js';
import { label, notRun, targets, use } from './targets.js';
import { bytesOf, dense, eachElement } from './tensors.js';

const inputBytes = (call: Call): Buffer => Buffer.concat(inputsOf(call).map((data) => bytesOf({ data, shape: [] })));

/** Bytes of `out`, or of all that it holds, those of their elements as 0. */
function gapsOf({ options }: Call): Buffer {
  const { out = {} } = options;
  const all = 'data' in out ? [out] : Object.values<Tensor<FloatData> | undefined>(out);
  return Buffer.concat(all.map((one) => (one ? gapsIn(one) : Buffer.of())));
}

function gapsIn(out: Tensor<FloatData>): Buffer {
  const bytes = Buffer.from(bytesOf(out));
  const width = out.data.BYTES_PER_ELEMENT;
  eachElement(out, (place) => bytes.fill(0, place * width, (place + 1) * width));
  return bytes;
}

/** A second run gives the same bits. */
function expectSameBits(first: Results, second: Results): void {
  for (const [name, tensor] of Object.entries(first)) {
    const [a, b] = [tensor, second[name] ?? tensor].map((result) => Buffer.from(dense(result).data.buffer));
    expect(b && a?.equals(b), `${name} is bitwise the same in a second run`).toBe(true);
  }
}

for (const target of targets) {
  describe(label(target), () => {
    beforeAll(() => use(target));
    for (const { name, call } of cases)
      it(name, () => {
        const built = call();
        const { answers, bounds } = expectedOf(name, built, target);
        const [inputs, gaps] = [inputBytes(built), gapsOf(built)];
        const results = run(built);
        expectWithin(built, results, answers, bounds);
        expect(inputs.equals(inputBytes(built)), 'inputs are not written to').toBe(true);
        expect(gaps.equals(gapsOf(built)), 'nothing is written between the elements of out').toBe(true);
        expectSameBits(results, run(call()));
      });
  });
}

describe('the table', () => {
  it('has the oracle for every row, and no name twice', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });

  it('straddles the tiles of every target that runs natively here', () => {
    const native = targets.filter(({ name }) => name === 'native');
    if (native.length === 0) return;
    const addon = asAddon(createRequire(import.meta.url)('../build/Release/fovea.node'));
    const straddled = (sizes: readonly number[], border: number) =>
      [border - 1, border, border + 1].every((size) => size === 0 || sizes.includes(size));
    for (const { target } of native) {
      const { lanes, rows, columns, queryTile, keyTile } = addon.target(target).tile;
      expect(
        [rowSizes, querySizes].map((sizes) => straddled(sizes, rows)),
        `${rows} rows of ${target}`,
      ).toEqual([true, true]);
      expect(
        [columnSizes, keySizes, widths].map((sizes) => straddled(sizes, columns)),
        `${columns} columns of ${target}`,
      ).toEqual([true, true, true]);
      expect(
        [columnSizes, keySizes, widths].map((sizes) => straddled(sizes, lanes)),
        `${lanes} lanes of ${target}`,
      ).toEqual([true, true, true]);
      expect(straddled(querySizes, queryTile), `query tile of ${queryTile} of ${target}`).toBe(true);
      expect(straddled(keySizes, keyTile), `key tile of ${keyTile} of ${target}`).toBe(true);
    }
  });

  it('names the targets that it did not run on', ({ task }) => {
    // `npm test` prints these at its very end (scripts/run/vitest.mjs).
    Object.assign(task.meta, { notRun: notRun.map(({ why, ...target }) => `${label(target)}: ${why}`) });
    expect(targets.length + notRun.length).toBe(8);
  });
});
