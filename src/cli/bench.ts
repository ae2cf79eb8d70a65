/**
 * `fovea bench`: each case on each backend and target that runs here, in this one process. A first impression; the comparison with other libraries, each
 * in a process of its own and each result checked, is `npm run compare` in a checkout.
 * @module
 */
import { UsageError } from '../../examples/program/errors.mjs';
import { startProgress } from '../../examples/program/progress.mjs';
import * as fovea from '../node.js';
import { type BenchCase, cases } from './bench-cases.js';
import { colours } from './colours.js';
import { type Align, columns } from './columns.js';
import { machine, machineLines } from './machine.js';
import { type Measured, measure } from './measure.js';
import { labelOf, type Target, targets } from './targets.js';

export interface BenchOptions {
  readonly only?: readonly string[];
  readonly cases?: readonly string[];
  readonly threads?: number;
  readonly json?: boolean;
}

interface Row extends Measured {
  readonly case: string;
  readonly backend: fovea.BackendName;
  readonly target: string;
  readonly threads: number;
  readonly unit: BenchCase['unit'];
  readonly rate: number;
}

const note =
  'Medians of a few runs in one process, nothing else beside them. The comparison with other libraries is `npm run compare` in a checkout of fovea.';

export async function bench({ only, cases: wanted, threads, json = false }: BenchOptions): Promise<string> {
  if (threads !== undefined) fovea.setThreads(threads);
  const chosenCases = chosen('--cases', wanted, cases, ({ name }) => name);
  const chosenTargets = chosen('--only', only, targets(fovea), labelOf);
  const run = chosenTargets.filter(({ why }) => why === undefined);
  const results = measureAll(run, chosenCases);
  const notRun = chosenTargets.filter(({ why }) => why !== undefined);
  if (json) return `${JSON.stringify({ ...machine(), results, notRun }, null, 2)}\n`;
  return [
    ...machineLines(machine()),
    '',
    tableOf(results),
    ...(notRun.length > 0 ? ['', ...notRun.map((it) => `not ${labelOf(it)}: ${it.why}`)] : []),
    '',
    colours.dim(note),
    '',
  ].join('\n');
}

/** The things whose names contain one of the words; a name itself means that thing alone. */
function chosen<T>(option: string, words: readonly string[] | undefined, things: readonly T[], nameOf: (thing: T) => string): readonly T[] {
  if (words === undefined) return things;
  const wanted = words.flatMap((word) => {
    const exact = things.filter((thing) => nameOf(thing).split(' ').includes(word) || nameOf(thing) === word);
    const found = exact.length > 0 ? exact : things.filter((thing) => nameOf(thing).includes(word));
    if (found.length === 0) throw new UsageError(`${option} is '${word}', expected (a part of) one of: ${things.map(nameOf).join(', ')}`);
    return found;
  });
  return things.filter((thing) => wanted.includes(thing));
}

/** Case by case within a target, so that it is switched to once. */
function measureAll(run: readonly Target[], cases: readonly BenchCase[]): readonly Row[] {
  const progress = startProgress('bench', run.length * cases.length);
  try {
    return run.flatMap(({ backend, target }) => {
      fovea.setBackend(backend, { target });
      return cases.map((it) => {
        const row = rowOf(it);
        progress.advance(1);
        return row;
      });
    });
  } finally {
    progress.stop();
    fovea.setBackend('auto');
  }
}

function rowOf({ name, unit, amount, prepare }: BenchCase): Row {
  const { run, dispose } = prepare();
  const measured = measure(run);
  const { name: backend, target, threads } = fovea.backend();
  dispose?.();
  return { case: name, backend, target, threads, ...measured, unit, rate: amount / measured.medianMs / 1e6 };
}

function tableOf(rows: readonly Row[]): string {
  const names = [...new Set(rows.map((row) => row.case))];
  const aligned: readonly Align[] = ['left', 'left', 'right', 'right', 'right', 'right', 'left', 'right'];
  return columns(
    ['case', 'on', 'threads', 'ms', 'runs', 'rate', '', '× reference'],
    aligned,
    names.flatMap((name) => linesOf(rows.filter((row) => row.case === name))),
  );
}

/** The rows of one case, the fastest of them bold. */
function linesOf(rows: readonly Row[]): readonly (readonly string[])[] {
  const reference = rows.find(({ backend }) => backend === 'reference');
  const least = Math.min(...rows.map(({ medianMs }) => medianMs));
  return rows.map((row, index) => {
    const times = reference === undefined ? '' : digits(reference.medianMs / row.medianMs);
    const cells = [labelOf(row), String(row.threads), digits(row.medianMs), String(row.runs), digits(row.rate), row.unit, times];
    return [index === 0 ? row.case : '', ...cells.map((cell) => (row.medianMs === least ? colours.bold(cell) : cell))];
  });
}

/** Three of them. */
function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
