/**
 * Chooses the backend: candidates best first, the first one that loads and passes its self-check. What failed keeps its reason.
 * A preset (node.ts, browser.ts) starts it once; from then on an op reads one field.
 * @module
 */
import { asError, FoveaError } from '../errors.js';
import type { BackendInfo, BackendName, InitOptions, SetBackendOptions } from '../types.js';
import type { Backend, Candidate } from './backend.js';
import { cannotBeHad, checkNames, notReady, type Rejected, reasonFor, unknownBackend, unknownTarget, type Wanted } from './info.js';
import { checked } from './self-check.js';

/** The ways to each backend, best first in both: a list is made only when it is its backend's turn, and may throw why there is none. */
export type Candidates = Readonly<Partial<Record<BackendName, () => readonly Candidate[]>>>;

/** What differs between Node and a browser. */
export interface Preset {
  /** Where all can be had at once (Node): chosen among before `start` returns. */
  readonly candidates?: Candidates;
  /** Makes the candidates when that takes time, or makes them anew of the wasm that `init` was given. */
  open(options: InitOptions): Promise<Candidates>;
  /** FOVEA_BACKEND and FOVEA_TARGET. */
  readonly environment?: { readonly [name: string]: string | undefined };
}

interface Chosen {
  readonly backend: Backend;
  readonly rejected: Rejected;
  readonly wanted: Wanted;
  /** A better one was kept out by what may be gone by now. */
  readonly mayImprove: boolean;
}

let preset: Preset | undefined;
let candidates: Candidates | undefined;
let chosen: Chosen | undefined;
/** Calls of `init` run one after the other, so that two at once do not fetch twice. */
let opening: Promise<void> = Promise.resolve();

/** The backend that runs `op` now. @throws {FoveaError} ERR_NOT_READY in a browser before `init` */
export function active(op: string): Backend {
  if (chosen === undefined) throw notReady(op);
  return chosen.backend;
}

/** The backend that is chosen at the time of the call, or as soon as there is one: what the promise twins wait for. Starts `init` where nobody has. */
export async function ready(): Promise<Backend> {
  if (chosen === undefined) await init();
  return active('init');
}

/**
 * Makes fovea ready: needed once in a browser before the first sync op, done already in Node. Called again, it tries again to
 * download what could not be downloaded.
 * @param options `wasm`: what to make the wasm backend of, instead of the file that comes with fovea
 * @throws {FoveaError} ERR_BACKEND when a forced backend cannot be had, ERR_OPTION for an unknown option
 */
export async function init(options: InitOptions = {}): Promise<void> {
  checkNames('init', options, 'wasm');
  const before = candidates;
  const mine = opening.then(() => {
    const isNew = candidates !== before; // another call has opened since: what failed there would fail again
    const suffices = chosen !== undefined && (isNew || !chosen.mayImprove);
    return options.wasm === undefined && suffices ? undefined : open(options);
  });
  opening = mine.catch(() => {}); // its caller is told; the next call begins anew
  await mine;
}

/**
 * What runs, and why: name, target, threads, one sentence of reason, and every better one with the error that kept it out.
 * @throws {FoveaError} ERR_NOT_READY in a browser before `init`
 */
export function backend(): BackendInfo {
  if (chosen === undefined) throw notReady('backend');
  const { name, target, threads } = chosen.backend;
  return { name, target, threads, reason: reasonFor(chosen.backend, chosen.wanted, chosen.rejected), rejected: chosen.rejected };
}

/**
 * Changes the backend for every call from now on; calls that run keep theirs.
 * @param name 'auto' is the choice made at load, which FOVEA_BACKEND and FOVEA_TARGET force
 * @param options `target`: its instruction set, else the best that works
 * @throws {FoveaError} ERR_BACKEND when that cannot be had (nothing changes then), ERR_NOT_READY in a browser before `init`
 */
export function setBackend(name: BackendName | 'auto', options: SetBackendOptions = {}): void {
  checkNames('setBackend', options, 'target');
  if (candidates === undefined) throw notReady('setBackend');
  const { target } = options;
  if (name === 'auto' && target === undefined) chosen = choose(candidates, wantedAtLoad());
  else
    chosen = choose(candidates, {
      backend: name,
      target,
      by: `setBackend('${name}'${target === undefined ? '' : `, { target: '${target}' }`})`,
    });
}

/** Called by a preset, once: chooses at once where the preset has its candidates. Not public. */
export function start(given: Preset): void {
  preset = given;
  if (given.candidates === undefined) return;
  chosen = choose(given.candidates, wantedAtLoad());
  candidates = given.candidates;
}

/** Every candidate with the error that keeps it out, if one does: for tests and comparisons. Not public. */
export function choices(): { readonly name: BackendName; readonly target?: string; readonly error?: Error }[] {
  return candidates === undefined ? [] : tried(candidates);
}

async function open(options: InitOptions): Promise<void> {
  if (preset === undefined) throw new FoveaError('ERR_NOT_READY', 'init: no preset was started; import fovea itself, not a file inside it');
  const opened = await preset.open(options);
  chosen = choose(opened, chosen?.wanted ?? wantedAtLoad());
  candidates = opened;
}

function wantedAtLoad(): Wanted {
  const name = preset?.environment?.FOVEA_BACKEND || undefined;
  const target = preset?.environment?.FOVEA_TARGET || undefined;
  const by = [name && `FOVEA_BACKEND=${name}`, target && `FOVEA_TARGET=${target}`].filter(Boolean).join(' ');
  return { backend: name ?? 'auto', target, by };
}

function choose(from: Candidates, wanted: Wanted): Chosen {
  if (wanted.backend !== 'auto' && !Object.hasOwn(from, wanted.backend)) throw unknownBackend(wanted, Object.keys(from));
  const rejected: { name: BackendName; target?: string; error: Error }[] = [];
  let mayImprove = false;
  for (const [name, list] of lists(from)) {
    if (wanted.backend !== 'auto' && wanted.backend !== name) continue;
    for (const candidate of attempt(name, list, rejected)) {
      if (wanted.target !== undefined && wanted.target !== candidate.target) continue;
      try {
        return { backend: checked(candidate.load()), rejected, wanted, mayImprove };
      } catch (error) {
        rejected.push({ name, target: candidate.target, error: asError(error) });
        mayImprove ||= candidate.mayRecover === true;
      }
    }
  }
  if (rejected.length === 0) throw unknownTarget(wanted, tried(from));
  throw cannotBeHad(wanted, rejected, tried(from));
}

/** The candidates of one backend; none, and the reason in `rejected`, when even the list cannot be made. */
function attempt(
  name: BackendName,
  list: () => readonly Candidate[],
  rejected: { name: BackendName; error: Error }[],
): readonly Candidate[] {
  try {
    return list();
  } catch (error) {
    rejected.push({ name, error: asError(error) });
    return [];
  }
}

function tried(from: Candidates): { name: BackendName; target?: string; error?: Error }[] {
  return lists(from).flatMap(([name, list]) => {
    const failures: { name: BackendName; error: Error }[] = [];
    const found = attempt(name, list, failures).map((candidate) => {
      try {
        checked(candidate.load());
        return { name, target: candidate.target };
      } catch (error) {
        return { name, target: candidate.target, error: asError(error) };
      }
    });
    return [...failures, ...found];
  });
}

function lists(from: Candidates): [BackendName, () => readonly Candidate[]][] {
  return (['native', 'wasm', 'reference'] as const).flatMap((name) => {
    const list = from[name];
    return list === undefined ? [] : [[name, list] satisfies [BackendName, () => readonly Candidate[]]];
  });
}
