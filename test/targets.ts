/** Every backend and target that is compiled in, and why those that do not run here do not. */
import { setBackend } from '../src/node.js';
import type { BackendName } from '../src/types.js';

export interface Target {
  readonly name: BackendName;
  readonly target: string;
}

export interface NotRun extends Target {
  readonly why: string;
}

/** All there are, best first; README.md and docs/design.md list the same. */
const all: readonly Target[] = [
  { name: 'native', target: 'avx512bf16' },
  { name: 'native', target: 'avx512' },
  { name: 'native', target: 'avx2' },
  { name: 'native', target: 'sse4' },
  { name: 'native', target: 'neon' },
  { name: 'wasm', target: 'relaxed-simd' },
  { name: 'wasm', target: 'simd' },
  { name: 'reference', target: 'js' },
];

/** Sets the backend, and throws where it cannot be had. */
export function use({ name, target }: Target): void {
  setBackend(name, { target });
}

export const label = ({ name, target }: Target): string => `${name} ${target}`;

function tried(): { run: Target[]; notRun: NotRun[] } {
  const run: Target[] = [];
  const notRun: NotRun[] = [];
  for (const candidate of all) {
    try {
      use(candidate);
      run.push(candidate);
    } catch (error) {
      notRun.push({ ...candidate, why: error instanceof Error ? error.message : String(error) });
    }
  }
  setBackend('auto');
  return { run, notRun };
}

/** What this machine runs, and what it does not. */
export const { run: targets, notRun } = tried();
