/** The gradients of softmax and of the norms: the textbook's, which every backend is held against, against finite differences of the textbook's own forward pass. */
import { describe, expect, it } from 'vitest';
import { random } from './random.js';
import { dense, float32 } from './tensors.js';
import { textbookNorm } from './textbook/norm.js';
import { textbookSoftmax } from './textbook/softmax.js';
import { textbookNormBackward, textbookSoftmaxBackward } from './textbook/softmax-norm-backward.js';

const step = 2 ** -10;

/**
 * (f(x + h) − f(x − h)) / 2h for each number of a tensor, h as float32 holds it: off by h²/6 times the third derivative, which for
 * numbers like these is below ten.
 */
function differences(data: Float32Array, loss: () => number): number[] {
  return Array.from(data, (was, at) => {
    const side = (h: number): [number, number] => {
      data[at] = was + h;
      return [data[at] ?? 0, loss()];
    };
    const [[high, above], [low, below]] = [side(step), side(-step)];
    data[at] = was;
    return (above - below) / (high - low);
  });
}

function expectAlike(found: Float64Array | undefined, expected: readonly number[]): void {
  expect(found?.length).toBe(expected.length);
  expected.forEach((value, at) => {
    expect(Math.abs((found?.[at] ?? Number.NaN) - value)).toBeLessThan(10 * step ** 2);
  });
}

const weighed = (output: Float64Array, seed: Float64Array) => output.reduce((sum, value, at) => sum + value * (seed[at] ?? 0), 0);

describe('finite differences', () => {
  it.each([-1, 0, 1])('of softmax along axis %i', (axis) => {
    const { normal } = random(`softmax, differences ${axis}`);
    const [x, dOutput] = [float32([3, 4, 5], normal), float32([3, 4, 5], normal)];
    const options = { axis, scale: 0.75 };
    const output = () => textbookSoftmax({ op: 'softmax', x, options }).output;
    // y in float32 is off by 2^-25 of its own, far below what the differences are.
    const y = { data: Float32Array.from(output()), shape: x.shape };
    const { answers } = textbookSoftmaxBackward({ op: 'softmaxBackward', y, dOutput, options });
    expectAlike(
      answers.dX,
      differences(x.data, () => weighed(output(), dense(dOutput).data)),
    );
  });

  it.each(['layerNorm', 'rmsNorm'] as const)('of %s', (op) => {
    const { normal } = random(`differences of ${op}`);
    const [x, dOutput, gamma, beta] = [[4, 6], [4, 6], [6], [6]].map((shape) => float32(shape, normal));
    if (!x || !dOutput || !gamma || !beta) throw new Error('no tensors');
    const options = { gamma, epsilon: 0.25 };
    const loss = () => {
      const call = op === 'layerNorm' ? ({ op, x, options: { ...options, beta } } as const) : ({ op, x, options } as const);
      return weighed(textbookNorm(call).output, dense(dOutput).data);
    };
    const { answers } = textbookNormBackward({ op: `${op}Backward`, x, dOutput, options });
    expectAlike(answers.dX, differences(x.data, loss));
    expectAlike(answers.dGamma, differences(gamma.data, loss));
    if (op === 'layerNorm') expectAlike(answers.dBeta, differences(beta.data, loss));
    else expect(answers.dBeta).toBeUndefined();
  });
});
