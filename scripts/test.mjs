/**
 * `npm test`: sets up, builds, and runs every check and test; `npm run test:full` runs the slow ones that `npm test` leaves out.
 * The last line adds all runners up: `N passed, N failed`. What did not run on this machine is listed by name above it.
 */
import { asProgram, say } from './run/terminal.mjs';
import { setUp } from './setup.mjs';

const full = process.argv.includes('--full');

await asProgram(async () => {
  const total = { passed: 0, failed: 0, notRun: [] };
  try {
    await setUp();
    await runAll(total);
  } catch (error) {
    fail(total, error);
  }
  if (total.notRun.length > 0) process.stdout.write(`\nNot run on this machine:\n${total.notRun.map((name) => `  ${name}\n`).join('')}`);
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
});

/** Without all parts the tests would only tell what is known already: so builds that fail end it, once all have said why. */
async function runAll(total) {
  const { parts } = await import('./parts.mjs');
  for (const { make } of parts) await make().catch((error) => fail(total, error));
  if (total.failed > 0) return;
  for (const runner of await runners()) add(total, await runner());
}

async function runners() {
  const { vitest } = await import('./run/vitest.mjs');
  const { countedBy } = await import('./run/closing-line.mjs');
  if (full) return [() => countedBy('test/native/run.mjs', ['--full']), () => vitest('slow')];
  const { lint } = await import('./lint.mjs');
  return [lint, () => countedBy('test/native/run.mjs'), () => vitest('quick')];
}

function fail(total, error) {
  total.failed += 1;
  say(`\n${error.name === 'Missing' ? error.message : (error.stack ?? error)}`);
}

function add(total, { passed, failed, notRun = [] }) {
  total.passed += passed;
  total.failed += failed;
  total.notRun.push(...notRun);
}
