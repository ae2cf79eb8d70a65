/**
 * Runs a script in a Node of its own, against dist/ by the name `fovea` (a package may import itself): for what must be seen from outside a
 * process, such as what is chosen at load, or that it ends.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

export interface Child {
  /** Exit code; null when it had to be killed because it would not end. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ChildOptions {
  readonly env?: Record<string, string>;
  /** Options of Node itself. */
  readonly flags?: readonly string[];
  /** Options of prlimit (Linux): what the process may use, from its start on. */
  readonly limits?: readonly string[];
}

/** A CommonJS script, or an ES module with the flag --input-type=module. */
export function runScript(script: string, { env = {}, flags = [], limits = [] }: ChildOptions = {}): Child {
  const { FOVEA_BACKEND: _1, FOVEA_TARGET: _2, FOVEA_ADDON: _3, FOVEA_THREADS: _4, ...clean } = process.env;
  const limited = limits.length > 0 ? ['prlimit', ...limits] : [];
  const [file = process.execPath, ...args] = [...limited, process.execPath, ...flags, '-e', script];
  const { status, stdout, stderr } = spawnSync(file, args, {
    cwd: root,
    env: { ...clean, ...env },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

/** What a script prints as JSON. @throws {Error} with its stderr when it fails */
export function jsonOf(script: string, options?: ChildOptions): unknown {
  const { status, stdout, stderr } = runScript(script, options);
  if (status !== 0) throw new Error(`exit ${status}\n${stdout}\n${stderr}`);
  return JSON.parse(stdout);
}
