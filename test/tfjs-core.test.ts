/** TensorFlow.js' own tests of the kernels that fovea/tfjs takes over, on the best native target and the best wasm; all of its tests on all: test/slow/. */
import { beforeAll, describe, expect, it } from 'vitest';
import { label, targets } from './targets.js';
import { bundleTests } from './tfjs-core/bundle.js';
import { countTests } from './tfjs-core/counts.js';

/** What names of tests begin with. */
const ours = [
  ...[
    'matmul',
    'fused matmul',
    'dot',
    'einsum',
    'softmax',
    'logSoftmax',
    'relu',
    'sigmoid',
    'tanh',
    'exp',
    'log',
    'sqrt',
    'rsqrt',
    'square',
  ],
  ...['neg', 'abs', 'step', 'reciprocal', 'add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'squaredDifference', 'sum', 'mean', 'max'],
  ...[
    'conv2d',
    'fused conv2d',
    'depthwise',
    'fused depthwise',
    'avgPool',
    'maxPool',
    'equal',
    'notEqual',
    'greater',
    'less',
    'clipByValue',
  ],
  ...['transpose', 'slice', 'split', 'unstack', 'stack', 'concat', 'gather', 'unsortedSegmentSum', 'where', 'cast', 'gradients'],
  ...['scatterND', 'sparseToDense', 'stridedSlice', 'prod', 'tile', 'fill', 'zerosLike', 'onesLike', 'elu', 'leakyrelu', 'prelu', 'pow'],
  ...['logicalAnd', 'logicalOr', 'logicalNot', 'isNaN', 'sign', 'sin', 'cos', 'floor', 'ceil'],
];

const best = ['native', 'wasm'].flatMap((name) => targets.find((target) => target.name === name) ?? []);

describe('tests of TensorFlow.js', () => {
  let file = '';
  beforeAll(async () => {
    file = await bundleTests('tfjs-core');
  });

  it.each(best)('$name $target', async (target) => {
    const { passed, failed, runsOn, fellBack } = await countTests(file, target, `^(${ours.join('|')})`);
    expect(failed).toEqual([]);
    expect(passed).toBeGreaterThan(1000);
    expect(runsOn).toBe(label(target));
    expect(fellBack.map(({ kernel }) => kernel)).not.toContain('Transpose'); // takes every dtype that the tests of it have
  });
});
