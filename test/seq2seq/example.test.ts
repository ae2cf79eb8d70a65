/** The example of docs/design.md, run as it stands there. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { SequenceAttention } from '../../src/seq2seq/node.js';
import { normals, optionsOf } from './sequences.js';

const page = readFileSync(fileURLToPath(new URL('../../docs/design.md', import.meta.url)), 'utf8');
const example = /^## fovea\/seq2seq$.*?^```js$(.*?)^```$/ms.exec(page)?.[1] ?? '';

it('runs, and each step gives every sequence a weight of 1', () => {
  expect(example).toContain("import { SequenceAttention } from 'fovea/seq2seq'");
  const sizes = { batch: 2, length: 7, dState: 6, dMemory: 10, units: 5 };
  const given = {
    ...optionsOf('additive with coverage', sizes),
    SequenceAttention,
    encoded: normals('h', [2, 7, 10]),
    lengths: Int32Array.of(7, 3),
    start: normals('s', [2, 6]),
    words: ['<s>', 'le', 'chat'],
    decoder: (word: string, state: object, context: { shape: number[] }) => {
      expect([word, context.shape]).toEqual([expect.any(String), [2, 10]]);
      return state;
    },
  };
  const run = new Function(...Object.keys(given), `${example.replace(/^import .*$/m, '')}\nreturn coverage;`);
  const { data, shape } = run(...Object.values(given));
  expect(shape).toEqual([2, 7]);
  const sums = [data.subarray(0, 7), data.subarray(7)].map((row: Float32Array) => row.reduce((sum, weight) => sum + weight, 0));
  for (const sum of sums) expect(sum).toBeCloseTo(3, 5);
  expect([...data.subarray(10)]).toEqual([0, 0, 0, 0]);
});
