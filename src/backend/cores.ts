/**
 * How many cores this process may use, in Node: those of its affinity, and no more than its container's CPU quota pays for.
 * Formats: Linux, admin-guide/cgroup-v2, "cpu.max"; scheduler/sched-bwc for version 1.
 * @module
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/** @param root where the file system begins, for tests */
export function availableCores(root = '/', cores = availableParallelism()): number {
  // A part of a core is rounded down: one thread more would be stopped for a part of every period, and the others wait for it.
  return Math.max(1, Math.min(cores, Math.floor(quota(root))));
}

/** In cores; Infinity where there is none. The smallest of the group's own and those of the groups around it. */
function quota(root: string): number {
  let least = Number.POSITIVE_INFINITY;
  for (const line of read(root, 'proc/self/cgroup').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    if (controllers !== '' && !controllers.split(',').includes('cpu')) continue;
    const base = controllers === '' ? 'sys/fs/cgroup' : `sys/fs/cgroup/${controllers}`;
    const parts = path.split('/').filter(Boolean);
    for (let depth = parts.length; depth >= 0; depth -= 1) least = Math.min(least, quotaOf(root, join(base, ...parts.slice(0, depth))));
  }
  return least;
}

function quotaOf(root: string, group: string): number {
  const [limit = '', period = ''] = read(root, join(group, 'cpu.max')).split(' ');
  const cores =
    limit === ''
      ? Number(read(root, join(group, 'cpu.cfs_quota_us'))) / Number(read(root, join(group, 'cpu.cfs_period_us')))
      : Number(limit) / Number(period);
  return cores > 0 ? cores : Number.POSITIVE_INFINITY; // 'max' and what cannot be read are NaN, -1 is none
}

function read(root: string, path: string): string {
  try {
    return readFileSync(join(root, path), 'utf8').trim();
  } catch {
    return '';
  }
}
