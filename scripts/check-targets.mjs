/**
 * Looks into the compiled addon: no instruction and no symbol of a wide target may reach a CPU that lacks it. Run it after a change to
 * binding.gyp, native/simd or native/targets; `npm run lint` does.
 *
 * Of each target object: one defined global symbol, no weak one (the linker could take it for everybody), no constructor (it would run
 * before the CPU is asked), no register wider than its own. Of every other object: no AVX at all. Of the
 * addon: no exported name but Node's entry points. Objects whose source is gone from native/ are leftovers, and not linked.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from './run/command.mjs';
import { isMain, root } from './run/root.mjs';
import { filesIn } from './run/stamp.mjs';
import { asProgram } from './run/terminal.mjs';

const objects = 'build/Release/obj.target';
const addon = 'build/Release/fovea.node';

/** What an object for a target must not hold, as objdump writes instructions. An instruction set has everything of those before it. */
const vex = { test: /\tv[a-z0-9]+\s.*%[xyz]mm/, what: 'an AVX instruction' };
const fma = { test: /\tvf(n?m(add|sub))[0-9a-z]*\s/, what: 'an FMA instruction' };
const ymm = { test: /%ymm/, what: 'a 256-bit register' };
const evex = { test: /%zmm|%[xy]mm(1[6-9]|2\d|3[01])|%k[0-7]\b/, what: 'an AVX-512 register' };
const forbidden = { sse4: [vex, fma, ymm, evex], avx2: [evex], avx512: [], avx512bf16: [], neon: [] };
const forbiddenElsewhere = [vex, fma, ymm, evex];

/** @throws {Error} that lists all that is wrong, or says that there is nothing to look into */
export async function checkTargets() {
  if (process.platform !== 'linux') return; // objdump's words are those of GNU binutils; CI runs on Linux
  const files = filesIn(objects).filter((path) => path.endsWith('.o') && existsSync(join(root, sourceOf(path))));
  const targets = files.filter(isTarget);
  if (targets.length === 0 || !existsSync(join(root, addon)))
    throw new Error(`no target object under ${objects}: run npm run build:native first`);
  const wrong = (await Promise.all([...files.map(wrongInObject), wrongInAddon()])).flat();
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
}

/** build/Release/obj.target/avx2/native/targets/avx2.o is made of native/targets/avx2.cc. */
function sourceOf(object) {
  return object.slice(object.lastIndexOf('/native/') + 1).replace(/\.o$/, '.cc');
}

function isTarget(path) {
  return path.includes('/native/targets/');
}

async function wrongInObject(path) {
  const wrong = isTarget(path) ? await wrongSymbols(path) : [];
  const unwanted = isTarget(path) ? forbidden[basename(path, '.o')] : forbiddenElsewhere;
  if (unwanted === undefined) return [...wrong, `${path}: scripts/check-targets.mjs does not know this target`];
  if (unwanted.length === 0 || process.arch !== 'x64') return wrong;
  const lines = (await objdump('-d', '--no-show-raw-insn', path)).split('\n');
  for (const { test, what } of unwanted) {
    const found = lines.find((line) => test.test(line));
    if (found !== undefined) wrong.push(`${path} has ${what}: ${found.trim()}`);
  }
  return wrong;
}

async function wrongSymbols(path) {
  const symbols = (await run('nm', ['--defined-only', '--extern-only', '--demangle', join(root, path)])).trim().split('\n');
  const wrong = symbols.filter((line) => / [WwVvu] /.test(line)).map((line) => `${path} has a weak symbol: ${line.trim()}`);
  const global = symbols.filter((line) => / [A-Z] /.test(line) && !/ [WVU] /.test(line));
  if (global.length !== 1) wrong.push(`${path} has ${global.length} global symbols, expected 1:\n${global.join('\n')}`);
  if (/\.init_array|\.ctors/.test(await objdump('-h', path))) wrong.push(`${path} has a constructor: its table is not constinit`);
  return wrong;
}

/** What others could bind to by name: Node's two entry points and nothing of ours (the names of std's types are shared by design). */
async function wrongInAddon() {
  const symbols = (await run('nm', ['--dynamic', '--defined-only', '--extern-only', join(root, addon)])).trim().split('\n');
  const names = symbols
    .map((line) => line.split(' ').at(-1) ?? '')
    .filter((name) => !/^(napi_register_module_v1|node_api_module_get_api_version_v1|_init|_fini|_ZT[IS]S.*)$/.test(name));
  return names.map((name) => `${addon} exports ${name}, expected Node-API's entry points alone`);
}

function objdump(...args) {
  const path = args.pop();
  return run('objdump', [...args, join(root, path)]);
}

if (isMain(import.meta)) await asProgram(checkTargets);
