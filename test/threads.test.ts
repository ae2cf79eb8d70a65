/** Threads of native and of wasm: as many as asked for, the same bits with any number of them, and nothing of them when there is nothing to do. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { availableCores } from '../src/backend/cores.js';
import {
  attention,
  attentionAsync,
  backend,
  FoveaError,
  gelu,
  layerNorm,
  layerNormBackward,
  linearBackward,
  matmul,
  matmulAsync,
  packMatrix,
  rotary,
  setBackend,
  setThreads,
  softmax,
  softmaxBackward,
} from '../src/node.js';
import { finish, opsOf } from '../src/ops/steps.js';
import { cbam } from '../src/vision/index.js';
import { type Results, run } from './calls.js';
import { cases } from './cases.js';
import { jsonOf, runScript } from './child.js';
import { random } from './random.js';
import { label, targets, use } from './targets.js';
import { float32 } from './tensors.js';

const before = backend().threads;
afterEach(() => setThreads(before));

const { normal } = random('threads');
const tensor = (...shape: number[]) => float32(shape, normal);

/** A copy. */
const bits = (results: Results): Buffer =>
  Buffer.concat(Object.values(results).map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)));

/** Calls that fall into many tasks: heads that are shared by all threads, heads that are not, squares, stretches of rows. */
function large(): Record<string, () => Results> {
  const [q, k, v] = [tensor(2, 4, 300, 64), tensor(2, 2, 2500, 64), tensor(2, 2, 2500, 40)];
  const [x, y, z] = [tensor(1, 3, 1100, 32), tensor(1, 3, 1100, 32), tensor(1, 3, 1100, 32)];
  const small = tensor(3, 40, 60, 32);
  const [a, b, seed] = [tensor(1100, 300), tensor(300, 700), tensor(1100, 700)];
  const [row, wide] = [tensor(1, 300), tensor(300, 2100)];
  const rows = tensor(700, 900);
  const [image, narrow, broad, kernel] = [tensor(2, 40, 150, 130), tensor(130, 8), tensor(8, 130), tensor(7, 7, 2, 1)];
  const side = { pixels: 40, places: 40, taps: 3, step: 1, dilation: 1, offset: -1, gap: 1 };
  const sides = { height: side, width: { ...side, pixels: 150, places: 150 } };
  const [filter, overPlaces] = [tensor(1170, 40), tensor(12000, 40)];
  const additive = { kind: 'additive', queryWeight: tensor(32, 20), keyWeight: tensor(3, 32, 20), v: tensor(20) } as const;
  return {
    'grouped heads, long keys': () => ({ ...attention(q, k, v, { returnLogSumExp: true }) }),
    'causal, masked lengths': () => ({ ...attention(q, k, v, { causal: true, keyLengths: Int32Array.of(2500, 1999) }) }),
    'causal, square': () => ({ ...attention(x, y, z, { causal: true }) }),
    'patches of images': () => {
      const [out, outOfFilter] = [tensor(12000, 40), tensor(1170, 40)];
      finish('patches', undefined, () => opsOf('patches').patches(image, filter, { ...sides, out }));
      finish('patches', undefined, () => opsOf('patches').patches(image, overPlaces, { ...sides, transposed: true, out: outOfFilter }));
      return { out, outOfFilter };
    },
    'an additive score': () => ({ ...attention(x, y, z, { score: additive }) }),
    distances: () => ({ ...attention(x, y, z, { score: { kind: 'rbf', gamma: 0.01 } }) }),
    'window and weights': () => ({ ...attention(x, y, z, { window: [256, 0], returnWeights: true }) }),
    'many small heads': () => ({ ...attention(small, small, small) }),
    'channels and pixels of images': () => ({ ...cbam(image, { reduce: { weight: narrow }, expand: { weight: broad }, kernel }).weights }),
    matmul: () => ({ out: matmul(a, b) }),
    'packed b': () => ({ out: matmul(a, packMatrix(b, { dtype: 'bfloat16' })) }),
    'packed b, one row': () => ({ out: matmul(row, packMatrix(wide, { dtype: 'int8' })) }),
    'many small products': () => ({ out: matmul(small, small, { transposeB: true }) }),
    'layer norm': () => ({ out: layerNorm(rows) }),
    gelu: () => ({ out: gelu(rows) }),
    rotary: () => ({ out: rotary(rows) }),
    'gradients of a layer norm': () => ({ ...layerNormBackward(rows, rows) }),
    'gradients of a softmax, first axis': () => ({ out: softmaxBackward(rows, rows, { axis: 0 }) }),
    'gradients of a linear map': () => ({ ...linearBackward(a, b, seed, { activation: 'gelu' }) }),
    'softmax, last axis': () => ({ out: softmax(rows) }),
    'softmax, first axis': () => ({ out: softmax(rows, { axis: 0 }) }),
  };
}

