/**
 * A plan on its way to a worker and back: copies of what it reads and room for what it writes, moved rather than copied by postMessage.
 * @module
 */
import type { FoveaErrorCode } from '../errors.js';
import type { Plan, View } from '../plan/plan.js';
import { alike, type Data, moved } from '../plan/tensors.js';
import { touched, writeBack } from './touched.js';

/** To the worker: a plan whose memory goes with it, and which of it is written. */
export interface Request {
  readonly plan: Plan;
  readonly written: readonly Data[];
}

/** From the worker: what was written, or what went wrong. */
export type Reply = { readonly written: readonly Data[] } | { readonly code: FoveaErrorCode; readonly message: string };

interface Parcel {
  readonly request: Request;
  readonly transfer: ArrayBuffer[];
  /** Copies what came back to where the plan wanted it. @throws {FoveaError} ERR_SHAPE when that memory is gone */
  unpack(written: readonly Data[]): void;
}

export function pack(plan: Plan): Parcel {
  const copies: { of: Data; copy: Data }[] = [];
  const written: Data[] = [];
  const homes: { view: View<Data>; sizes: readonly number[] }[] = [];
  const sent = moved(plan, <D extends Data>(view: View<D>, sizes: readonly number[], isWritten: boolean): View<D> => {
    const part = touched(plan, view, sizes);
    const known = isWritten ? undefined : copies.find(({ of }) => sameMemory(of, part));
    const buffer = known?.copy.buffer ?? new ArrayBuffer(part.byteLength);
    const copy = alike(part, buffer, 0, part.length);
    if (isWritten) {
      written.push(copy);
      homes.push({ view: view as View<Data>, sizes });
    } else if (known === undefined) {
      copy.set(part);
      copies.push({ of: part, copy });
    }
    return { data: copy, offset: 0, strides: view.strides };
  });
  return {
    request: { plan: sent, written },
    transfer: buffersOf([...copies.map(({ copy }) => copy), ...written]),
    unpack(results) {
      for (const { view, sizes } of homes) touched(plan, view, sizes);
      for (const [i, { view, sizes }] of homes.entries()) {
        const result = results[i];
        if (result !== undefined) writeBack(view, sizes, result);
      }
    },
  };
}

/** The memory under the arrays, as postMessage's list of what to move wants it: each once, none that is shared. */
export function buffersOf(arrays: readonly Data[]): ArrayBuffer[] {
  return arrays.flatMap(({ buffer }) => (buffer instanceof ArrayBuffer ? [buffer] : []));
}

function sameMemory(a: Data, b: Data): boolean {
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.byteLength === b.byteLength;
}
