/** How a backend is chosen, shown on candidates made for it: order, reasons, forced choices, and a browser's way of waiting. */
import { readFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Backend, Candidate } from '../src/backend/backend.js';
import { heapMemory } from '../src/backend/kept.js';
import { runReference } from '../src/backend/reference/index.js';
import { opNames } from '../src/backend/status.js';
import { candidatesLater } from '../src/backend/wasm/candidates.js';
import { compileLater } from '../src/backend/wasm/modules.js';
import { wasmTargets } from '../src/backend/wasm/targets.js';
import type { FoveaError } from '../src/errors.js';
import type { Plan } from '../src/plan/plan.js';
import type { BackendName } from '../src/types.js';

type Select = typeof import('../src/backend/select.js');

/** The module with a state of its own. */
let select: Select;

beforeEach(async () => {
  vi.resetModules();
  select = await import('../src/backend/select.js');
});

function works(name: BackendName, target: string, run: (plan: Plan) => void = runReference): Candidate {
  const backend: Backend = {
    name,
    target,
    threads: 1,
    asyncRuns: 'nowhere',
    run,
    memory: heapMemory(),
    panelColumns: 1,
    runAsync: async (plan) => run(plan),
  };
  return { name, target, load: () => backend };
}

function fails(name: BackendName, target: string, error: unknown): Candidate {
  return {
    name,
    target,
    load() {
      throw error;
    },
  };
}

/** Right but for the sign of what it is asked to break. */
function wrongIn(op: Plan['op']): (plan: Plan) => void {
  return (plan) => {
    runReference(plan);
    if (plan.op === op && 'out' in plan) for (const [i, number] of plan.out.data.entries()) plan.out.data[i] = -number;
  };
}

const reference = () => [works('reference', 'js')];

function thrownBy(action: () => unknown): FoveaError {
  try {
    action();
  } catch (error) {
    return error as FoveaError;
  }
  throw new Error('nothing was thrown');
}

describe('the order', () => {
  test('the first of the first list is taken, and nothing after it is loaded', () => {
    const later = vi.fn(() => [works('wasm', 'simd')]);
    select.start({ candidates: { native: () => [works('native', 'avx2'), works('native', 'sse4')], wasm: later, reference }, open: never });
    expect(select.backend()).toMatchObject({ name: 'native', target: 'avx2', threads: 1, rejected: [] });
    expect(select.backend().reason).toContain('fastest there is');
    expect(select.backend().reason).toContain('async calls run nowhere');
    expect(later).not.toHaveBeenCalled();
  });

  test('what fails keeps its own error, whatever was thrown', () => {
    const cpu = new Error('this CPU lacks avx512f');
    select.start({
      candidates: { native: () => [fails('native', 'avx512', cpu), fails('native', 'avx2', 'no error')], reference },
      open: never,
    });
    const { name, reason, rejected } = select.backend();
    expect(name).toBe('reference');
    expect(rejected).toHaveLength(2);
    expect(rejected[0]).toEqual({ name: 'native', target: 'avx512', error: cpu });
    expect(rejected[0]?.error).toBe(cpu);
    expect(rejected[1]?.error).toMatchObject({ message: 'no error', cause: 'no error' });
    expect(reason).toContain('native avx512 and native avx2 do not');
  });

  test('a list that cannot even be made is one reason, without a target', () => {
    const missing = new Error('no addon');
    const native = () => {
      throw missing;
    };
    select.start({ candidates: { native, reference }, open: never });
    expect(select.backend().rejected).toEqual([{ name: 'native', error: missing }]);
  });

  test.each(['matmul', 'softmax', 'attention'] as const)('a backend whose %s is wrong does not pass the self-check', (op) => {
    select.start({ candidates: { native: () => [works('native', 'avx2', wrongIn(op))], reference }, open: never });
    expect(select.backend().name).toBe('reference');
    expect(select.backend().rejected[0]?.error).toMatchObject({ code: 'ERR_BACKEND' });
    expect(select.backend().rejected[0]?.error.message).toContain(`self-check: ${op} of native avx2 gave -`);
  });

  test('a backend that gives NaN does not pass either', () => {
    const nothing = (plan: Plan) => 'out' in plan && plan.out.data.fill(Number.NaN);
    select.start({ candidates: { wasm: () => [works('wasm', 'simd', nothing)], reference }, open: never });
    expect(select.backend().rejected[0]?.error.message).toContain('gave NaN');
  });

  test('nothing works: the error lists every reason and carries the last one', () => {
    const last = new Error('and this neither');
    const candidates = { native: () => [fails('native', 'avx2', new Error('not this'))], wasm: () => [fails('wasm', 'simd', last)] };
    const error = thrownBy(() => select.start({ candidates, open: never }));
    expect(error.code).toBe('ERR_BACKEND');
    expect(error.message).toContain('native avx2: not this; wasm simd: and this neither');
    expect(error.cause).toBe(last);
  });
});

