/**
 * `fovea info`: what runs here and why, and what each target of this machine says. Where a choice was forced that cannot be had, the rest is shown all
 * the same, and the exit code is 1.
 * @module
 */
import type { BackendInfo } from '../index.js';
import { colours } from './colours.js';
import { columns } from './columns.js';
import { type Machine, machine, machineLines } from './machine.js';
import { labelOf, type Target, targets } from './targets.js';

type Library = typeof import('../node.js');

interface Info extends Machine {
  /** The variables that are set. */
  readonly environment: Readonly<Record<string, string>>;
  readonly backend: Chosen | null;
  /** Why there is none. */
  readonly error?: { readonly code: string; readonly message: string };
  readonly targets: readonly Target[];
}

interface Chosen extends Omit<BackendInfo, 'rejected'> {
  readonly rejected: readonly { readonly name: string; readonly target?: string | undefined; readonly message: string }[];
}

const variables = ['FOVEA_BACKEND', 'FOVEA_TARGET', 'FOVEA_THREADS', 'FOVEA_ADDON'];

export async function info({ json = false }: { readonly json?: boolean }): Promise<string> {
  const gathered = await gather();
  if (gathered.error) process.exitCode = 1;
  return json ? `${JSON.stringify(gathered, null, 2)}\n` : `${textOf(gathered).join('\n')}\n`;
}

async function gather(): Promise<Info> {
  const environment = Object.fromEntries(variables.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
  try {
    const library = await import('../node.js');
    return { ...machine(), environment, backend: chosen(library), targets: targets(library) };
  } catch (error) {
    if (!(error instanceof Error && error.name === 'FoveaError' && 'code' in error)) throw error;
    const { code, message } = error;
    return { ...machine(), environment, backend: null, error: { code: String(code), message }, targets: targets(await unforced()) };
  }
}

/** The library as it loads without the variables that kept it from loading: what throws while it is required is required anew. */
async function unforced(): Promise<Library> {
  for (const name of variables.slice(0, 3)) delete process.env[name];
  return import('../node.js');
}

function chosen({ backend }: Library): Chosen {
  const { rejected, ...info } = backend();
  return { ...info, rejected: rejected.map(({ name, target, error }) => ({ name, target, message: error.message })) };
}

function textOf({ environment, backend, error, targets, ...machine }: Info): readonly string[] {
  const set = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return [
    ...machineLines(machine),
    ...(set.length > 0 ? [set.join(' ')] : []),
    '',
    ...(backend ? chosenLines(backend) : [colours.red(error?.message ?? '')]),
    '',
    columns(
      ['target', 'threads', ''],
      ['left', 'right', 'left'],
      targets.map((it) => [labelOf(it), String(it.threads ?? '–'), it.why ?? '']),
    ),
  ];
}

function chosenLines({ name, target, threads, reason, rejected }: Chosen): readonly string[] {
  return [
    colours.bold(`${name} ${target}, ${threads === 1 ? 'one thread' : `${threads} threads`}`),
    reason,
    ...rejected.map((it) => `not ${labelOf({ backend: it.name, target: it.target })}: ${it.message}`),
  ];
}
