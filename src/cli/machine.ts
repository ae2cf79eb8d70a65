/**
 * What a report begins with: versions, platform and processor.
 * @module
 */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';

/** fovea's own. */
export const version: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;

export interface Machine {
  readonly fovea: string;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
}

export function machine(): Machine {
  const cpu = cpus()[0]?.model.trim() || 'unknown processor';
  return { fovea: version, node: process.version, platform: `${process.platform} ${process.arch}`, cpu, cores: availableParallelism() };
}

export function machineLines({ fovea, node, platform, cpu, cores }: Machine): readonly string[] {
  return [`fovea ${fovea} · Node ${node} · ${platform}`, `${cpu} · ${cores === 1 ? 'one core' : `${cores} cores`}`];
}