describe.each(targets.filter(({ name }) => name !== 'reference').map((target) => ({ name: label(target), target })))(
  '$name',
  ({ target }) => {
    beforeAll(async () => {
      use(target);
      setThreads(7);
      const many = tensor(1100, 1100);
      matmul(many, many);
      await new Promise((resolve) => setTimeout(resolve, 1000)); // wasm's workers come when they have started
    });
    afterAll(() => setBackend('auto'));

    it.each(Object.entries(large()))('the same bits for 1, 2, 3 and 7 threads: %s', (_, call) => {
      setThreads(1);
      const one = bits(call());
      for (const count of [2, 3, 7]) {
        setThreads(count);
        expect(backend().threads).toBe(count);
        for (let i = 0; i < 3; i += 1) expect(bits(call()).equals(one)).toBe(true);
      }
    });

    it('the same bits for 1, 2, 3 and 7 threads: every row of the table of cases', () => {
      for (const { name, call } of cases) {
        const it = call();
        const all = [1, 2, 3, 7].map((count) => {
          setThreads(count);
          return bits(run(it));
        });
        expect(
          all.every((each) => all[0]?.equals(each)),
          name,
        ).toBe(true);
      }
    });

    it('sync calls and several promises at once are all right', async () => {
      setThreads(3);
      const [a, b] = [tensor(600, 600), tensor(600, 600)];
      const expected = bits({ out: matmul(a, b) });
      const promises = Array.from({ length: 8 }, () => matmulAsync(a, b));
      for (let i = 0; i < 8; i += 1) expect(bits({ out: matmul(a, b) }).equals(expected)).toBe(true);
      for (const out of await Promise.all(promises)) expect(bits({ out }).equals(expected)).toBe(true);
    });

    it.runIf(target.name === 'native')('a sync call while async work runs waits for no more than the tasks that are at work', async () => {
      const [count, tasks, taskRows] = [3, 120, 96]; // a task is 96 query rows of a head
      setThreads(count);
      const [q, k, few] = [tensor(tasks * taskRows, 64), tensor(1500, 64), tensor(count * taskRows, 64)];
      const out = tensor(tasks * taskRows, 64);
      const done = () => Array.from({ length: tasks }, (_, task) => out.data[task * taskRows * 64]).filter((x) => !Number.isNaN(x)).length;
      let least = tasks;
      // The system may keep the caller from its core for a while, so the best of some tries counts.
      for (let i = 0; i < 5 && least > 2 * count; i += 1) {
        out.data.fill(Number.NaN);
        const running = attentionAsync(q, k, k, { out, copy: false });
        for (let turn = 0; turn < 10_000 && done() === 0; turn += 1) await new Promise((resolve) => setImmediate(resolve)); // it begins
        const before = done();
        attention(few, k, k);
        const meanwhile = done() - before;
        if (before > 0 && done() < tasks) least = Math.min(least, meanwhile);
        await running;
        expect(done()).toBe(tasks);
      }
      // Of each of the other threads the task it was at, and one that it took once the sync call had none left.
      expect(least).toBeLessThanOrEqual(2 * count);
    });
  },
);

