/**
 * KVCache: keys and values of a decoder, kept where the kernels read them.
 * @module
 */
import type { Backend } from '../backend/backend.js';
import { active } from '../backend/select.js';
import { CacheStore } from '../cache/store.js';
import { tensorsOf } from '../cache/tensors.js';
import { planAppend } from '../plan/append.js';
import { type CacheSizes, disposedError, planCache, planReorder, planTruncate, tokensKept } from '../plan/cache.js';
import { planCacheAttention } from '../plan/cache-attention.js';
import type {
  AppendOptions,
  Asked,
  AsyncOptions,
  AttentionResult,
  CacheAttentionOptions,
  CacheDType,
  CacheTensors,
  DisposableBySymbol,
  FloatData,
  KVCacheOptions,
  OutData,
  Tensor,
  TruncateOptions,
} from '../types.js';
import { type Kept, type Planned, run, runAsync } from './run.js';

const attentionName = 'KVCache.attention';

/** Adds Symbol.dispose to the class, where the library has that symbol. */
export interface KVCache extends DisposableBySymbol {}

/**
 * The keys and values that a decoder has seen, row by row, and attention over them: append what is new, ask with the newest
 * queries. Memory is taken in blocks of 256 tokens as they come; nothing that is there is copied when it grows.
 *
 * A cache stays with the backend that was chosen when it was made. Operations on it take effect in the order of the calls.
 * @example
 * const cache = new KVCache({ batch: 1, kvHeads: 8, headDim: 64, capacity: 4096 });
 * cache.append(k, v); // [1, 8, n, 64]: the prompt, then a token at a time
 * const { output } = cache.attention(q); // q [1, 32, n, 64], causal: the last query sees all
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see above
export class KVCache {
  readonly batch: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly valueDim: number;
  /** Tokens that a row may hold. */
  readonly capacity: number;
  readonly dtype: CacheDType;
  /** `[left, right]`; `Infinity` where there is no bound. */
  readonly window: readonly [number, number];
  readonly #sizes: CacheSizes;
  #backend: Backend;
  #store: CacheStore | undefined;
  /** What it is to the calls that read it. */
  readonly #kept: Kept = {
    backendFor: () => this.#backend,
    hold: () => {
      const held = this.#open(attentionName).share();
      return () => held.release();
    },
  };

  /**
   * @throws {FoveaError} ERR_OPTION; ERR_OUT_OF_MEMORY for a capacity whose bytes overflow; ERR_NOT_READY in a browser before `init`
   */
  constructor(options: KVCacheOptions) {
    const sizes = planCache(options);
    this.#sizes = sizes;
    this.#backend = active('KVCache');
    this.#store = new CacheStore(this.#backend.memory, sizes, sizes.batch, tokensKept(sizes));
    this.batch = sizes.batch;
    this.kvHeads = sizes.kvHeads;
    this.headDim = sizes.headDim;
    this.valueDim = sizes.valueDim;
    this.capacity = sizes.capacity;
    this.dtype = sizes.dtype;
    this.window = sizes.window;
  }

  /** `[batch]`: tokens that each row has seen. @throws {FoveaError} ERR_DISPOSED */
  get lengths(): Int32Array {
    return Int32Array.from(this.#open('KVCache.lengths').rows, ({ length }) => length);
  }

  /** Bytes of memory that its blocks take now; those that it shares with a fork count in both. 0 once disposed of. */
  get bytes(): number {
    return this.#store?.bytes ?? 0;
  }

  /**
   * Takes in n tokens at the end of every row, or of one.
   * @param k `[batch, kvHeads, n, headDim]`, float32 or the cache's own half type; rank 3 `[kvHeads, n, headDim]` where one row grows
   * @param v `[batch, kvHeads, n, valueDim]`, of the dtype of k
   * @throws {FoveaError} ERR_SHAPE also past the capacity, ERR_DTYPE, ERR_OPTION also for a number that int8 cannot hold,
   * ERR_OUT_OF_MEMORY, ERR_DISPOSED: the cache is then as it was
   */
  append<D extends FloatData>(k: Tensor<D>, v: Tensor<D>, options?: AppendOptions): void {
    const store = this.#open('KVCache.append');
    const { plan, indices } = planAppend(this.#sizes, store.rows, k, v, options);
    if (plan.length === 0) return;
    store.append(indices, plan.length, (growths) => {
      const rows = growths.map((growth) => growth.pages());
      this.#backend.run({ ...plan, positions: Int32Array.from(growths, ({ position }) => position), rows });
    });
  }

  /**
   * Attention of q over the tokens of its row, {@link attention} with its options but keyLengths: `causal` is true unless said otherwise, and
   * query 0 stands at length − sq, so that the last query sees the row's last token. A row without tokens gives 0.
   * @param q `[batch, hq, sq, headDim]`, float32 or the cache's own half type; of rank 3 or 2 where the batch is 1
   * @returns output `[batch, hq, sq, valueDim]` in the rank, layout and dtype of q, or `out`
   * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY, ERR_DISPOSED, all before anything is written
   */
  attention<D extends FloatData, O extends FloatData = never, W extends Asked = false, L extends Asked = false>(
    q: Tensor<D>,
    options?: CacheAttentionOptions<O, W, L>,
  ): AttentionResult<OutData<D, O>, W, L> {
    return run(attentionName, this.#attention(q, options), this.#kept) as AttentionResult<OutData<D, O>, W, L>;
  }

  /**
   * {@link KVCache.attention} off the event loop, over the tokens that are there at the call: what happens to the cache meanwhile, even
   * its end, changes nothing.
   * @returns rejects where attention throws, and with ERR_ABORTED when `signal` fires
   */
  async attentionAsync<D extends FloatData, O extends FloatData = never, W extends Asked = false, L extends Asked = false>(
    q: Tensor<D>,
    options?: CacheAttentionOptions<O, W, L> & AsyncOptions,
  ): Promise<AttentionResult<OutData<D, O>, W, L>> {
    return (await runAsync(attentionName, options, (own) => this.#attention(q, own), this.#kept)) as AttentionResult<OutData<D, O>, W, L>;
  }

  /**
   * Forgets the tokens from position `length` on, of every row or of one.
   * @throws {FoveaError} ERR_OPTION beyond a row's length, or back to where a window has given up what would be seen; ERR_DISPOSED
   */
  truncate(length: number, options?: TruncateOptions): void {
    const store = this.#open('KVCache.truncate');
    store.truncate(planTruncate(this.#sizes, store.rows, length, options), length);
  }

  /**
   * Row i goes on as row `rows[i]` was, as a beam search wants it. Rows may be repeated: they then share their memory, and the
   * first that appends to a shared block of 256 tokens takes a copy of it.
   * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION when it is no list of `batch` rows; ERR_DISPOSED
   */
  reorder(rows: readonly number[] | Int32Array): void {
    const store = this.#open('KVCache.reorder');
    store.reorder(planReorder(this.batch, rows));
  }

  /**
   * A cache with the same tokens that goes its own way, at the price of a list: blocks are shared and copied only when one of
   * both writes where the other one reads.
   * @throws {FoveaError} ERR_DISPOSED
   */
  fork(): KVCache {
    const store = this.#open('KVCache.fork');
    const { batch, kvHeads, headDim, valueDim, capacity, dtype, window } = this;
    const fork = new KVCache({ batch, kvHeads, headDim, valueDim, capacity, dtype, window });
    fork.#backend = this.#backend;
    fork.#store = store.share();
    return fork;
  }

  /** The tokens that are kept, as tensors of their own. @throws {FoveaError} ERR_OUT_OF_MEMORY, ERR_DISPOSED */
  toTensors(): CacheTensors {
    const { rows } = this.#open('KVCache.toTensors');
    const end = Math.max(...rows.map(({ length }) => length));
    const start = Math.min(...rows.map(({ first }) => first));
    return { ...tensorsOf(rows, this.#sizes, start, end), start, lengths: this.lengths };
  }

  /** Gives the memory back; calls that run end well, any later call is ERR_DISPOSED. Twice is once. */
  dispose(): void {
    this.#store?.release();
    this.#store = undefined;
  }

  #attention(q: unknown, options: unknown): Planned<AttentionResult<FloatData>> {
    const store = this.#open(attentionName);
    return planCacheAttention(this.#sizes, store.rows, store.pages(), q, options);
  }

  #open(op: string): CacheStore {
    if (this.#store === undefined) throw disposedError(op);
    return this.#store;
  }
}

// `using cache = new KVCache(…)`, wherever the engine has the symbol.
if (Symbol.dispose !== undefined) Object.defineProperty(KVCache.prototype, Symbol.dispose, { value: KVCache.prototype.dispose });
