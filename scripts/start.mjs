/**
 * `npm start [-- ARGUMENTS]`: sets up, builds what changed, and runs the semantic search on a real model. What cannot be built is said,
 * and the search runs on the backends that there are.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { handOver } from './run/command.mjs';
import { root } from './run/root.mjs';
import { asProgram, say } from './run/terminal.mjs';
import { setUp } from './setup.mjs';

const example = join(root, 'examples/sentence-search/main.mjs');

await asProgram(async () => {
  await setUp();
  await buildWhatCanBe();
  return handOver(process.execPath, [example, ...process.argv.slice(2)]);
});

/** Every part on its own; only without dist/ is there nothing to run. */
async function buildWhatCanBe() {
  const { parts } = await import('./parts.mjs');
  for (const { name, outputs, make } of parts) {
    try {
      await make();
    } catch (error) {
      const left = outputs.every((path) => existsSync(join(root, path)))
        ? `an older build of the ${name} is used`
        : `going on without the ${name}`;
      if (name === 'library') throw error;
      say(`\n${error.message}\n→ ${left}\n`);
    }
  }
}
