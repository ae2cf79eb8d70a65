/** TensorFlow.js' tests on one target. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Target } from '../targets.js';

export interface Counts {
  readonly passed: number;
  /** Name and reason. */
  readonly failed: readonly string[];
  /** Name → the reason that TensorFlow.js gives. */
  readonly pending: Readonly<Record<string, string>>;
  /** What ran the kernels: as `label` of a target. */
  readonly runsOn: string;
  readonly fellBack: readonly { readonly kernel: string; readonly calls: number }[];
}

const child = fileURLToPath(new URL('child.mjs', import.meta.url));

/** @param file from `bundleTests` @param pattern of the names of tests, for a regular expression */
export async function countTests(file: string, { name, target }: Target, pattern: string): Promise<Counts> {
  const args = [...process.execArgv, '--no-warnings', child, file, pattern];
  const env = { ...process.env, FOVEA_BACKEND: name, FOVEA_TARGET: target };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, maxBuffer: 2 ** 28 });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Counts;
}