describe('setThreads', () => {
  it.each([0, -1, 1.5, 1e9, Number.NaN, '2', undefined])('refuses %s', (count) => {
    const call = () => Reflect.apply(setThreads, undefined, [count]);
    expect(call).toThrow(FoveaError);
    expect(call).toThrow(/^setThreads: count is .*, expected a whole number from 1 to 256$/);
    expect(backend().threads).toBe(before);
  });

  it.each(['0', 'two', '1e9', '-3', '1.5'])('FOVEA_THREADS=%s throws at load and is named', (value) => {
    const { status, stderr } = runScript('require("fovea")', { env: { FOVEA_THREADS: value } });
    expect(status).not.toBe(0);
    expect(stderr).toContain(`FOVEA_THREADS=${value}: expected a whole number from 1 to 256`);
  });

  it('FOVEA_THREADS is the default on wasm, and setThreads is for the JavaScript thread that says it', () => {
    const script = `
      const fovea = require('fovea');
      const { Worker } = require('node:worker_threads');
      const first = fovea.backend().threads;
      fovea.setThreads(5);
      new Worker('require("node:worker_threads").parentPort.postMessage(require("fovea").backend().threads)', { eval: true })
        .on('message', (there) => console.log(JSON.stringify([first, fovea.backend().threads, there])));`;
    expect(jsonOf(script, { env: { FOVEA_THREADS: '3', FOVEA_BACKEND: 'wasm' } })).toEqual([3, 5, 3]);
  });

  it.runIf(targets.some(({ name }) => name === 'native'))(
    'FOVEA_THREADS is the default, in workers too, and gives way to setThreads anywhere',
    () => {
      const script = `
      const fovea = require('fovea');
      const { Worker } = require('node:worker_threads');
      const first = fovea.backend().threads;
      fovea.setThreads(5);
      new Worker('require("node:worker_threads").parentPort.postMessage(require("fovea").backend().threads)', { eval: true })
        .on('message', (there) => console.log(JSON.stringify([first, there])));`;
      expect(jsonOf(script, { env: { FOVEA_THREADS: '3' } })).toEqual([3, 5]);
    },
  );
});

const threaded = ['native', 'wasm'].filter((name) => targets.some((target) => target.name === name));

describe.each(threaded)('worker_threads beside one another: %s', (name) => {
  const env = { FOVEA_BACKEND: name };

  /** Sums of bits, so that two workers and their parent can compare results. */
  const work = `
    const fovea = require('fovea');
    const tensor = (...shape) => fovea.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i)), shape);
    const [q, a] = [tensor(1, 2, 1200, 64), tensor(600, 600)];
    const sum = ({ data }) => new Uint32Array(data.buffer).reduce((total, bits) => Math.imul(total, 31) + bits | 0, 7);
    const results = () => [sum(fovea.attention(q, q, q).output), sum(fovea.matmul(a, a))].join();
    const { Worker, parentPort } = require('node:worker_threads');`;

  it('two that compute at once, and their parent, get the same', () => {
    const there = `${work} for (let i = 0; i < 10; i++) parentPort.postMessage(results());`;
    const script = `${work}
      fovea.setThreads(1);
      const expected = results();
      fovea.setThreads(3);
      let right = 0, wrong = 0;
      const count = (it) => it === expected ? right++ : wrong++;
      for (let i = 0; i < 2; i++) new Worker(${JSON.stringify(there)}, { eval: true }).on('message', count);
      const turn = setInterval(() => { count(results()); if (right + wrong >= 25) clearInterval(turn); }, 1);
      process.on('exit', () => console.log(JSON.stringify([right >= 25, wrong])));`;
    expect(jsonOf(script, { env })).toEqual([true, 0]);
  });

  it('one that is ended while its jobs run leaves the others their pool', () => {
    const there = `${work} const b = tensor(1500, 1500);
      for (let i = 0; i < 5; i++) fovea.matmulAsync(b, b);
      parentPort.postMessage('started');`;
    const script = `${work}
      fovea.setThreads(3);
      const expected = results();
      const worker = new Worker(${JSON.stringify(there)}, { eval: true });
      worker.on('message', async () => {
        await worker.terminate();
        console.log(JSON.stringify([results() === expected, sum(await fovea.matmulAsync(a, a)) === sum(fovea.matmul(a, a))]));
      });`;
    expect(jsonOf(script, { env })).toEqual([true, true]);
  });
});

