/** An example as a program of its own, told nothing by the environment of the tests. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const examples = fileURLToPath(new URL('../examples', import.meta.url));

/** @param name of its folder @param cwd where it is run @returns when it has ended */
export function startExample(name: string, cwd: string, given: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const { FOVEA_BACKEND: _, FOVEA_TARGET: __, INIT_CWD: ___, FORCE_COLOR: ____, ...inherited } = process.env;
  const env = { ...inherited, ...environment };
  return spawnSync(process.execPath, [path.join(examples, name, 'main.mjs'), ...given], { cwd, encoding: 'utf8', env });
}
