/** What the page in the browser offers to the test in Node; and the rows that both go through. Only plain data passes between them. */
import type { DType } from '../../src/types.js';
import { cases } from '../cases.js';

/** Every fifth row of the table: cases.test.ts runs all of them on the same wasm, here they show that it works in a page. */
export const rows = cases.filter((_, index) => index % 5 === 0);

/** An array's content. */
export interface Bytes {
  readonly kind: string;
  readonly base64: string;
}

/** A result, without its memory. */
export interface Sent {
  readonly shape: readonly number[];
  readonly strides?: readonly number[] | undefined;
  readonly offset?: number | undefined;
  readonly dtype?: DType | undefined;
  readonly bytes: Bytes;
}

export interface Page {
  /** The code of the error that a sync op throws before `init`. */
  beforeInit(): string;
  /** A promise twin as the first call of all, without `init`. */
  firstCall(): Promise<number[]>;
  /** What was chosen, and why the better ones were not. */
  targets(): Promise<{ chosen: string; rejected: string[] }>;
  /** Where promise twins run after one has, and the codes of two that were aborted: one midway, one that waited behind it. */
  inWorker(): Promise<{ reason: string; aborted: string[] }>;
  /** What `setBackend` says about the build that was not needed. */
  notDownloaded(): string;
  /** Calls on two threads where the page may have them: what `backend()` says, and whether bits depend on their number. */
  threads(): Promise<{ threads: number; reason: string; same: boolean }>;
  /** The results of `rows`, in their order, on the wasm file of that target. */
  results(target: string): Promise<Record<string, Sent>[]>;
}

declare global {
  var page: Page;
}
