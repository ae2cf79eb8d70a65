/** The rows of a KVCache and their blocks, over memory that counts itself and fails when it is told to. */
import { beforeEach, describe, expect, it } from 'vitest';
import { CacheStore } from '../src/cache/store.js';
import { thrown } from './thrown.js';

const sizes = { kvHeads: 1, headDim: 1, valueDim: 1, blockTokens: 4, dtype: 'float32' } as const;
const all = [0, 1, 2];

describe('the rows of a cache', () => {
  let living = 0;
  let made = 0;
  let most = Number.POSITIVE_INFINITY;
  const memory = {
    allocate(bytes: number) {
      if (made === most) throw new Error('no memory');
      made += 1;
      living += 1;
      const block = new Uint8Array(bytes);
      return {
        bytes,
        view: () => block,
        free: () => {
          living -= 1;
        },
      };
    },
  };
  const store = () => new CacheStore(memory, sizes, all.length, 100);
  const lengths = ({ rows }: CacheStore) => rows.map(({ length }) => length);
  const append = (to: CacheStore, count: number, rows = all) => to.append(rows, count, () => {});
  const refused = () => {
    throw new Error('refused');
  };

  beforeEach(() => {
    [living, made, most] = [0, 0, Number.POSITIVE_INFINITY];
  });

  it('a write that is refused leaves lengths, blocks and claims as they were', () => {
    const cache = store();
    append(cache, 2);
    const fork = cache.share();
    expect(thrown(() => cache.append(all, 7, refused))).toMatchObject({ message: 'refused' });
    expect([lengths(cache), living]).toEqual([[2, 2, 2], 3]);
    // Both may still be the first that writes on; the second takes a copy.
    append(fork, 1);
    expect(made).toBe(3 + 6);
    append(cache, 1);
    expect([living, made]).toEqual([6, 3 + 6 + 3]);
  });

  it('memory that fails at any block leaves lengths, blocks and claims as they were', () => {
    for (let more = 0; more < 6; more++) {
      [living, made, most] = [0, 0, Number.POSITIVE_INFINITY];
      const cache = store();
      append(cache, 3);
      const fork = cache.share();
      most = made + more;
      expect(thrown(() => append(cache, 7))).toMatchObject({ message: 'no memory' });
      expect([lengths(cache), lengths(fork), living]).toEqual([[3, 3, 3], [3, 3, 3], 3]);
      most = Number.POSITIVE_INFINITY;
      const before = made;
      append(fork, 1);
      expect(made).toBe(before);
      append(cache, 1);
      expect([made, living]).toEqual([before + 3, 6]);
      cache.release();
      fork.release();
      expect(living).toBe(0);
    }
  });

  it('rows that share a block write on in one of them and copy for the others', () => {
    const cache = store();
    append(cache, 3, [1]);
    cache.reorder([1, 1, 1]);
    most = made + 1;
    expect(thrown(() => append(cache, 1))).toMatchObject({ message: 'no memory' });
    expect([lengths(cache), living]).toEqual([[3, 3, 3], 1]);
    most = Number.POSITIVE_INFINITY;
    const before = made;
    append(cache, 1);
    expect([made, living]).toEqual([before + 2, 3]);
  });
});
