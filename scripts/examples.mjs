/**
 * `npm run examples [-- --no-figures]`: trains all examples that are trained, in full, one after another, which takes a good part of an hour, and has each write its
 * pictures and the figures in its README. An example that falls short of its bar ends in exit status 1, and so does this, when all have run; Ctrl-C ends it.
 *
 *   --no-figures   leaves READMEs and pictures as they are
 */
import { join } from 'node:path';
import { handOver } from './run/command.mjs';
import { root } from './run/root.mjs';
import { asProgram, say } from './run/terminal.mjs';

/** What is run, and what is drawn. */
const runs = [
  { example: 'language-model', args: [], figures: ['--svg', 'examples/language-model/picture.svg'] },
  { example: 'translation', args: ['--task', 'dates'], figures: ['--pictures', 'examples/translation/pictures'] },
  { example: 'translation', args: ['--task', 'numbers'], figures: ['--pictures', 'examples/translation/pictures'] },
  { example: 'captioning', args: [], figures: ['--pictures', 'examples/captioning/pictures'] },
];

/** As shells say that Ctrl-C ended a program. */
const interrupted = 130;

await asProgram(async () => {
  const given = process.argv.slice(2);
  const unknown = given.find((argument) => argument !== '--no-figures');
  if (unknown !== undefined) {
    say(`examples: ${unknown} is not known, expected --no-figures or nothing`);
    return 2;
  }
  const failed = [];
  for (const { example, args, figures } of runs) {
    const name = [example, ...args].join(' ');
    say(`\n── ${name}`);
    const more = given.length > 0 ? [] : [...figures, '--markdown', `examples/${example}/README.md`];
    const status = await handOver(process.execPath, [join(root, 'scripts', 'start.mjs'), example, ...args, ...more], { cwd: root });
    if (status === interrupted) return interrupted;
    if (status !== 0) failed.push(name);
  }
  say(failed.length === 0 ? `\nAll ${runs.length} did what they are meant to.` : `\nFell short: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
});
