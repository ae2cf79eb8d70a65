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
 *   *.d.mts/.cts    types of each
 *   LICENSES.txt    of the packages that are bundled
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { run } from './run/command.mjs';
import { isMain, root } from './run/root.mjs';
import { filesIn, incremental } from './run/stamp.mjs';
import { asProgram, step } from './run/terminal.mjs';
import { forEsbuild } from './toolchain/page-parts.mjs';

/** Syntax that every supported place reads. All have private fields and methods: made of WeakMaps instead, these cost a call tens of microseconds. */
const target = ['node20', 'chrome91', 'firefox90', 'safari16.4'];

/** `fovea/<name>`: presets src/<name>/node.ts and browser.ts, and an entry in the `exports` of package.json. */
const subpaths = ['vision', 'viz'];

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
  'dist/LICENSES.txt',
];
const inputs = [
  'src',
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
  await Promise.all([
    ...threads.map(({ entry, ...options }) => {
      const node = options.format === 'cjs' ? { define: inCommonJs.define, banner: { js: inCommonJs.banner } } : {};
      return esbuild.build({ ...common, ...node, ...options, sourcemap: true, entryPoints: [entry] });
    }),
    bundleForBrowsers(esbuild),
    bundleForNode(esbuild),
  ]);
}

/** The presets of a platform, with what they have in common in files beside them. */
function entries(platform) {
  return {
    ...common,
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

async function bundleForBrowsers(esbuild) {
  await esbuild.build({ ...entries('browser'), sourcemap: true, outExtension: { '.js': '.mjs' } });
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
  writeFileSync(join(root, 'dist/LICENSES.txt'), licenses(Object.keys(metafile.inputs)));
}

/** On Node 20 what a CommonJS module throws while ESM imports it escapes every `catch`: it is handed over and thrown from ESM. */
const loader = `try { exports.fovea = require('./node.cjs'); } catch (error) { exports.error = error; }\n`;

/** ESM that hands out node.cjs's names: ESM wants them spelt out. */
function wrapper(names) {
  return `import load from './load.cjs';\nif (load.error) throw load.error;\nexport const { ${names.toSorted().join(', ')} } = load.fovea;\n`;
}

/** Of every package with a file in the bundles. */
function licenses(sources) {
  const names = new Set(sources.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []));
  const texts = [...names].sort().map((name) => `${name}\n\n${readFileSync(join(root, 'node_modules', name, 'LICENSE'), 'utf8').trim()}\n`);
  return [`dist/ contains ${names.size} other packages.\n`, ...texts].join(`\n${'-'.repeat(80)}\n\n`);
}

/**
 * Declarations, with nothing in them but public names: both presets of a folder have the same. CommonJS and ESM each need a file of their own kind.
 */
async function declareAll() {
  const generator = join(root, 'node_modules/dts-bundle-generator/dist/bin/dts-bundle-generator.js');
  const flags = ['--silent', '--no-banner', '--no-check', '--export-referenced-types=false', '--project', 'tsconfig.build.json'];
  const made = 'build/types/entry.d.ts';
  mkdirSync(join(root, 'build/types'), { recursive: true });
  for (const folder of folders) {
    await run(process.execPath, [generator, ...flags, '-o', made, join('src', folder, 'node.ts')], { cwd: root });
    for (const file of declarations) copyFileSync(join(root, made), join(root, 'dist', folder, file));
  }
}

if (isMain(import.meta)) await asProgram(buildDist);
