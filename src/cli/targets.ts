/**
 * Every backend and target that fovea has for this kind of processor, and what comes of asking for it.
 * @module
 */
import type { BackendName } from '../index.js';

export interface Target {
  readonly backend: BackendName;
  /** Missing where a backend has none of its targets, for one reason. */
  readonly target?: string;
  /** Threads a call would use; missing where it does not work. */
  readonly threads?: number;
  /** Why it does not work. */
  readonly why?: string;
}

/** Best first. */
const names: Readonly<Record<BackendName, readonly string[]>> = {
  native: nativeNames(),
  wasm: ['relaxed-simd', 'simd'],
  reference: ['js'],
};

function nativeNames(): readonly string[] {
  if (process.arch === 'x64') return ['avx512bf16', 'avx512', 'avx2', 'sse4'];
  return process.arch === 'arm64' ? ['neon'] : [];
}

/** Tries each, then goes back to the choice made at load. */
export function targets({ setBackend, backend }: Pick<typeof import('../index.js'), 'setBackend' | 'backend'>): readonly Target[] {
  const found = (['native', 'wasm', 'reference'] as const).flatMap((name) => {
    const tried = (names[name].length > 0 ? names[name] : [undefined]).map((target) => attempt(name, target));
    const [first] = tried;
    const sameReason = first?.why !== undefined && tried.every(({ why }) => why === first.why);
    return sameReason ? [{ backend: name, why: first.why }] : tried;
  });
  setBackend('auto');
  return found;

  function attempt(name: BackendName, target: string | undefined): Target {
    const named = target === undefined ? { backend: name } : { backend: name, target };
    try {
      setBackend(name, { target });
      return { ...named, threads: backend().threads };
    } catch (error) {
      const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error; // the reason itself, not who asked
      return { ...named, why: reason instanceof Error ? reason.message : String(reason) };
    }
  }
}

export function labelOf({ backend, target }: { readonly backend: string; readonly target?: string | undefined }): string {
  return target === undefined ? backend : `${backend} ${target}`;
}
