/**
 * The workers that help the calls of one wasm instance: started when a call had more tasks than threads, idle between calls (wasm/pool.cc).
 * @module
 */
import type { KeptBlock } from '../backend.js';
import { wantedThreads } from '../threads.js';
import type { Blocks } from './blocks.js';
import type { StartHelper } from './help.js';
import type { Compiled } from './modules.js';

/** As the linker gives the first thread. */
const stackBytes = 65536;

export class Workers {
  readonly #compiled: Compiled;
  readonly #blocks: Blocks;
  readonly #start: StartHelper | undefined;
  /** Theirs for good, so that nothing else is put there. */
  readonly #stacks: KeptBlock[] = [];
  /** Why there cannot be more, and how many there are then. */
  #failure: { readonly why: string; readonly most: number } | undefined;

  /** @param start undefined where calls run alone */
  constructor(compiled: Compiled, blocks: Blocks, start: StartHelper | undefined) {
    this.#compiled = compiled;
    this.#blocks = blocks;
    this.#start = start;
    if (start === undefined) this.#failure = { why: 'it is a worker itself', most: 1 };
    else if (compiled.alone !== undefined) this.#failure = { why: compiled.alone, most: 1 };
  }

  /** For one call, the caller included. */
  get threads(): number {
    return Math.min(wantedThreads(), this.#failure?.most ?? Number.POSITIVE_INFINITY);
  }

  /** Why there are fewer than were asked for, for `backend()`; undefined when there are not. */
  get shortage(): string | undefined {
    const wanted = wantedThreads();
    const { threads } = this;
    return threads < wanted ? `${threads} of the ${wanted} threads asked for: ${this.#failure?.why ?? ''}` : undefined;
  }

  /** Whether calls may find use for more than there are. */
  get mayGrow(): boolean {
    return this.#stacks.length < this.threads - 1;
  }

  /** Starts what is missing to so many. They come when they are ready: the calls until then run without them. */
  grow(helpers: number): void {
    const start = this.#start;
    const count = Math.min(helpers, this.threads - 1);
    while (start !== undefined && this.#stacks.length < count) {
      let stack: KeptBlock | undefined;
      try {
        const own = this.#blocks.allocate(stackBytes);
        stack = own;
        this.#stacks.push(own);
        const { module, memory } = this.#compiled;
        start({ module, memory, stackEnd: own.view().byteOffset + stackBytes }, (error) => this.#failed(own, error));
      } catch (error) {
        this.#failed(stack, error);
        return;
      }
    }
  }

  /** One that never began, or ended. The others stay; no more are tried. */
  #failed(stack: KeptBlock | undefined, error: unknown): void {
    const index = stack === undefined ? -1 : this.#stacks.indexOf(stack);
    if (index >= 0) this.#stacks.splice(index, 1);
    const why = `no more workers start (${error instanceof Error ? error.message : String(error)})`;
    this.#failure = { why, most: 1 + this.#stacks.length };
  }
}