const canLimit = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0;

describe.runIf(canLimit && targets.some(({ name }) => name === 'native'))('where the system gives no more threads', () => {
  it('those that there are do the work, and backend() says so', () => {
    const stack = 2 ** 28; // of each thread: one finds no room for long before Node itself misses memory
    const script = `
      const stack = ${stack};
      const fovea = require('fovea');
      const { execFileSync } = require('node:child_process');
      const { readFileSync } = require('node:fs');
      const q = fovea.tensor(new Float32Array(4 * 2048 * 64).fill(0.5), [1, 4, 2048, 64]);
      fovea.setThreads(1);
      fovea.attention(q, q, q);
      const kilobytes = Number(/VmSize:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
      execFileSync('prlimit', ['--pid', String(process.pid), '--as=' + (kilobytes * 1024 + 6.5 * stack)]);
      fovea.setThreads(256);
      let wrong = 0;
      for (const end = Date.now() + 60_000; Date.now() < end && fovea.backend().threads === 256; ) // a busy machine wakes few of them a call
        wrong += fovea.attention(q, q, q).output.data.some((it) => Math.abs(it - 0.5) > 1e-5);
      const { threads, reason } = fovea.backend();
      console.log(JSON.stringify({ threads, reason, wrong }));`;
    const { threads, reason, wrong } = Object(jsonOf(script, { limits: [`--stack=${stack}:`] }));
    expect(threads).toBeLessThan(8);
    expect(threads).toBeGreaterThanOrEqual(1);
    expect(reason).toContain(`(${threads} of the 256 asked for: the system gives no more)`);
    expect(wrong).toBe(0);
  });
});

describe.runIf(process.platform === 'linux' && targets.some(({ name }) => name === 'native'))('small calls', () => {
  it('of each op stay on their caller: no thread is made for them, though they fall into many pieces', () => {
    const script = `
      const fovea = require('fovea');
      const { readdirSync } = require('node:fs');
      const threads = () => readdirSync('/proc/self/task').length;
      const tensor = (...shape) => fovea.tensor(new Float32Array(shape.reduce((a, b) => a * b)), shape);
      const [many, wide, heads, big] = [tensor(100, 4, 4), tensor(8, 3000), tensor(10, 8, 8, 8), tensor(1200, 1200)];
      fovea.setThreads(4);
      const before = threads();
      for (let i = 0; i < 50; i++) {
        fovea.matmul(many, many);
        fovea.softmax(wide, { axis: 0 });
        fovea.softmax(wide);
        fovea.layerNorm(wide);
        fovea.gelu(wide);
        fovea.rotary(wide);
        fovea.toFloat16(wide);
        fovea.mergeAttention([fovea.attention(heads, heads, heads, { returnLogSumExp: true })]);
      }
      const after = threads();
      fovea.matmul(big, big);
      console.log(JSON.stringify([after - before, threads() > before]));`;
    expect(jsonOf(script)).toEqual([0, true]);
  });
});

