/**
 * Makes dist/ of src/: what the package's `exports` point to. Run it after a change under src/ (`npm run build`); `npm start` and `npm test` do.
 *
 *   node.cjs        the library for Node, `import` and `require` alike
 *   node.mjs        re-exports node.cjs, name by name, by way of load.cjs
 *   browser.mjs     the library for browsers and everything else
 *   <subpath>/…     the same three for each subpath
 *   core-*          what the entries of a platform have in common: the state (the chosen backend) and FoveaError, so that there is one of each
 *   worker-*        what runs beside the event loop for the backends that have no threads of their own
 *   helper-*        what runs beside a sync call of the wasm
 *   cli.cjs         the program `fovea`, which requires the files above
 *   *.d.mts/.cts    types of each
 *   LICENSES.txt    of the packages that are bundled
 */
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { run } from './run/command.mjs';
import { isMain, root } from './run/root.mjs';
import { filesIn, incremental } from './run/stamp.mjs';
import { asProgram, step } from './run/terminal.mjs';
import { forEsbuild } from './toolchain/page-parts.mjs';

/** Syntax that every supported place reads. All have private fields and methods: made of WeakMaps instead, these cost a call tens of microseconds. */
const target = ['node20', 'chrome91', 'firefox90', 'safari16.4'];

/** `fovea/<name>`: presets src/<name>/node.ts and browser.ts, and an entry in the `exports` of package.json. */
const subpaths = ['seq2seq', 'tfjs', 'tfjs/layers', 'vision', 'viz'];

/** Packages that a user of a subpath has, whose own copy is meant. */
const peers = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).peerDependencies);

/** Folders of the presets, in src/ and in dist/. */
const folders = ['.', ...subpaths];

const declarations = ['node.d.mts', 'node.d.cts', 'browser.d.mts'];

/** What no entry imports: each a file of its own. */
const threads = [
  { entry: 'src/worker-node.ts', outfile: 'dist/worker-node.cjs', format: 'cjs', platform: 'node' },
  { entry: 'src/helper-node.ts', outfile: 'dist/helper-node.cjs', format: 'cjs', platform: 'node' },
  { entry: 'src/worker-browser.ts', outfile: 'dist/worker-browser.mjs', format: 'esm', platform: 'browser' },
  { entry: 'src/helper-browser.ts', outfile: 'dist/helper-browser.mjs', format: 'esm', platform: 'browser' },
];

/** Built files, relative to the root; without core-*, whose names are made of their content. */
export const distFiles = [
  ...threads.map(({ outfile }) => outfile),
  ...folders.flatMap((folder) =>
    ['load.cjs', 'node.cjs', 'node.mjs', 'browser.mjs', ...declarations].map((file) => join('dist', folder, file)),
  ),
  'dist/cli.cjs',
  'dist/LICENSES.txt',
];
const inputs = [
  'src',
  'examples/sentence-search', // the encoder of src/cli/
  'examples/program',
  'scripts/build.mjs',
  'scripts/toolchain/page-parts.mjs',
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
];

/** @throws {Error} when a source does not compile */
export async function buildDist() {
  await incremental('dist', { inputs, outputs: distFiles }, async () => {
    for (const folder of folders) mkdirSync(join(root, 'dist', folder), { recursive: true });
    await step('dist: bundling src/', bundleAll);
    await step('dist: writing types', declareAll);
  });
}

const common = { absWorkingDir: root, bundle: true, target, sourcesContent: false, legalComments: 'none', logLevel: 'silent' };

/** CommonJS has no import.meta.url: such a file gets its own address instead. */
const inCommonJs = {
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;",
};

async function bundleAll() {
  const esbuild = await import('esbuild');
  for (const old of filesIn('dist').filter((file) => basename(file).startsWith('core-'))) rmSync(join(root, old));
  const bundled = await Promise.all([
    bundleForNode(esbuild),
    bundleProgram(esbuild),
    bundleForBrowsers(esbuild),
    ...threads.map(({ entry, ...options }) => {
      const node = options.format === 'cjs' ? { define: inCommonJs.define, banner: { js: inCommonJs.banner } } : {};
      return esbuild.build({ ...common, ...node, ...options, sourcemap: true, entryPoints: [entry] });
    }),
  ]);
  writeFileSync(join(root, 'dist/LICENSES.txt'), licenses(bundled.flatMap(({ metafile }) => Object.keys(metafile?.inputs ?? {}))));
}

/** The presets of a platform, with what they have in common in files beside them. */
function entries(platform) {
  return {
    ...common,
    external: peers,
    platform,
    format: 'esm',
    splitting: true,
    entryPoints: folders.map((folder) => join('src', folder, `${platform}.ts`)),
    outbase: 'src',
    outdir: 'dist',
    chunkNames: 'core-[hash]',
    plugins: [forEsbuild],
  };
}

function bundleForBrowsers(esbuild) {
  return esbuild.build({ ...entries('browser'), sourcemap: true, outExtension: { '.js': '.mjs' } });
}