describe('a forced choice', () => {
  const candidates = {
    native: () => [fails('native', 'avx512', new Error('this CPU lacks avx512f')), works('native', 'avx2'), works('native', 'sse4')],
    wasm: () => [works('wasm', 'simd')],
    reference,
  };

  test('FOVEA_BACKEND leaves its backend alone to choose from', () => {
    select.start({ candidates, open: never, environment: { FOVEA_BACKEND: 'wasm' } });
    expect(select.backend()).toMatchObject({ name: 'wasm', target: 'simd', rejected: [] });
    expect(select.backend().reason).toContain('asked for by FOVEA_BACKEND=wasm');
  });

  test('FOVEA_TARGET finds the backend that has it', () => {
    select.start({ candidates, open: never, environment: { FOVEA_TARGET: 'sse4' } });
    expect(select.backend()).toMatchObject({ name: 'native', target: 'sse4' });
  });

  test('empty variables force nothing', () => {
    select.start({ candidates, open: never, environment: { FOVEA_BACKEND: '', FOVEA_TARGET: '' } });
    expect(select.backend()).toMatchObject({ name: 'native', target: 'avx2' });
  });

  test('one that cannot be had throws, says why and what there is', () => {
    const error = thrownBy(() => select.start({ candidates, open: never, environment: { FOVEA_TARGET: 'avx512' } }));
    expect(error.code).toBe('ERR_BACKEND');
    expect(error.message).toContain('FOVEA_TARGET=avx512 cannot be had (native avx512: this CPU lacks avx512f)');
    expect(error.message).toContain('What works here: native avx2, native sse4, wasm simd, reference js');
    expect(error.cause).toMatchObject({ message: 'this CPU lacks avx512f' });
  });

  test.each([
    [{ FOVEA_BACKEND: 'natvie' }, "unknown backend 'natvie', expected 'native', 'wasm', 'reference' or 'auto'"],
    [{ FOVEA_TARGET: 'avx9' }, "unknown target 'avx9', expected 'avx512', 'avx2', 'sse4', 'simd' or 'js'"],
    [{ FOVEA_BACKEND: 'native', FOVEA_TARGET: 'simd' }, "unknown target 'simd' of native, expected 'avx512', 'avx2' or 'sse4'"],
    [{ FOVEA_BACKEND: 'toString' }, "unknown backend 'toString'"],
  ])('%o is unknown and the error offers the valid names', (environment, words) => {
    const error = thrownBy(() => select.start({ candidates, open: never, environment }));
    expect(error.code).toBe('ERR_BACKEND');
    expect(error.message).toContain(words);
  });

  test('setBackend changes it and back; one that fails changes nothing', () => {
    select.start({ candidates, open: never, environment: { FOVEA_BACKEND: 'wasm' } });
    select.setBackend('native', { target: 'sse4' });
    expect(select.backend()).toMatchObject({ name: 'native', target: 'sse4' });
    expect(select.backend().reason).toContain("asked for by setBackend('native', { target: 'sse4' })");
    expect(thrownBy(() => select.setBackend('native', { target: 'avx512' })).message).toContain('this CPU lacks avx512f');
    expect(select.active('x')).toMatchObject({ name: 'native', target: 'sse4' });
    select.setBackend('auto', { target: 'simd' });
    expect(select.backend().name).toBe('wasm');
    select.setBackend('reference');
    expect(select.backend().name).toBe('reference');
    select.setBackend('auto'); // as at load: FOVEA_BACKEND holds again
    expect(select.backend()).toMatchObject({ name: 'wasm', target: 'simd' });
  });

  test('a promise twin runs on the backend that was chosen when it was called', async () => {
    select.start({ candidates, open: never });
    const { name } = select.backend();
    const atTheCall = select.ready();
    select.setBackend('reference');
    expect((await atTheCall).name).toBe(name);
    expect(name).not.toBe('reference');
  });

  test('unknown names and options of setBackend and init are errors', async () => {
    select.start({ candidates, open: never });
    const misspelt: object = { traget: 'avx2' };
    expect(thrownBy(() => select.setBackend('native', misspelt))).toMatchObject({ code: 'ERR_OPTION' });
    expect(thrownBy(() => select.setBackend('native', misspelt)).message).toContain("unknown option 'traget', expected 'target'");
    const name: string = 'nativ';
    expect(thrownBy(() => select.setBackend(name as BackendName)).message).toContain("setBackend('nativ'): unknown backend 'nativ'");
    const options: object = { wsam: 1 };
    await expect(select.init(options)).rejects.toThrow("init: unknown option 'wsam', expected 'wasm'");
    const text: unknown = 'avx2';
    expect(thrownBy(() => select.setBackend('native', text as object)).message).toContain(
      "setBackend: the last argument is 'avx2', expected an object: { target }",
    );
    const nothing: unknown = null;
    await expect(select.init(nothing as object)).rejects.toThrow('init: the last argument is null, expected an object: { wasm }');
  });
});

