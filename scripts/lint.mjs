/**
 * `npm run lint`: everything that is judged without running the library. `npm test` does it too, and counts each as one test.
 */
import { checkLayers } from './check-layers.mjs';
import { checkTargets } from './check-targets.mjs';
import { run } from './run/command.mjs';
import { isMain, root } from './run/root.mjs';
import { asProgram, say, step } from './run/terminal.mjs';
import { biome, clangFormat, cppFiles } from './toolchain/formatters.mjs';

const inNode = (program, ...args) => run(process.execPath, [program, ...args], { cwd: root });

const checks = [
  { name: 'biome: form and rules of TypeScript, JavaScript and JSON', check: () => inNode(biome, 'check', '--error-on-warnings') },
  { name: 'tsc: types', check: () => inNode('node_modules/typescript/bin/tsc', '--noEmit') },
  { name: 'tsc: types of the examples', check: () => inNode('node_modules/typescript/bin/tsc', '-p', 'examples') },
  { name: 'tsc: types of the comparison', check: () => inNode('node_modules/typescript/bin/tsc', '-p', 'bench') },
  { name: 'clang-format: form of C++', check: () => run(clangFormat(), ['--dry-run', '-Werror', ...cppFiles()], { cwd: root }) },
  { name: 'check-layers: who may import whom', check: checkLayers },
  { name: 'check-targets: what is in the compiled objects', check: checkTargets },
];

/** @returns {Promise<{ passed: number, failed: number }>} */
export async function lint() {
  let failed = 0;
  for (const { name, check } of checks) {
    try {
      await step(name, check);
    } catch (error) {
      failed += 1;
      say(error.message);
    }
  }
  return { passed: checks.length - failed, failed };
}

if (isMain(import.meta)) await asProgram(async () => ((await lint()).failed > 0 ? 1 : 0));
