/**
 * Runs a test program of ours and reads what it counted: its last line says `N passed, N failed`, and each line `not run: NAME` names what
 * this machine could not run.
 */
import { spawn } from 'node:child_process';
import { root } from './root.mjs';

/**
 * @param {string} script run by Node, its output shown
 * @param {readonly string[]} args
 * @returns {Promise<{ passed: number, failed: number, notRun: string[] }>} a failure more where it ends badly without having counted one
 */
export async function countedBy(script, args = []) {
  const child = spawn(process.execPath, [script, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks = [];
  child.stdout.on('data', (chunk) => {
    chunks.push(chunk);
    process.stdout.write(chunk);
  });
  const status = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const output = Buffer.concat(chunks).toString();
  const [, passed = 0, failed = 0] = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1)?.map(Number) ?? [];
  const notRun = [...output.matchAll(/^not run: (.*)$/gm)].map(([, name]) => name);
  return { passed, failed: status !== 0 && failed === 0 ? 1 : failed, notRun };
}