describe("a browser's way", () => {
  test('sync ops before init throw ERR_NOT_READY and say what to do', () => {
    select.start({ open: async () => ({ reference }) });
    for (const action of [() => select.active('attention'), () => select.backend(), () => select.setBackend('wasm')]) {
      expect(thrownBy(action).code).toBe('ERR_NOT_READY');
    }
    expect(thrownBy(() => select.active('attention')).message).toContain('attention: fovea is not ready; await init() first');
  });

  test('ready waits for init, or starts it; it opens once, however often it is called', async () => {
    const open = vi.fn(async () => ({ wasm: () => [works('wasm', 'simd')], reference }));
    select.start({ open });
    await Promise.all([select.ready(), select.init(), select.ready()]);
    await select.init();
    expect(open).toHaveBeenCalledTimes(1);
    expect((await select.ready()).target).toBe('simd');
    expect(select.active('attention').target).toBe('simd');
  });

  test('init that fails tells its caller, and can be called again', async () => {
    const open = vi.fn(async () => ({ reference }));
    open.mockRejectedValueOnce(new Error('offline'));
    select.start({ open });
    await expect(select.init()).rejects.toThrow('offline');
    await select.init();
    expect(select.backend().name).toBe('reference');
  });

  describe('a download that failed', () => {
    const lost = { ...fails('wasm', 'relaxed-simd', new Error('offline')), mayRecover: true };
    const simd = works('wasm', 'simd');

    test('is tried again by the next init, until it succeeds', async () => {
      const open = vi.fn(async () => ({ wasm: () => [works('wasm', 'relaxed-simd'), simd], reference }));
      open.mockResolvedValueOnce({ wasm: () => [lost, simd], reference });
      select.start({ open });
      await select.init();
      expect(select.backend()).toMatchObject({ target: 'simd', rejected: [{ target: 'relaxed-simd' }] });
      await select.init();
      expect(select.backend()).toMatchObject({ target: 'relaxed-simd', rejected: [] });
      await select.init();
      expect(open).toHaveBeenCalledTimes(2);
    });

    test('is not tried again by calls that waited for it, nor by a promise twin', async () => {
      const open = vi.fn(async () => ({ wasm: () => [lost], reference }));
      select.start({ open });
      await Promise.all([select.ready(), select.init(), select.init(), select.ready()]);
      await select.ready();
      expect(open).toHaveBeenCalledTimes(1);
      expect(select.backend().name).toBe('reference');
    });

    test('does not matter to who asked for another backend', async () => {
      const open = vi.fn(async () => ({ wasm: () => [lost], reference }));
      select.start({ open });
      await select.init();
      select.setBackend('reference');
      await select.init();
      expect(open).toHaveBeenCalledTimes(1);
      select.setBackend('auto');
      await select.init();
      expect(open).toHaveBeenCalledTimes(2);
    });

    test('what an engine lacks is no reason to open again', async () => {
      const open = vi.fn(async () => ({ wasm: () => [fails('wasm', 'simd', new Error('no SIMD'))], reference }));
      select.start({ open });
      await select.init();
      await select.init();
      expect(open).toHaveBeenCalledTimes(1);
    });
  });

  test('init({ wasm }) opens again, and keeps what was asked for', async () => {
    const open = vi.fn(async ({ wasm }: { wasm?: unknown }) => ({
      wasm: () => [works('wasm', wasm === undefined ? 'simd' : 'given')],
      reference,
    }));
    select.start({ open });
    await select.init();
    await select.init({ wasm: new Uint8Array(1) });
    expect(select.backend().target).toBe('given');
    select.setBackend('reference');
    await select.init({ wasm: new Uint8Array(1) });
    expect(select.backend().name).toBe('reference');
  });
});

