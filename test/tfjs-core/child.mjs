/**
 * Runs the bundled tests in a process of its own, in which FOVEA_BACKEND and FOVEA_TARGET say what runs the kernels.
 *
 *   node child.mjs FILE PATTERN      PATTERN: a regular expression for the names of the tests that run
 *
 * Its last line is what it counted, as JSON: `{ passed, failed, pending, runsOn, fellBack }`.
 */
import { createRequire } from 'node:module';

const [file = '', pattern = ''] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const jasmineCore = require('jasmine-core');
const env = jasmineCore.boot(jasmineCore).getEnv();
const only = new RegExp(pattern, 'i');
const counts = { passed: 0, failed: [], pending: {} };

env.configure({ random: false, specFilter: (spec) => only.test(spec.getFullName()) });
env.addReporter({
  specDone({ status, fullName, pendingReason, failedExpectations }) {
    if (status === 'passed') counts.passed += 1;
    if (status === 'pending') counts.pending[fullName] = pendingReason;
    if (status === 'failed') counts.failed.push(`${fullName}: ${failedExpectations.map(({ message }) => message).join('; ')}`);
  },
  suiteDone({ fullName, failedExpectations }) {
    for (const { message } of failedExpectations) counts.failed.push(`${fullName}: ${message}`);
  },
});
console.warn = () => {}; // what the tests provoke
const { backend } = require(file);
await env.execute();
const { runsOn, fellBack } = backend();
process.stdout.write(`\n${JSON.stringify({ ...counts, runsOn: `${runsOn.name} ${runsOn.target}`, fellBack })}\n`, () => process.exit(0));
