/** `npm run format`: brings TypeScript, JavaScript, JSON and C++ into the one form that `npm run lint` asks for. */
import { run } from './run/command.mjs';
import { root } from './run/root.mjs';
import { asProgram, step } from './run/terminal.mjs';
import { biome, clangFormat, cppFiles } from './toolchain/formatters.mjs';

await asProgram(async () => {
  await step('biome', () => run(process.execPath, [biome, 'check', '--write'], { cwd: root, show: true }));
  await step('clang-format', () => run(clangFormat(), ['-i', ...cppFiles()], { cwd: root }));
});
