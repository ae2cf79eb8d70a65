/** Memory beyond inputs and output is O(sq + skv) a head: a long attention never holds its scores, and calls leak nothing. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { label, type Target, targets } from './targets.js';

/** Two heads of 8192 × 8192 scores would be 512 MB; a window keeps the time short and changes nothing about the memory. */
const length = 8192;
const matrixBytes = 2 * length * length * 4;

/**
 * Peak memory in bytes of a process of its own, before and after one attention, and after nine more. The peak is the
 * operating system's (VmHWM, or maxRSS), so that nothing freed in between is missed.
 */
function peaks({ name, target }: Target): { before: number; once: number; often: number } {
  const script = `
    const fovea = require('./dist/node.cjs');
    fovea.setBackend('${name}', { target: '${target}' });
    const fill = (i) => Math.sin(i);
    const make = () => ({ data: Float32Array.from({ length: 2 * ${length} * 4 }, (_, i) => fill(i)), shape: [2, ${length}, 4] });
    const [q, k, v, out] = [make(), make(), make(), make()];
    const options = { causal: true, window: [16, 0], out };
    const small = () => ({ data: new Float32Array(8), shape: [2, 4] });
    fovea.attention(small(), small(), small()); // loads what is loaded once
    const peak = () => process.resourceUsage().maxRSS * 1024;
    const before = peak();
    fovea.attention(q, k, v, options);
    const once = peak();
    for (let i = 0; i < 9; i++) fovea.attention(q, k, v, options);
    process.stdout.write(JSON.stringify({ before, once, often: peak() }));
  `;
  const root = fileURLToPath(new URL('..', import.meta.url));
  return JSON.parse(
    execFileSync(process.execPath, [...process.execArgv.filter((flag) => flag.includes('wasm')), '-e', script], {
      cwd: root,
      encoding: 'utf8',
    }),
  );
}

describe.each(targets.filter(({ name }) => name !== 'reference').map((target) => ({ name: label(target), target })))(
  '$name',
  ({ target }) => {
    it('a long attention takes a small part of what its scores would', () => {
      const { before, once, often } = peaks(target);
      // Copies of four tensors of 256 KB (wasm), packed keys and values, one tile of each: a few MB. Engines add some of their own.
      expect(once - before).toBeLessThan(matrixBytes / 16);
      expect(often - once, 'nine more calls').toBeLessThan(matrixBytes / 32);
    });
  },
);