/** esbuild splits ESM only: what it has split is then made CommonJS, file by file. */
async function bundleForNode(esbuild) {
  const { outputFiles, metafile } = await esbuild.build({
    ...entries('node'),
    define: inCommonJs.define,
    sourcemap: 'inline',
    outExtension: { '.js': '.cjs' },
    write: false,
    metafile: true,
  });
  for (const { path, text } of outputFiles) {
    const { code, map } = await esbuild.transform(text, {
      format: 'cjs',
      platform: 'node',
      target,
      sourcefile: basename(path),
      sourcemap: true,
      sourcesContent: false,
      banner: text.includes('importMetaUrl') ? inCommonJs.banner : '',
    });
    writeFileSync(path, `${code}//# sourceMappingURL=${basename(path)}.map\n`);
    writeFileSync(`${path}.map`, map);
  }
  for (const [path, { entryPoint, exports }] of Object.entries(metafile.outputs)) {
    if (entryPoint === undefined) continue;
    writeFileSync(join(root, dirname(path), 'load.cjs'), loader);
    writeFileSync(join(root, dirname(path), 'node.mjs'), wrapper(exports));
  }
  return { metafile };
}

/** One file, in which each command is evaluated when it is run. */
async function bundleProgram(esbuild) {
  const outfile = 'dist/cli.cjs';
  const result = await esbuild.build({
    ...common,
    platform: 'node',
    format: 'cjs',
    entryPoints: ['src/cli/main.ts'],
    outfile,
    sourcemap: true,
    metafile: true,
    define: inCommonJs.define,
    banner: { js: `#!/usr/bin/env node\n${inCommonJs.banner}` },
    // What the library throws while it loads gets past every `catch` of an import() in Node 20, but not past that of a require.
    supported: { 'dynamic-import': false },
    plugins: [libraryBeside],
    external: ['@colors/colors'], // cli-table3 asks for it where a table has colours of its own
  });
  chmodSync(join(root, outfile), 0o755);
  return result;
}

/** The program uses the presets that lie beside it in dist/; the example that it shows calls them by their names. @type {import('esbuild').Plugin} */
const libraryBeside = {
  name: 'library beside',
  setup(build) {
    const beside = (folder) => ({ path: `./${folder}node.cjs`, external: true });
    build.onResolve({ filter: /^fovea(\/\w+)?$/ }, ({ path }) => beside(path === 'fovea' ? '' : `${path.slice('fovea/'.length)}/`));
    build.onResolve({ filter: /^\.\.\/(\w+\/)?node\.js$/ }, ({ path, importer }) =>
      dirname(importer) === join(root, 'src/cli') ? beside(path.slice('../'.length, -'node.js'.length)) : undefined,
    );
  },
};

/** On Node 20 what a CommonJS module throws while ESM imports it escapes every `catch`: it is handed over and thrown from ESM. */
const loader = `try { exports.fovea = require('./node.cjs'); } catch (error) { exports.error = error; }\n`;

/** ESM that hands out node.cjs's names: ESM wants them spelt out. */
function wrapper(names) {
  return `import load from './load.cjs';\nif (load.error) throw load.error;\nexport const { ${names.toSorted().join(', ')} } = load.fovea;\n`;
}

/** Of every package with a file in the bundles. */
function licenses(sources) {
  const folders = [...new Set(sources.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path) ?? []))].sort();
  const texts = folders.map((folder) => `${folder.split('node_modules/').at(-1)}\n\n${licenseIn(join(root, folder))}\n`);
  return [`dist/ contains ${folders.length} other packages.\n`, ...texts].join(`\n${'-'.repeat(80)}\n\n`);
}

/** @throws {Error} for a package that comes without one: it may not be bundled */
function licenseIn(folder) {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  if (file === undefined) throw new Error(`${folder} has no licence to be handed on with dist/`);
  return readFileSync(join(folder, file), 'utf8').trim();
}

/**
 * Declarations, with nothing in them but public names: both presets of a folder have the same. CommonJS and ESM each need a file of their own kind.
 */
async function declareAll() {
  const rest = folders.values(); // of which every core takes the next
  await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      for (const folder of rest) await declare(folder);
    }),
  );
}

async function declare(folder) {
  const generator = join(root, 'node_modules/dts-bundle-generator/dist/bin/dts-bundle-generator.js');
  const flags = ['--silent', '--no-banner', '--no-check', '--export-referenced-types=false', '--project', 'tsconfig.build.json'];
  const made = join('build/types', folder, 'entry.d.ts');
  mkdirSync(join(root, dirname(made)), { recursive: true });
  await run(process.execPath, [generator, ...flags, '-o', made, join('src', folder, 'node.ts')], { cwd: root });
  for (const file of declarations) copyFileSync(join(root, made), join(root, 'dist', folder, file));
}

if (isMain(import.meta)) await asProgram(buildDist);
