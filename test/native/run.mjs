/**
 * Compiles and runs the tests of the C++ underneath: every vector operation and math function on every instruction set, and calls that lie
 * about their buffers. `npm test` does; `npm run test:full` adds --full: more rounds, with sanitizers, and NEON under emulation.
 *
 * Its last line is `N passed, N failed`; what this machine cannot run stands above it, as `not run: NAME`.
 */
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { onPath, run } from '../../scripts/run/command.mjs';
import { root } from '../../scripts/run/root.mjs';
import { asProgram, step } from '../../scripts/run/terminal.mjs';
import { emcc } from '../../scripts/toolchain/emscripten.mjs';
import { wasmFlags } from '../../scripts/toolchain/wasm-flags.mjs';

const full = process.argv.includes('--full');
const folder = join(root, '.cache/test-native');
const flags = ['-std=c++20', '-O2', '-Wall', '-Wextra', '-Wno-unused-function', '-Wno-maybe-uninitialized'];
const strict = ['-fno-math-errno', '-ffp-contract=off'];

const avx512 = ['-mavx512f', '-mavx512bw', '-mavx512vl', '-mavx512dq'];
/** The instruction sets of native/simd/: header, what compiles it, what runs it. */
const isas = [
  { name: 'avx512bf16', header: 'avx512bf16.h', flags: [...avx512, '-mavx512bf16'], tools: ofThisCpu },
  { name: 'avx512', header: 'avx512.h', flags: avx512, tools: ofThisCpu },
  { name: 'avx2', header: 'avx2.h', flags: ['-mavx2', '-mfma', '-mf16c', '-mbmi', '-mbmi2'], tools: ofThisCpu },
  { name: 'sse4', header: 'sse4.h', flags: ['-msse4.2'], tools: ofThisCpu },
  { name: 'neon', header: 'neon.h', flags: [], tools: process.arch === 'arm64' ? ofThisCpu : emulated },
  { name: 'simd', header: 'wasm.h', flags: ['-msimd128'], tools: inWasm },
  { name: 'relaxed-simd', header: 'wasm.h', flags: ['-msimd128', '-mrelaxed-simd'], tools: inWasm },
];

/** What a machine cannot run, and why. */
class NotHere extends Error {}

const total = { passed: 0, failed: 0 };

await asProgram(async () => {
  mkdirSync(folder, { recursive: true });
  for (const isa of isas) await counted(`vector operations and math: ${isa.name}`, () => testOperations(isa));
  await counted('calls that lie about their buffers', testLies);
  process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
  return total.failed > 0 ? 1 : 0;
});

/** Runs one program of tests and adds up what it counted; a program that dies before it has counted is one failure. */
async function counted(title, test) {
  try {
    const output = await step(title, test);
    const [, passed, failed] = /^(\d+) passed, (\d+) failed$/m.exec(output)?.map(Number) ?? [0, 0, 1];
    total.passed += passed;
    total.failed += failed;
  } catch (error) {
    if (error instanceof NotHere) {
      process.stdout.write(`not run: native tests of ${error.message}\n`);
      return;
    }
    total.failed += 1;
    process.stdout.write(`${error.message}\n`);
  }
}

async function testOperations({ name, header, flags: own, tools }) {
  const { compiler, linked, ending, start } = await tools(name);
  const program = join(folder, `ops-${name}${ending}`);
  const sources = ['ops.cc', 'half.cc', 'pairs.cc', 'math.cc'].map((file) => `test/native/${file}`);
  const simd = `-DFOVEA_SIMD="../../native/simd/${header}"`;
  await run(compiler, [...flags, ...strict, ...own, ...linked, simd, ...sources, '-o', program], { cwd: root });
  return run(...start(program), { cwd: root });
}

function compilerHere() {
  return process.env.CXX ?? onPath('c++', 'g++', 'clang++') ?? 'c++';
}

function ofThisCpu(name) {
  const addon = createRequire(import.meta.url)(join(root, 'build/Release/fovea.node'));
  const target = addon.targets().find((one) => one.name === name);
  if (!target?.supported) throw new NotHere(`${name}: this CPU lacks ${target?.missing ?? 'it altogether'}`);
  return { compiler: compilerHere(), linked: [], ending: '', start: (program) => [program, []] };
}

/** NEON on x86: Debian's cross compiler and qemu, which the full tests fetch where they may. */
async function emulated(name) {
  if (full) await installed(['aarch64-linux-gnu-g++', 'qemu-aarch64'], ['g++-aarch64-linux-gnu', 'qemu-user']);
  const [compiler, qemu] = [onPath('aarch64-linux-gnu-g++'), onPath('qemu-aarch64')];
  if (compiler === undefined || qemu === undefined)
    throw new NotHere(`${name}: needs aarch64-linux-gnu-g++ and qemu-aarch64 (npm run test:full installs them on Debian, as root)`);
  return { compiler, linked: ['-static'], ending: '', start: (program) => [qemu, [program]] };
}

async function inWasm() {
  const linked = ['-fno-exceptions', '-sSTANDALONE_WASM=1', '-sINITIAL_MEMORY=64mb'];
  const start = (program) => [process.execPath, [...wasmFlags(), '--no-warnings', 'test/native/wasi.mjs', program]];
  return { compiler: await emcc(), linked, ending: '.wasm', start };
}

async function installed(programs, packages) {
  const root = process.getuid?.() === 0;
  if (programs.every((name) => onPath(name)) || !root || !onPath('apt-get')) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await step(`apt-get install ${packages.join(' ')}`, async () => {
    await run('apt-get', ['update'], { env });
    await run('apt-get', ['install', '--yes', '--no-install-recommends', ...packages], { env });
  });
}

/** The kernels behind lying calls: as they were built, or (--full) compiled anew with every access checked. */
async function testLies() {
  const program = join(folder, full ? 'args-sanitized' : 'args');
  const names = isas.filter(({ name }) => (process.arch === 'x64' ? /^(avx|sse)/ : /^neon$/).test(name));
  const sanitizers = full ? ['-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'] : [];
  const objects = await Promise.all(names.map((isa) => (full ? sanitized(isa, sanitizers) : builtObject(isa))));
  const sources = ['args', 'call', 'cpu', 'dispatch', 'schedule'].map((name) => `native/${name}.cc`);
  await run(compilerHere(), [...flags, ...sanitizers, 'test/native/args.cc', ...sources, ...objects, '-o', program], { cwd: root });
  return run(program, full ? ['4000'] : [], { cwd: root });
}

function builtObject({ name }) {
  return join(root, `build/Release/obj.target/${name}/native/targets/${name}.o`);
}

async function sanitized({ name, flags: own }, sanitizers) {
  const object = join(folder, `${name}-sanitized.o`);
  const kernel = ['-std=c++20', '-O1', '-w', '-fno-exceptions', '-fno-rtti', ...strict, ...own, ...sanitizers];
  await run(compilerHere(), [...kernel, '-c', `native/targets/${name}.cc`, '-o', object], { cwd: root });
  return object;
}
