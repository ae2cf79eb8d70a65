/** All tests that TensorFlow.js publishes with its core, on the backend of fovea/tfjs, on every target. */
import { beforeAll, describe, expect, it } from 'vitest';
import { label, targets } from '../targets.js';
import { bundleTests, testFiles } from '../tfjs-core/bundle.js';
import { countTests } from '../tfjs-core/counts.js';

/** Those that TensorFlow.js has switched off, with its own reason; they run nowhere. */
const pending = Object.fromEntries(
  [
    'IS_BROWSER isBrowser: false',
    'IS_BROWSER isBrowser: true',
    'debug on fovea {} A x B',
    'gradient registry fovea {} warning when registering the same gradient twice',
    'kernel_registry fovea {} errors when registering the same kernel twice',
  ].map((name) => [name, 'Temporarily disabled with xit']),
);

describe('all tests of TensorFlow.js', () => {
  let file = '';
  beforeAll(async () => {
    file = await bundleTests('tfjs-core-slow');
  });

  it('are there', () => {
    expect(testFiles()).toHaveLength(265);
  });

  it.each(targets)('$name $target', async (target) => {
    const counts = await countTests(file, target, '');
    expect(counts.failed).toEqual([]);
    expect(counts.passed).toBe(4225); // cpu has two more, of moves between itself and itself
    expect(counts.pending).toEqual(pending);
    expect(counts.runsOn).toBe(label(target));
  });
});
