/**
 * `npm start [-- ARGUMENTS]` and the commands of the other examples: sets up, builds what changed, and runs the example. What cannot be built
 * is said, and the example runs on the backends that there are. A command line that needs none of that (--help, a typo) is answered at once.
 *
 *   node scripts/start.mjs EXAMPLE [ARGUMENTS]      EXAMPLE: a folder of examples/ with arguments.mjs and main.mjs
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { handOver } from './run/command.mjs';
import { root } from './run/root.mjs';
import { asProgram, say } from './run/terminal.mjs';
import { setUp } from './setup.mjs';

await asProgram(async () => {
  const [example, ...args] = process.argv.slice(2);
  const { parseArguments } = await import(`../examples/${example}/arguments.mjs`);
  if (asksForWork(parseArguments, args)) {
    await setUp();
    await buildWhatCanBe();
  }
  return handOver(process.execPath, [join(root, 'examples', example, 'main.mjs'), ...args]);
});

/** False for --help and for what the example refuses, in its own words. */
function asksForWork(parseArguments, args) {
  try {
    return !parseArguments(args).help;
  } catch {
    return false;
  }
}

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
