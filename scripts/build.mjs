/**
 * Makes dist/ of src/: what the package's `exports` point to. Run it after a change under src/ (`npm run build`); `npm start` and `npm test` do.
 *
 *   node.cjs      the library for Node; it holds the state (the chosen backend), so that `import` and `require` share it
 *   node.mjs      re-exports node.cjs, name by name, by way of load.cjs
 *   browser.mjs   the library for browsers and everything else
 *   worker-*      what runs beside the event loop for the backends that have no threads of their own
 *   helper-*      what runs beside a sync call of the wasm
 *   *.d.mts/.cts  types of each
 */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from './run/command.mjs';
import { isMain, root } from './run/root.mjs';
import { incremental } from './run/stamp.mjs';
import { asProgram, step } from './run/terminal.mjs';

/** Syntax that every supported place reads. All have private fields and methods: made of WeakMaps instead, these cost a call tens of microseconds. */
const target = ['node20', 'chrome91', 'firefox90', 'safari16.4'];

const bundles = [
  { entry: 'src/node.ts', outfile: 'dist/node.cjs', format: 'cjs', platform: 'node' },
  { entry: 'src/worker-node.ts', outfile: 'dist/worker-node.cjs', format: 'cjs', platform: 'node' },
  { entry: 'src/helper-node.ts', outfile: 'dist/helper-node.cjs', format: 'cjs', platform: 'node' },
  { entry: 'src/browser.ts', outfile: 'dist/browser.mjs', format: 'esm', platform: 'browser' },
  { entry: 'src/worker-browser.ts', outfile: 'dist/worker-browser.mjs', format: 'esm', platform: 'browser' },
  { entry: 'src/helper-browser.ts', outfile: 'dist/helper-browser.mjs', format: 'esm', platform: 'browser' },
];

/** Each public entry's declarations, and the files that carry them. */
const types = [
  { entry: 'src/node.ts', outputs: ['dist/node.d.mts', 'dist/node.d.cts'] },
  { entry: 'src/browser.ts', outputs: ['dist/browser.d.mts'] },
];

/** Built files, relative to the root. */
export const distFiles = [
  ...bundles.map(({ outfile }) => outfile),
  'dist/load.cjs',
  'dist/node.mjs',
  ...types.flatMap((entry) => entry.outputs),
];
const inputs = ['src', 'scripts/build.mjs', 'tsconfig.json', 'tsconfig.build.json', 'node_modules/esbuild/package.json'];

/** @throws {Error} when a source does not compile */
export async function buildDist() {
  await incremental('dist', { inputs, outputs: distFiles }, async () => {
    mkdirSync(join(root, 'dist'), { recursive: true });
    await step('dist: bundling src/', bundleAll);
    await step('dist: writing types', declareAll);
  });
}

async function bundleAll() {
  const esbuild = await import('esbuild');
  const common = {
    absWorkingDir: root,
    bundle: true,
    target,
    sourcemap: true,
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'silent',
  };
  await Promise.all(
    bundles.map(({ entry, ...options }) => esbuild.build({ ...common, ...inNode(options), ...options, entryPoints: [entry] })),
  );
  writeFileSync(join(root, 'dist/load.cjs'), loader);
  writeFileSync(join(root, 'dist/node.mjs'), await wrapper(esbuild, common));
}

/** CommonJS has no import.meta.url: node.cjs gets its own address instead. */
function inNode({ format }) {
  if (format !== 'cjs') return {};
  return {
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  };
}

/** On Node 20 what a CommonJS module throws while ESM imports it escapes every `catch`: it is handed over and thrown from ESM. */
const loader = `try { exports.fovea = require('./node.cjs'); } catch (error) { exports.error = error; }\n`;

/** ESM that hands out node.cjs's names: generated, because ESM wants them spelt out. */
async function wrapper(esbuild, common) {
  const { metafile } = await esbuild.build({
    ...common,
    entryPoints: ['src/node.ts'],
    outfile: 'x.mjs',
    format: 'esm',
    platform: 'node',
    write: false,
    metafile: true,
  });
  const names = Object.values(metafile.outputs).flatMap(({ exports }) => exports ?? []);
  return `import load from './load.cjs';\nif (load.error) throw load.error;\nexport const { ${names.sort().join(', ')} } = load.fovea;\n`;
}

/** One file of declarations an entry, with nothing in it but public names. CommonJS and ESM each need a file of their own kind. */
async function declareAll() {
  const generator = join(root, 'node_modules/dts-bundle-generator/dist/bin/dts-bundle-generator.js');
  const flags = ['--silent', '--no-banner', '--no-check', '--export-referenced-types=false', '--project', 'tsconfig.build.json'];
  mkdirSync(join(root, 'build/types'), { recursive: true });
  for (const { entry, outputs: files } of types) {
    const made = `build/types/${basename(entry, '.ts')}.d.ts`;
    await run(process.execPath, [generator, ...flags, '-o', made, entry], { cwd: root });
    for (const file of files) copyFileSync(join(root, made), join(root, file));
  }
}

if (isMain(import.meta)) await asProgram(buildDist);
