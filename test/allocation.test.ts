/** What a call leaves to the garbage collector: of a call with `out`, no more than the few objects that say what was asked for. */
import { describe, expect, it } from 'vitest';
import { jsonOf } from './child.js';
import { label, targets } from './targets.js';

/** All below is a plan and what it is made of; a list too many that is walked, grown or copied shows. */
const mostBytes = 3500;
const calls = 5000;

describe.each(targets.filter(({ name }) => name !== 'reference').map((target) => [label(target), target] as const))(
  '%s',
  (_, { name, target }) => {
    it('a call with out allocates its plan and nothing more', () => {
      const [bytes = Infinity, collections] = jsonOf(
        `
      import { attention, setBackend } from 'fovea';
      import { PerformanceObserver } from 'node:perf_hooks';
      setBackend('${name}', { target: '${target}' });
      const tensor = (shape) => ({ data: new Float32Array(shape.reduce((a, b) => a * b)).fill(0.5), shape });
      const [q, k, v] = [tensor([1, 2, 3, 8]), tensor([1, 2, 4, 8]), tensor([1, 2, 4, 8])];
      const options = { causal: true, out: tensor([1, 2, 3, 8]) };
      for (let i = 0; i < 30_000; i++) attention(q, k, v, options); // until it is compiled
      let collections = 0;
      new PerformanceObserver((list) => (collections += list.getEntries().length)).observe({ entryTypes: ['gc'] });
      const settle = () => new Promise((resolve) => setTimeout(resolve, 50));
      globalThis.gc();
      await settle();
      collections = 0;
      const before = process.memoryUsage().heapUsed;
      for (let i = 0; i < ${calls}; i++) attention(q, k, v, options);
      const bytes = process.memoryUsage().heapUsed - before;
      await settle();
      console.log(JSON.stringify([bytes / ${calls}, collections]));
    `,
        {
          flags: [
            '--expose-gc',
            '--min-semi-space-size=64',
            '--max-semi-space-size=64',
            '--input-type=module',
            ...process.execArgv.filter((flag) => flag.includes('wasm')),
          ],
        },
      ) as number[];
      expect(collections, 'collections meanwhile, which would hide some').toBe(0);
      expect(bytes).toBeLessThan(mostBytes);
    });
  },
);