describe.each(threaded)('threads with nothing to do: %s', (name) => {
  const env = { FOVEA_BACKEND: name };
  const work = `
    const fovea = require('fovea');
    fovea.setThreads(4);
    const n = 700, a = fovea.tensor(new Float32Array(n * n), [n, n]);
    fovea.matmul(a, a);`;

  it('do not keep the process from ending, however it does', () => {
    for (const end of [
      '',
      'process.exit();',
      'setTimeout(() => { fovea.matmul(a, a); }, 300);',
      'setTimeout(() => { fovea.matmul(a, a); process.exit(); }, 300);',
    ])
      expect(runScript(`${work} ${end}`, { env })).toMatchObject({ status: 0, stderr: '' });
  });

  it('use no CPU', () => {
    const script = `${work}
      fovea.matmulAsync(a, a).then(() => setTimeout(() => {
        fovea.matmul(a, a);
      }, 500)).then(() => setTimeout(() => {
        const before = process.cpuUsage();
        setTimeout(() => {
          const { user, system } = process.cpuUsage(before);
          console.log(JSON.stringify((user + system) / 1000));
        }, 1000);
      }, 1000));`;
    expect(jsonOf(script, { env })).toBeLessThan(150);
  });
});

describe.runIf(targets.some(({ name }) => name === 'wasm'))('the workers of wasm', () => {
  const env = { FOVEA_BACKEND: 'wasm', FOVEA_THREADS: '4' };
  const start = `
    const fovea = require('fovea');
    const a = fovea.tensor(new Float32Array(1200 * 1200).fill(0.5), [1200, 1200]);
    const wrong = () => fovea.matmul(a, a).data.some((it) => it !== 300);
    const info = () => { const { threads, reason } = fovea.backend(); return { threads, reason }; };`;
  /** Workers that are counted, or do not come. */
  const workers = (body: string) => `
    const threads = require('node:worker_threads');
    const Worker = threads.Worker;
    let started = 0;
    threads.Worker = class extends ${body}; ${start}`;

  it('are started by a call that has use for them, no more than it has, and no others', () => {
    const script = `${workers('Worker { constructor(...args) { super(...args); started++; } }')}
      const small = fovea.tensor(new Float32Array(100 * 16), [100, 4, 4]);
      for (let i = 0; i < 50; i++) fovea.matmul(small, small);
      const counts = [started];
      const two = fovea.tensor(new Float32Array(2 * 512 * 512), [2, 512, 512]);
      fovea.matmul(two, two);
      counts.push(started);
      fovea.setThreads(1);
      wrong();
      counts.push(started);
      fovea.setThreads(4);
      wrong();
      counts.push(started);
      console.log(JSON.stringify(counts));`;
    expect(jsonOf(script, { env })).toEqual([0, 1, 1, 3]);
  });

  it.runIf(process.platform === 'linux')('do a part of the work, while their caller does not come back to its event loop', () => {
    const script = `${start}
      const { readdirSync, readFileSync } = require('node:fs');
      const ticks = (id) => Number(readFileSync('/proc/self/task/' + id + '/stat', 'utf8').split(') ')[1].split(' ')[11]);
      fovea.matmul(a, a);
      const own = String(process.pid), before = new Set(readdirSync('/proc/self/task'));
      let most = 0;
      for (const end = Date.now() + 50_000; Date.now() < end && most < 100; ) {
        wrong();
        most = Math.max(...readdirSync('/proc/self/task').filter((id) => id !== own).map(ticks));
      }
      console.log(JSON.stringify(most));`;
    expect(jsonOf(script, { env })).toBeGreaterThanOrEqual(100); // a second of one thread, which nothing else than kernels needs
  });

  it('that cannot be started leave the work to those that there are, and backend() says so', () => {
    const script = `${workers("Worker { constructor(...args) { if (started++ > 0) throw new Error('no more'); super(...args); } }")}
      const before = info();
      const bad = [wrong(), wrong()];
      console.log(JSON.stringify([before.threads, bad, info()]));`;
    const [threads, bad, { threads: left, reason }] = jsonOf(script, { env }) as [number, boolean[], { threads: number; reason: string }];
    expect([threads, bad, left]).toEqual([4, [false, false], 2]);
    expect(reason).toContain('; 2 of the 4 threads asked for: no more workers start (no more); async calls run');
  });

  it('that fail after they were started, too', () => {
    const script = `${workers("Worker { constructor(_, options) { super('throw new Error(\\'too late\\')', { ...options, eval: true }); } }")}
      const bad = [wrong()];
      setTimeout(() => {
        bad.push(wrong());
        console.log(JSON.stringify([bad, info()]));
      }, 1000);`;
    const [bad, { threads, reason }] = jsonOf(script, { env }) as [boolean[], { threads: number; reason: string }];
    expect([bad, threads]).toEqual([[false, false], 1]);
    expect(reason).toContain('1 of the 4 threads asked for: no more workers start (too late)');
  });

  it('cannot share the memory of a module that was compiled by somebody else', () => {
    const script = `${start}
      const module = new WebAssembly.Module(require('node:fs').readFileSync('dist/fovea-simd.wasm'));
      fovea.init({ wasm: module }).then(() => console.log(JSON.stringify([wrong(), info()])));`;
    const [bad, { threads, reason }] = jsonOf(script, { env }) as [boolean, { threads: number; reason: string }];
    expect([bad, threads]).toEqual([false, 1]);
    expect(reason).toContain('1 of the 4 threads asked for: init({ wasm }) was given a module that is compiled already');
  });

  it('are not needed where there is no shared memory', () => {
    const script = `delete globalThis.SharedArrayBuffer; ${start} console.log(JSON.stringify([wrong(), info()]));`;
    const [bad, { threads, reason }] = jsonOf(script, { env }) as [boolean, { threads: number; reason: string }];
    expect([bad, threads]).toEqual([false, 1]);
    expect(reason).toContain('1 of the 4 threads asked for: there is no SharedArrayBuffer here');
  });

  it('see what is kept in the memory, however it grew meanwhile', () => {
    const script = `${start}
      const packed = fovea.packMatrix(a);
      const product = () => fovea.matmul(a, packed).data;
      const bad = [product().some((it) => it !== 300)];
      setTimeout(() => {
        const large = fovea.tensor(new Float32Array(6000 * 1200).fill(0.5), [6000, 1200]);
        bad.push(fovea.matmul(large, packed).data.some((it) => it !== 300), product().some((it) => it !== 300));
        console.log(JSON.stringify(bad));
      }, 500);`;
    expect(jsonOf(script, { env })).toEqual([false, false, false]);
  });
});

