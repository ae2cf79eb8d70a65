/**
 * Compiles the two WebAssembly builds to dist/. Run it after a change under native/ or wasm/ (`npm run build:wasm`); `npm start` and `npm test` do.
 *
 * No JavaScript comes out of it: our own TypeScript instantiates the modules, whose one import is their memory.
 */
import { mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run/command.mjs';
import { isMain, root } from './run/root.mjs';
import { incremental } from './run/stamp.mjs';
import { asProgram, step } from './run/terminal.mjs';
import { emcc } from './toolchain/emscripten.mjs';
import { wasmFlags } from './toolchain/wasm-flags.mjs';

/** What the modules are made of: simd/wasm.h sees by the flags which of the two it is in. */
const sources = ['wasm/exports.cc', 'wasm/pool.cc', 'native/call.cc', 'native/args.cc', 'native/schedule.cc', 'native/targets/wasm.cc'];

const builds = [
  { name: 'simd', flags: ['-msimd128'] },
  { name: 'relaxed-simd', flags: ['-msimd128', '-mrelaxed-simd'] },
];

const flags = [
  ...['-std=c++20', '-O3', '-DNDEBUG', '-Wall', '-Wextra', '-Werror'],
  ...['-fno-exceptions', '-fno-rtti', '-fno-math-errno', '-ffp-contract=off', '-fvisibility=hidden'],
  ...['--no-entry', '-sSTANDALONE_WASM=1', '-sIMPORTED_MEMORY=1', '-sALLOW_MEMORY_GROWTH=1', '-sMAXIMUM_MEMORY=4gb'],
  // For workers on one memory. Not linked as shared: TypeScript makes it so where it can be (src/backend/wasm/modules.ts).
  ...['-matomics', '-Wl,--export=__stack_pointer'],
];

/** A page downloads it before anything runs; compressed, as servers send it, it is a fifth of that. */
const largest = 384 * 1024;

/** Built files, relative to the root. */
export const wasmFiles = builds.map(({ name }) => `dist/fovea-${name}.wasm`);

/** @throws {import('./run/missing.mjs').Missing} without emcc; Error when it refuses the sources */
export async function buildWasm() {
  await incremental('wasm', { inputs: ['native', 'wasm'], outputs: wasmFiles, settings: { sources, builds, flags } }, async () => {
    const compiler = await emcc();
    for (const folder of ['dist', 'build/wasm']) mkdirSync(join(root, folder), { recursive: true });
    await step('wasm: compiling native/ and wasm/ (simd, relaxed-simd)', () =>
      Promise.all(builds.map((build) => compile(compiler, build))),
    );
  });
}

async function compile(compiler, { name, flags: own }) {
  const made = join(root, `build/wasm/fovea-${name}.wasm`);
  await run(compiler, [...flags, ...own, ...sources, '-o', made], { cwd: root });
  await check(made);
  renameSync(made, join(root, `dist/fovea-${name}.wasm`));
}

/** A function that libc would take from JavaScript shows as one more import: then a page could not instantiate the module. */
async function check(path) {
  const size = statSync(path).size;
  if (size > largest) throw new Error(`${path} has ${size} bytes, more than ${largest}`);
  const imports = JSON.parse(await run(process.execPath, [...wasmFlags(), '-e', listImports, path]));
  if (imports.join() !== 'env.memory') throw new Error(`${path} imports ${imports.join(', ')}, expected env.memory alone`);
}

/** In a process of its own: Node 20 reads relaxed SIMD only behind a flag. */
const listImports = `
  const module = new WebAssembly.Module(require('fs').readFileSync(process.argv[1]));
  console.log(JSON.stringify(WebAssembly.Module.imports(module).map(({ module, name }) => module + '.' + name)));`;

if (isMain(import.meta)) await asProgram(buildWasm);
