/** How the tests run: TypeScript sources as they are, one process a file, relaxed SIMD switched on where this Node hides it behind a flag. */
import { defineConfig } from 'vitest/config';
import { wasmFlags } from './scripts/wasm-flags.mjs';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: process.env.FOVEA_TEST_FULL ? [] : ['test/full/**'],
    typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
    pool: 'forks',
    execArgv: wasmFlags(),
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ['default'],
  },
});
