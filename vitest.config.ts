/** How the tests run: TypeScript sources as they are, one process a file, relaxed SIMD switched on where this Node hides it behind a flag. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { forVite } from './scripts/toolchain/page-parts.mjs';
import { wasmFlags } from './scripts/toolchain/wasm-flags.mjs';

/** `npm run test:full` runs test/slow/, everything else runs without it. */
const slow = process.env.FOVEA_TESTS === 'slow';

/** Where scripts/run/vitest.mjs wants to read what ran. */
const report = process.env.FOVEA_TEST_REPORT;

export default defineConfig({
  plugins: [forVite],
  // The examples import fovea by its name: their tests run on the sources too, and share one state with them.
  resolve: { alias: [{ find: /^fovea((?:\/\w+)*)$/, replacement: `${fileURLToPath(new URL('./src', import.meta.url))}$1/node.ts` }] },
  test: {
    include: [slow ? 'test/slow/**/*.test.ts' : 'test/**/*.test.ts'],
    exclude: slow ? [] : ['test/slow/**'],
    typecheck: { enabled: !slow, include: ['test/**/*.test-d.ts'], tsconfig: './tsconfig.json', ignoreSourceErrors: true },
    pool: 'forks',
    execArgv: wasmFlags(),
    maxWorkers: 2,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
