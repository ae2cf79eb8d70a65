/**
 * From a weight to a step of the colours.
 * @module
 */
import { lastStep } from './viridis.js';

/** What is known of all values that a picture shows. */
export interface Extremes {
  /** Of the finite ones; Infinity where there are none. */
  readonly low: number;
  /** Of the finite ones; -Infinity where there are none. */
  readonly high: number;
  readonly hasNaN: boolean;
}

export interface Scale {
  readonly low: number;
  readonly high: number;
  /** Some value lies below `low`, or above `high`. */
  readonly clips: { readonly low: boolean; readonly high: boolean };
  readonly hasNaN: boolean;
}

/** From 0, or the lowest value if that is below, to the highest; or as `range` has it. */
export function scaleOf({ low, high, hasNaN }: Extremes, range?: readonly [number, number]): Scale {
  if (range !== undefined) return { low: range[0], high: range[1], clips: { low: low < range[0], high: high > range[1] }, hasNaN };
  const bottom = Math.min(0, low);
  const top = Math.max(high, bottom);
  return { low: bottom, high: top > bottom ? top : bottom + 1, clips: { low: false, high: false }, hasNaN };
}

/** 0 to 255; undefined for NaN. */
export function stepOf({ low, high }: Scale, value: number): number | undefined {
  if (Number.isNaN(value)) return undefined;
  return Math.round(lastStep * Math.min(1, Math.max(0, (value - low) / (high - low))));
}
