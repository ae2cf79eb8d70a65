/** Compares results with what they should be, element by element; says which are out of their bounds, and by how much. */
import { expect } from 'vitest';
import type { FloatData, Layout, Tensor } from '../src/types.js';
import type { Call, Results } from './calls.js';
import { type Format, roundTo } from './numbers.js';
import type { Answers, Bounds } from './oracle.js';
import { dense, formatOf } from './tensors.js';
import type { Bound } from './tolerance.js';

/** An output's numbers with the heads before the sequence, whatever the layout was. */
function headsFirst(tensor: Tensor<FloatData>, layout: Layout | undefined): Float64Array {
  const { shape, data } = dense(tensor);
  if (layout !== 'bshd' || shape.length < 3) return data;
  const [sequence, heads, features] = [shape.at(-3) ?? 0, shape.at(-2) ?? 0, shape.at(-1) ?? 0];
  return data.map((_, count) => {
    const [f, s, h, b] = [
      count % features,
      Math.floor(count / features) % sequence,
      Math.floor(count / features / sequence) % heads,
      Math.floor(count / features / sequence / heads),
    ];
    return data[((b * sequence + s) * heads + h) * features + f] ?? Number.NaN;
  });
}

export function numbersOf(call: Call, name: string, tensor: Tensor<FloatData>): Float64Array {
  const layout = 'layout' in call.options ? call.options.layout : undefined;
  return name === 'output' && call.op !== 'rotary' ? headsFirst(tensor, layout) : dense(tensor).data;
}

/** What is wrong with an element, or undefined. A rounding is monotone, so the interval's ends are rounded to the format as well. */
function fault(actual: number, expected: number, format: Format, slack: number, low: number, high: number): string | undefined {
  if (Number.isNaN(expected) || Number.isNaN(actual))
    return Number.isNaN(expected) && Number.isNaN(actual) ? undefined : `${actual}, expected ${expected}`;
  if (actual === expected) return undefined;
  if (!Number.isFinite(expected)) return `${actual}, expected ${expected}`;
  if (Math.abs(actual - expected) <= slack && actual >= low && actual <= high) return undefined;
  const least = roundTo(format, Math.max(expected - slack, low));
  const most = roundTo(format, Math.min(expected + slack, high));
  return actual >= least && actual <= most
    ? undefined
    : `${actual}, expected ${expected} within [${least}, ${most}]: off by ${Math.abs(actual - expected) / slack} of what it may`;
}

/** Every element that is out of its bounds. */
export function faults(name: string, actual: Float64Array, expected: Float64Array, bound: Bound, format: Format): string[] {
  if (actual.length !== expected.length) return [`${name} has ${actual.length} elements, expected ${expected.length}`];
  const found: string[] = [];
  for (let i = 0; i < actual.length; i++) {
    const wrong = fault(
      actual[i] ?? 0,
      expected[i] ?? 0,
      format,
      bound.slack[i] ?? 0,
      bound.low?.[i] ?? Number.NEGATIVE_INFINITY,
      bound.high?.[i] ?? Number.POSITIVE_INFINITY,
    );
    if (wrong) found.push(`${name}[${i}] is ${wrong}`);
  }
  return found;
}

/** All results of a call against all that is expected of it. */
export function expectWithin(call: Call, results: Results, expected: Answers, bounds: Bounds): void {
  expect(Object.keys(results).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, tensor] of Object.entries(results)) {
    const [answer, bound] = [expected[name], bounds[name]];
    if (!answer || !bound) throw new Error(`nothing is known of ${name}`);
    const wrong = faults(name, numbersOf(call, name, tensor), answer, bound, formatOf(tensor));
    expect(wrong.slice(0, 5), `${wrong.length} of ${answer.length} elements`).toEqual([]);
  }
}
