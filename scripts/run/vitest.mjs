/**
 * Runs vitest and counts what it ran. What it did not: tests that were left out, and whatever a test put into its `meta.notRun`.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { handOver } from './command.mjs';
import { root } from './root.mjs';

const report = join(root, '.cache/vitest.json');

/**
 * @param {'quick' | 'slow'} which test files: those of `npm test`, or those of `npm run test:full`
 * @returns {Promise<{ passed: number, failed: number, notRun: string[] }>}
 */
export async function vitest(which) {
  rmSync(report, { force: true });
  const program = join(root, 'node_modules/vitest/vitest.mjs');
  const env = { ...process.env, FOVEA_TESTS: which, FOVEA_TEST_REPORT: report };
  const status = await handOver(process.execPath, [program, 'run', '--passWithNoTests'], { cwd: root, env });
  const { passed, failed, notRun } = count();
  // A file that does not load, an error outside any test, or no report: something failed, even if no test did.
  return { passed, failed: failed === 0 && status !== 0 ? 1 : failed, notRun };
}

function count() {
  if (!existsSync(report)) return { passed: 0, failed: 1, notRun: [] };
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const tests = testResults.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: relative(root, file.name) })));
  const unloadable = testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    failed: tests.filter(({ status }) => status === 'failed').length + unloadable.length,
    notRun: [
      ...tests.filter(({ status }) => status !== 'passed' && status !== 'failed').map(({ file, fullName }) => `${file}: ${fullName}`),
      ...tests.flatMap(({ meta }) => meta?.notRun ?? []), // targets that this machine lacks (test/cases.test.ts)
    ],
  };
}