describe('available cores', () => {
  const root = mkdtempSync(join(tmpdir(), 'fovea-cores-'));
  afterAll(() => rmSync(root, { recursive: true }));
  const cores = (files: Record<string, string>): number => {
    const folder = mkdtempSync(join(root, 'root-'));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return availableCores(folder, 8);
  };
  const v2 = { 'proc/self/cgroup': '0::/a/b\n' };
  const v1 = { 'proc/self/cgroup': '5:memory:/x\n4:cpu,cpuacct:/x\n' };

  it.each([
    ['nothing readable', {}, 8],
    ['version 2 without a quota', { ...v2, 'sys/fs/cgroup/a/b/cpu.max': 'max 100000\n' }, 8],
    ['version 2, 3 cores', { ...v2, 'sys/fs/cgroup/a/b/cpu.max': '300000 100000\n' }, 3],
    ['version 2, 2.5 cores of a group around it', { ...v2, 'sys/fs/cgroup/a/cpu.max': '250000 100000\n' }, 2],
    ['version 2, seen from inside the container', { 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': '400000 100000\n' }, 4],
    ['half a core', { ...v2, 'sys/fs/cgroup/a/b/cpu.max': '50000 100000\n' }, 1],
    ['more than there are', { ...v2, 'sys/fs/cgroup/a/b/cpu.max': '6400000 100000\n' }, 8],
    ['damaged', { ...v2, 'sys/fs/cgroup/a/b/cpu.max': 'what?\n' }, 8],
    [
      'version 1, 2 cores',
      { ...v1, 'sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us': '200000\n', 'sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us': '100000\n' },
      2,
    ],
    [
      'version 1 without a quota',
      { ...v1, 'sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us': '-1\n', 'sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us': '100000\n' },
      8,
    ],
  ])('%s', (_, files, expected) => expect(cores(files)).toBe(expected));
});
