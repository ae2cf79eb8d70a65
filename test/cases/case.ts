/** What a row of the table is. */
import type { Call } from '../calls.js';

export interface Case {
  /** The reason why the row is there. */
  readonly name: string;
  /** Builds the call anew, with fresh memory and the same numbers each time. */
  readonly call: () => Call;
}

/** A change to a draft of a call, alone and in pairs with every other. */
export interface Feature<Draft, Options> {
  readonly name: string;
  /** Features of one kind exclude each other. */
  readonly kind?: string;
  /** Applied first, so that options know the final sizes. */
  readonly change?: (draft: Draft) => Partial<Draft>;
  readonly options?: (draft: Draft) => Options;
}

/** Every feature alone, then every two that can stand together. */
export function alonePaired<F extends { readonly name: string; readonly kind?: string }>(features: readonly F[]): (readonly F[])[] {
  const pairs = features.flatMap((first, i) =>
    features.slice(i + 1).flatMap((second) => (first.kind !== undefined && first.kind === second.kind ? [] : [[first, second]])),
  );
  return [...features.map((feature) => [feature]), ...pairs];
}
