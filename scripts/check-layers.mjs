/**
 * Holds the layers of docs/architecture.md: dependency-cruiser for TypeScript (rules in .dependency-cruiser.mjs), own rules for the #includes
 * of native/ and wasm/. Run it after moving or adding a file; `npm run lint` does.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run/command.mjs';
import { isMain, root } from './run/root.mjs';
import { asProgram } from './run/terminal.mjs';
import { cppFiles } from './toolchain/formatters.mjs';

/** Headers with a compiler's names for vector instructions. */
const intrinsics = /^(immintrin|x86intrin|[a-z]mmintrin|[a-z0-9]+intrin|arm_neon|wasm_simd128)\.h$/;

/**
 * For each file the first rule whose `files` it matches: what it may include (`only`) or not (`never`), each a test of the included name.
 * @type {{ files: RegExp, only?: RegExp[], never?: RegExp[], text?: RegExp, why: string }[]}
 */
const rules = [
  {
    files: /^native\/targets\/.*\.cc$/,
    only: [/simd\//, /kernels\/table(_pairs)?\.inl$/, /^targets\.h$/],
    why: "a target is its own simd/ header and the kernels' table: all else would be compiled with its wide registers",
  },
  {
    files: /^native\/kernels\//,
    only: [/(^|\/)(args|kernels|half)\.h$/, /\.inl$/, /^c?(stdint|stddef|string|math|float|limits)(\.h)?$/],
    text: /#\s*(if|ifdef|elif).*(__AVX|__SSE|__ARM|__aarch64|__wasm|__x86)|\bstd::(vector|string|function|sort|min|max|fill|copy)\b/,
    why: 'a kernel knows no ISA, no thread and no memory but what it is handed, and std:: templates leave weak symbols',
  },
  {
    files: /^native\/simd\//,
    only: [intrinsics, /(^|\/)[a-z0-9-]+\.h$/, /^c?(stdint|stddef|string|math)(\.h)?$/],
    never: [/kernels\//, /napi/],
    why: 'simd/ is nothing but intrinsics',
  },
  {
    files: /^(native\/addon[^/]*\.cc|native\/addon\/.*|wasm\/exports\.cc)$/,
    never: [intrinsics, /simd\//, /kernels\//],
    why: 'marshalling knows no kernel and no instruction',
  },
  {
    files: /^native\//,
    never: [intrinsics, /simd\//, /kernels\//, /napi\.h$/],
    why: 'only targets/ see simd/ and kernels/, and only the addon sees Node',
  },
];

/** The compiler's own way to ask for CPU features is not an instruction. */
const allowed = { 'native/cpu.cc': /^cpuid\.h$|^intrin\.h$/ };

/** @throws {Error} that lists every import on the wrong way */
export async function checkLayers() {
  const wrong = cppFiles().flatMap(wrongIncludes);
  const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  try {
    await run(process.execPath, [cruiser, '--config', '.dependency-cruiser.mjs', '--output-type', 'err', 'src'], { cwd: root });
  } catch (error) {
    wrong.push(error.message);
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
}

function wrongIncludes(file) {
  const rule = rules.find(({ files }) => files.test(file));
  if (rule === undefined) return [];
  const { only, never = [], text, why } = rule;
  const source = readFileSync(join(root, file), 'utf8');
  const included = [...source.matchAll(/^\s*#\s*include\s*[<"]([^>"]+)[>"]/gm)].map((match) => match[1]);
  const out = included.filter((name) => {
    if (allowed[file]?.test(name)) return false;
    return never.some((test) => test.test(name)) || (only !== undefined && !only.some((test) => test.test(name)));
  });
  const words = out.map((name) => `${file} includes ${name}: ${why}`);
  const found = text?.exec(source);
  if (found) words.push(`${file} says "${found[0].trim()}": ${why}`);
  return words;
}

if (isMain(import.meta)) await asProgram(checkLayers);