describe('the wasm builds of a browser, with an opener that stands for the network', () => {
  type Open = Parameters<typeof candidatesLater>[0];

  /** The builds of dist/; one that is in `instead` is that. */
  function network(instead: Readonly<Record<string, () => Uint8Array<ArrayBuffer>>> = {}): {
    readonly opened: string[];
    readonly instead: Record<string, () => Uint8Array<ArrayBuffer>>;
    readonly opener: () => Promise<readonly Candidate[]>;
  } {
    const opened: string[] = [];
    const left = { ...instead };
    const open: Open = async ({ name }) => {
      opened.push(name);
      return compileLater(left[name]?.() ?? new Uint8Array(await readFile(new URL(`../dist/fovea-${name}.wasm`, import.meta.url))));
    };
    return { opened, instead: left, opener: candidatesLater(open, { worker: noWorker, helper: noWorker }) };
  }

  const started = async (opener: () => Promise<readonly Candidate[]>) => {
    select.start({
      async open() {
        const list = await opener();
        return { wasm: () => list, reference };
      },
    });
    await select.init();
  };
  const offline = () => {
    throw new Error('offline');
  };
  const [best, next] = wasmTargets.filter(({ probe }) => WebAssembly.validate(probe)).map(({ name }) => name);

  test('only the first that works is downloaded; the others are known and say how they are had', async () => {
    const { opened, opener } = network();
    await started(opener);
    expect(opened).toEqual([best]);
    expect(select.backend().target).toBe(best);
    if (next === undefined) return; // an engine with one of them
    const error = thrownBy(() => select.setBackend('wasm', { target: next }));
    expect(error.message).toContain(`not downloaded; init({ wasm }) with the URL of fovea-${next}.wasm takes it`);
    expect(select.backend().target).toBe(best);
  });

  test('one that instantiates but fails the self-check leads to the next, and is not downloaded again', async () => {
    const { opened, opener } = network({ [best ?? '']: () => doesNothing });
    await started(opener);
    expect(select.backend().rejected.at(-1)?.error.message ?? '').toContain('self-check: matmul of wasm');
    expect(`${select.backend().name} ${select.backend().target}`).toBe(next === undefined ? 'reference js' : `wasm ${next}`);
    await select.init();
    expect(opened).toEqual([best, next].filter(Boolean));
  });

  test('after a failed download init tries that one again, and only that one', async () => {
    const { opened, instead, opener } = network({ [best ?? '']: offline });
    await started(opener);
    const second = select.active('x');
    await select.init();
    expect(select.active('x')).toBe(second);
    delete instead[best ?? ''];
    await select.init();
    expect(select.backend()).toMatchObject({ name: 'wasm', target: best });
    expect(opened).toEqual([best, next, best, best].filter(Boolean));
  });
});

function noWorker(): never {
  throw new Error('there is no Worker here');
}

/** A module with the exports of ours, each of which only gives 0. */
const exported = [...opNames, 'heap_base', 'tile_sizes', 'target_name', 'own', 'wished', 'help', 'trapped'];
const entries = exported.flatMap((name) => [name.length, ...Buffer.from(name), 0, 0]);
const doesNothing = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0],
  ...[1, 5, 1, 96, 0, 1, 127], // (type (func (result i32)))
  ...[3, 2, 1, 0], // (func (type 0) …
  ...[7, ((entries.length + 1) & 127) | 128, (entries.length + 1) >> 7, exported.length, ...entries], // (export … (func 0))
  ...[10, 6, 1, 4, 0, 65, 0, 11], // i32.const 0
);

/** In Node nothing is opened. */
function never(): Promise<never> {
  throw new Error('open was called');
}
