// @ts-check
/** On what a comparison was run. */
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { run } from '../scripts/run/command.mjs';
import { root } from '../scripts/run/root.mjs';

/** What can be said before anything is measured. */
export async function environmentNow() {
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    node: process.version,
    os: `${type()} ${release()} ${arch()}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    commit: await commitOf(),
  };
}

/** Pages and pictures compute nothing, and are what such commands write: one after another, they would take each other's for changes. */
const writtenByCommands = [':(exclude)*.md', ':(exclude)*.svg'];

async function commitOf() {
  try {
    const commit = (await run('git', ['rev-parse', '--short', 'HEAD'], { cwd: root })).trim();
    const changes = await run('git', ['status', '--porcelain', '--untracked-files=no', '--', '.', ...writtenByCommands], { cwd: root });
    return changes === '' ? commit : `${commit} with changes`;
  } catch {
    return null; // a tarball, or no git
  }
}
