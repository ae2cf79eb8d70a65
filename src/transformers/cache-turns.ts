/**
 * Calls of twins that share a cache, one after another: each appends where the one before it has ended.
 * @module
 */
import type { KVCache } from '../ops/kv-cache.js';
import { orAborted } from '../ops/run.js';
import type { Steps } from '../ops/steps.js';

/** A call that has a cache for itself. */
export interface Turn {
  /** What the cache holds: at the call, or when those that the call has waited for have ended. */
  readonly lengths: Int32Array;
  end(): void;
}

/** What the next call on a cache waits for. */
const last = new WeakMap<KVCache, Promise<void>>();

/** Waits for its turn, in the order of the calls. What is done now waits for nobody. */
export function* turnOn(cache: KVCache): Steps<Turn> {
  return (yield {
    now: () => ({ lengths: cache.lengths, end: () => undefined }),
    later: async (name, { signal }) => {
      const before = last.get(cache);
      const { lengths } = cache;
      const end = enqueue(cache, before);
      if (before === undefined) return { lengths, end };
      try {
        await (signal ? orAborted(name, before, signal) : before);
        return { lengths: cache.lengths, end };
      } catch (error) {
        end();
        throw error;
      }
    },
  }) as Turn;
}

/** One more that the next call waits for, until what this gives is called. */
function enqueue(cache: KVCache, before: Promise<void> | undefined): () => void {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const all = (before ?? Promise.resolve()).then(() => ended);
  last.set(cache, all);
  void all.then(() => {
    if (last.get(cache) === all) last.delete(cache);
  });
  return end;
}
