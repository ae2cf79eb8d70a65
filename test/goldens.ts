/** What PyTorch gives, as test/golden/pytorch.py has written it: arguments and options as fovea takes them, results in float64. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Tensor, TensorData } from '../src/types.js';
import { type Dense, sizeOf } from './tensors.js';

export interface Golden {
  readonly op: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  /** Those of a score lie under the names of its fields, `dScore.weight`. */
  readonly results: ReadonlyMap<string, Dense>;
}

/** Results are written in 10 digits. */
export const digits = 0.5e-9;

/** Options that are typed arrays and no tensors. */
const bare = new Set(['alibi', 'sinks', 'keyLengths', 'queryLengths', 'positions']);
const arrays = { float64: Float32Array, uint8: Uint8Array, int32: Int32Array };

interface Written {
  readonly shape: readonly number[];
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isTensor = (value: unknown): value is Written & Readonly<Record<string, unknown>> => isRecord(value) && 'shape' in value;

function numbersOf(value: unknown, size: number): readonly number[] {
  if (!Array.isArray(value) || value.length !== size || !value.every((one) => Number.isFinite(one))) throw new TypeError('no such numbers');
  return value;
}

/** A tensor of the kind that its numbers are of, every one of them exact. */
function tensorOf(written: Written & Readonly<Record<string, unknown>>): Tensor<TensorData> {
  const { shape } = written;
  for (const [kind, Kind] of Object.entries(arrays))
    if (kind in written) {
      const numbers = numbersOf(written[kind], sizeOf(shape));
      const data = Kind.from(numbers);
      if (numbers.some((number, at) => number !== data[at])) throw new RangeError('an input that its type does not hold');
      return { data, shape };
    }
  throw new TypeError(`no numbers: ${Object.keys(written)}`);
}

function given(name: string, value: unknown): unknown {
  if (isTensor(value)) return bare.has(name) ? tensorOf(value).data : tensorOf(value);
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, given(key, one)]));
  return value;
}

function* resultsOf(value: unknown, prefix = ''): Generator<[string, Dense]> {
  if (!isRecord(value)) throw new TypeError('no results');
  for (const [name, one] of Object.entries(value)) {
    if (isTensor(one)) yield [prefix + name, { shape: one.shape, data: Float64Array.from(numbersOf(one.float64, sizeOf(one.shape))) }];
    else yield* resultsOf(one, `${prefix}${name}.`);
  }
}

/** An argument that has to be there. */
export function argument<T>(golden: Golden, name: string): T {
  const value = golden.arguments[name];
  if (value === undefined) throw new TypeError(`${golden.op}, ${golden.name} has no ${name}`);
  return value as T;
}

const path = fileURLToPath(new URL('golden/pytorch.json', import.meta.url));
const file: { goldens: { op: string; name: string; arguments: unknown; options: unknown; results: unknown }[] } = JSON.parse(
  readFileSync(path, 'utf8'),
);

export const goldens: readonly Golden[] = file.goldens.map(({ op, name, ...rest }) => ({
  op,
  name,
  arguments: given('arguments', rest.arguments) as Golden['arguments'],
  options: given('options', rest.options) as Golden['options'],
  results: new Map(resultsOf(rest.results)),
}));
