/** Two copies of tfjs-core in one program, as nested node_modules make them: they share one engine, and with it the backend. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import '@tensorflow/tfjs-layers'; // registers the gradients
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { attention } from '../../src/tfjs/node.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, '.cache/second-copy');
let other: typeof tf;

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  const require = createRequire(import.meta.url);
  copyFileSync(require.resolve('@tensorflow/tfjs-core'), join(folder, 'tf-core.cjs'));
  other = require(join(folder, 'tf-core.cjs'));
});

describe('a second copy of tfjs-core', () => {
  it('is another one, and runs on the same backend', () => {
    expect(other.Tensor).not.toBe(tf.Tensor);
    expect(other.engine()).toBe(tf.engine());
    const x = other.tensor2d([1, 2, 3, 4], [2, 2]);
    expect([...other.matMul(x, x).dataSync()]).toEqual([7, 10, 15, 22]);
    expect(other.getBackend()).toBe('fovea');
  });

  it('has tensors that attention takes, with gradients', () => {
    const numbers = Float32Array.of(1, 2, 3, 4);
    const slopeOf = (own: typeof tf) =>
      own
        .grad((x) => own.sum(attention(x, x, x)) as tf.Scalar)(own.tensor2d(numbers, [2, 2]) as tf.Tensor)
        .dataSync();
    expect(slopeOf(other)).toEqual(slopeOf(tf));
  });
});
