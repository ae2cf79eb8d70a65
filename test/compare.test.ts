/** `npm run compare`: the report's form, and that a wrong or missing contender is a row or a line that says so, never a time. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cases } from '../bench/cases.mjs';
import { entriesOf } from '../bench/contenders.mjs';
import { openJudges } from '../bench/judge.mjs';
import { measure, measureInTurns } from '../bench/measure.mjs';
import { rowsOf } from '../bench/rows.mjs';
import type { Case, Job, Report } from '../bench/types.js';

const script = fileURLToPath(new URL('../scripts/compare.mjs', import.meta.url));
const wrongContender = fileURLToPath(new URL('fixtures/wrong-contender.mjs', import.meta.url));
const peerContender = fileURLToPath(new URL('fixtures/peer-contender.mjs', import.meta.url));
const offlineNpm = fileURLToPath(new URL('fixtures/npm-offline.mjs', import.meta.url));
const peerFolder = fileURLToPath(new URL('../bench/node_modules/onnxruntime-node', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fovea-compare-'));
const json = join(folder, 'report.json');

afterAll(() => rmSync(folder, { recursive: true }));

function compare(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { status, stdout, stderr };
}

describe('a comparison of a right, a wrong, a crashing and a missing contender', () => {
  let run: ReturnType<typeof compare>;
  let report: Report;

  beforeAll(() => {
    const contenders = ['--contender', wrongContender, '--only', 'plain-loop', '--only', 'wrong/'];
    run = compare('--quick', ...contenders, '--cases', 'matmul 64x64x64', '--json', json);
    report = JSON.parse(readFileSync(json, 'utf8'));
  });

  it('gives times, rate and error of the right one', () => {
    const row = report.results.find(({ contender }) => contender === 'plain-loop');
    expect(row).toMatchObject({ case: 'matmul 64x64x64', variant: 'js', threads: 1, gbs: null, shareOfPeak: null });
    expect(row?.failed).toBeUndefined();
    const { medianMs, p10Ms, runs, gflops, maxError } = row ?? {};
    expect(p10Ms).toBeLessThanOrEqual(medianMs ?? 0);
    expect(runs).toBeGreaterThanOrEqual(3);
    expect(gflops).toBeCloseTo((2 * 64 ** 3) / (medianMs ?? 0) / 1e6, 6);
    // Each element is summed in float64 and rounded once; 64 products of numbers below √3 are below 2⁸, half an ulp there is 2⁻¹⁷.
    expect(maxError).toBeLessThanOrEqual(2 ** -17);
    expect(maxError).toBeGreaterThan(0);
  });

  it('fails the one whose result is wrong in one element', () => {
    const row = report.results.find(({ variant }) => variant === 'one-element');
    expect(row).toMatchObject({ medianMs: null, p10Ms: null, runs: 0, gflops: null });
    expect(row?.failed).toMatch(/^wrong result: element 65 is .*, expected /);
    expect(row?.maxError).toBeCloseTo(1e-3, 4);
    expect(run.stdout).toContain('failed: wrong result');
    expect(run.status).toBe(1);
  });

  it('fails the one whose process ends, and goes on', () => {
    expect(report.results.find(({ variant }) => variant === 'ends')?.failed).toBe('the process ended with status 7');
  });

  it('lists the one that cannot be had with its reason, and gives it no row', () => {
    expect(report.environment.notRun).toContain('wrong/not-here: no such processor');
    expect(report.results.map(({ variant }) => variant)).toEqual(['js', 'one-element', 'ends']);
  });

  it('says where it ran and what the machine can do', () => {
    expect(report.environment).toMatchObject({ node: process.version, versions: { 'plain-loop': process.version } });
    expect(report.environment.cpu).not.toBe('');
    expect(report.peak['wasm simd, 1 thread']).toMatchObject({ unit: 'GFLOP/s' });
    for (const { best, median } of Object.values(report.peak)) {
      expect(median).toBeGreaterThan(0);
      expect(best).toBeGreaterThanOrEqual(median);
    }
    // A compiler is part of what the tests need (npm test builds the addon), so the native probes must be there too.
    expect(report.peak['memory read, 1 thread']).toMatchObject({ unit: 'GB/s' });
    for (const isa of report.environment.isa) expect(report.peak[`${isa}, 1 thread`]).toMatchObject({ unit: 'GFLOP/s' });
  });

  it('names what got slower than an earlier report, and what fails now', () => {
    const before = join(folder, 'before.json');
    const results = report.results.map((row) => ({ ...row, medianMs: row.medianMs === null ? 1 : row.medianMs / 2 }));
    writeFileSync(before, JSON.stringify({ ...report, results }));
    const { status, stdout } = compare('--from', json, '--against', before);
    expect(stdout).toContain('3 rows compared, 1 slower by more than 5 %, 0 faster, 2 failed now');
    expect(stdout).toContain('plain-loop: 2.00 × the time, the median of its 1');
    expect(stdout).toContain('matmul 64x64x64 · plain-loop/js, 1 thread: 2.00 × the time');
    expect(status).toBe(1);
  });
});

describe('--quick', () => {
  it.each([
    { isa: ['avx512', 'avx2', 'sse4'], native: ['fovea-native/avx512'] },
    { isa: ['avx2', 'sse4'], native: ['fovea-native/avx2', 'fovea-native/avx512'] }, // avx512 will say that it cannot be had
  ])('measures the best of $isa', async ({ isa, native }) => {
    const entries = await entriesOf();
    const named = { namedCases: false, namedEntries: false };
    const { rows } = rowsOf({
      cases: cases.filter(({ name }) => name === 'attention 1x12x128x64'),
      entries,
      threads: [1],
      ...named,
      quick: true,
      cores: 2,
      isa,
    });
    const names = rows.map(({ entry }) => entry.name).filter((name) => name.startsWith('fovea-native'));
    expect(names.sort()).toEqual(process.arch === 'x64' ? native : ['fovea-native/neon']);
  });
});

describe('a case that only ours is measured on', () => {
  it('has no row of another', async () => {
    const onlyOurs = cases.filter((item) => item.onlyOurs);
    const selection = { entries: await entriesOf(), threads: [1], namedCases: true, namedEntries: true, quick: false, cores: 2, isa: [] };
    const { rows } = rowsOf({ ...selection, cases: onlyOurs });
    expect(new Set(rows.map(({ item }) => item))).toEqual(new Set(onlyOurs));
    expect(rows.filter(({ entry }) => !entry.contender.ours)).toEqual([]);
  });
});

describe('a training step', () => {
  const training = cases.filter(({ op }) => op === 'translationStep' || op === 'convnetStep');
  const selection = { cases: training, threads: [1], namedCases: false, namedEntries: false, quick: false, cores: 2, isa: [] };

  it('is asked of all that have TensorFlow.js, however slow, and of nobody else', async () => {
    const { rows } = rowsOf({ ...selection, entries: await entriesOf() });
    const of = (op: string) => new Set(rows.filter(({ item }) => item.op === op).map(({ entry }) => entry.contender.name));
    expect(of('translationStep')).toEqual(new Set(['fovea-tfjs', 'tfjs-wasm', 'tfjs-cpu']));
    expect(of('convnetStep')).toEqual(new Set(['fovea-tfjs', 'tfjs-cpu']));
  });

  it('names who cannot do it', async () => {
    const { leftOut } = rowsOf({ ...selection, entries: await entriesOf() });
    const why = 'tfjs-wasm/layers, UnsortedSegmentSum a plain loop: has no Conv2DBackpropFilter';
    expect(leftOut.get(why)).toEqual(['training step, convnet 32x28x84']);
  });
});

describe('a slow call', () => {
  const pace = { budgetMs: 100, leastRuns: 3, coldBytes: 0, checkWork: 0, rowLimitMs: 0 };
  const counted = () => {
    const calls = { count: 0 };
    const job: Job = {
      run() {
        calls.count++;
      },
      output: () => new Float32Array(0),
    };
    return { calls, job };
  };

  it('is not made again when it took 20 s and more: it was the measurement', async () => {
    const { calls, job } = counted();
    expect(await measure([job], pace, 30_000)).toEqual({ medianMs: 30_000, p10Ms: 30_000, runs: 1 });
    expect(calls.count).toBe(0);
  });

  it('is warmed up all the same when it is a turn of a loop', async () => {
    const { calls, job } = counted();
    const { runs } = await measure([job], { ...pace, budgetMs: 1 }, 500, true);
    expect(calls.count).toBeGreaterThanOrEqual(runs + 10);
  });

  it('collects no garbage between the turns of a loop, and does between other calls', async () => {
    const collect = vi.fn();
    vi.stubGlobal('gc', collect);
    const { job } = counted();
    await measure([job], pace, 1, true);
    expect(collect).not.toHaveBeenCalled();
    await measure([job], pace, 1, false);
    expect(collect).toHaveBeenCalled();
    vi.unstubAllGlobals();
  });
});

describe('fovea', () => {
  it('is measured as it is built: with b packed, without out, on wasm, in a call of nothing', () => {
    const only = ['fovea-native/', 'fovea-wasm/'].flatMap((name) => ['--only', name]);
    const { status, stderr } = compare('--quick', ...only, '--cases', 'matmul 64x64x64', '--cases', 'call 1x1x1x8', '--json', json);
    const { results, environment } = JSON.parse(readFileSync(json, 'utf8')) as Report;
    expect({ status, stderr, failed: results.filter(({ failed }) => failed) }).toMatchObject({ status: 0, failed: [] });
    // What this processor or this engine lacks is listed, and the rest has rows.
    const names = [...results.map(({ contender, variant }) => `${contender}/${variant}`), ...environment.notRun].join(' ');
    for (const variant of ['native/avx512 packed b', 'native/avx2', 'native/sse4', 'native/avx512 without out']) {
      if (process.arch === 'x64') expect(names).toContain(`fovea-${variant}`);
    }
    const simd = results.filter(({ contender, variant }) => contender === 'fovea-wasm' && variant === 'simd');
    expect(simd.map((row) => row.case)).toEqual(['matmul 64x64x64', 'call 1x1x1x8']);
    expect(simd[1]?.wasmBytes).toBeGreaterThan(0);
  });
});

describe('a peer', () => {
  const env = { ...process.env, NO_COLOR: '1' };
  const args = ['--quick', '--contender', peerContender, '--cases', 'matmul 64x64x64', '--json', json];
  const results = () => JSON.parse(readFileSync(json, 'utf8')) as Report;

  it('that is missing or crashes is a row that says so, ours go on, and the comparison has not failed', () => {
    const only = ['peer/missing', 'peer/crashes', 'peer/refuses', 'fovea-reference/js'].flatMap((name) => ['--only', name]);
    const { status, stderr } = spawnSync(process.execPath, [script, ...args, ...only], { encoding: 'utf8', env });
    const reasons = Object.fromEntries(results().results.map(({ variant, failed }) => [variant, failed]));
    expect(reasons).toEqual({
      js: undefined,
      missing: expect.stringContaining('no-such-package is not installed'),
      crashes: expect.stringContaining('the process ended with SIGABRT'),
    });
    expect(results().environment.notRun).toContain('peer/refuses: does <no> matmul (matmul 64x64x64)');
    expect({ status, stderr }).toMatchObject({ status: 0 });
  });

  it('that takes too long is given up, and not asked again', async () => {
    const [item] = cases as [Case];
    const judges = openJudges();
    const asked = vi.spyOn(judges, 'judge'); // asks itself, when it asks again
    const ask = (variant: string, rowLimitMs: number) => {
      const pace = { budgetMs: 70, leastRuns: 3, coldBytes: 2 ** 20, checkWork: 2 ** 21, rowLimitMs };
      const contender = pathToFileURL(peerContender).href;
      return judges.judge({ contender, variant, threads: 1, item, pace }, new AbortController().signal);
    };
    expect(await ask('missing', 60_000)).toMatchObject({ kind: 'unavailable' }); // so that the process has served already
    expect(await ask('sleeps', 1000)).toEqual({ kind: 'failed', reason: 'no result within 1 s' });
    expect(asked).toHaveBeenCalledTimes(2);
    judges.close();
  });

  it('needs no network once it is installed; before, its rows say what is missing and the rest goes on', () => {
    const only = ['onnxruntime-node/MatMul', 'plain-loop/js'].flatMap((name) => ['--only', name]);
    const { status, stderr } = spawnSync(process.execPath, [script, ...args, ...only], {
      encoding: 'utf8',
      env: { ...env, npm_execpath: offlineNpm },
    });
    const [peer, own] = results().results;
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(own).toMatchObject({ contender: 'plain-loop', medianMs: expect.any(Number) });
    if (existsSync(peerFolder)) expect(peer?.failed).toBeUndefined();
    else {
      expect(peer?.failed).toContain('onnxruntime-node is not installed');
      expect(stderr).toContain('npm error network request failed');
    }
  });

  it('that is waited for when Ctrl-C comes leaves what was measured', async () => {
    const only = ['plain-loop/js', 'peer/sleeps'].flatMap((name) => ['--only', name]);
    const child = spawn(process.execPath, [script, ...args, ...only], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('peer/sleeps')) setTimeout(() => child.kill('SIGINT'), 1000);
    });
    const status = await new Promise((resolve) => child.once('close', resolve));
    expect(results().results).toMatchObject([{ contender: 'plain-loop', variant: 'js' }]);
    expect(results().environment.notRun).toContain('what came after an interruption');
    expect(status).toBe(0);
  });
});

describe('beside another checkout', () => {
  const other = join(folder, 'other');
  const ours = (file: string) => JSON.stringify(new URL(`../bench/${file}`, import.meta.url).href);
  const beside = () => compare('--quick', '--beside', other, '--cases', 'matmul 64x64x64', '--cases', '128x128x128', '--only', 'js');

  beforeAll(() => {
    for (const part of ['dist', 'bench/contenders']) mkdirSync(join(other, part), { recursive: true });
    writeFileSync(join(other, 'bench/cases.mjs'), "export const cases = [{ name: 'matmul 64x64x64' }];");
    writeFileSync(
      join(other, 'bench/contenders/fovea-reference.mjs'),
      `export { default } from ${ours('contenders/fovea-reference.mjs')};`,
    );
  });

  it('tells what time the rows of ours that both have take of the other’s', () => {
    const { status, stdout } = beside();
    const [, ms = '', besideMs = '', ratio = ''] =
      /matmul 64x64x64 +fovea-reference\/js +([\d.]+) +([\d.]+) +([\d.]+) ×/.exec(stdout) ?? [];
    for (const figure of [ms, besideMs, ratio]) expect(Number(figure)).toBeGreaterThan(0);
    expect(stdout).toMatch(/^1 rows, [01] slower by more than 5 %, [01] faster$/m);
    expect(stdout).not.toContain('128x128x128');
    expect(stdout).not.toContain('plain-loop');
    expect(status).toBe(0);
  });

  it('fails a row where either is wrong, and says which target it could not have', () => {
    const file = join(other, 'bench/contenders/fovea-reference.mjs');
    const wrong = `prepare: async (...given) => ({ ...(await session.prepare(...given)), output: () => new Float32Array(64 * 64) })`;
    const opened = `const session = await right.open(...how); return { ...session, ${wrong} };`;
    writeFileSync(
      file,
      `import right from ${ours('contenders/fovea-reference.mjs')};
      export default { ...right, async open(...how) { ${opened} } };`,
    );
    const { status, stdout } = beside();
    expect(stdout).toContain('failed: wrong result: element 0 is 0, expected ');
    expect(status).toBe(1);
    writeFileSync(file, "export default { open() { throw new Error('not in this house'); } };");
    const absent = beside();
    expect(absent.stdout).toMatch(/Not run:\n {2}fovea-reference\/js: not in this house\n/);
    expect(absent.status).toBe(0);
  });

  it('leaves what was measured when Ctrl-C comes, and says so', async () => {
    const file = join(other, 'bench/contenders/fovea-reference.mjs');
    writeFileSync(file, 'export default { open: () => ({ prepare: () => new Promise((resolve) => setTimeout(resolve, 60_000)) }) };');
    const args = ['--quick', '--beside', other, '--cases', 'matmul 64x64x64', '--only', 'js'];
    const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('fovea-reference/js')) setTimeout(() => child.kill('SIGINT'), 1000);
    });
    const status = await new Promise((resolve) => child.once('close', resolve));
    expect(stdout).toMatch(/Not run:\n {2}what came after an interruption\n\n0 rows, /);
    expect(status).toBe(0);
  });

  it('takes turns, each first every other time', async () => {
    let clock = 0;
    const turns: string[] = [];
    const now = vi.spyOn(performance, 'now').mockImplementation(() => clock);
    const job = (name: string, ms: number): Job => ({
      run() {
        clock += ms;
        turns.push(name);
      },
      output: () => new Float32Array(0),
    });
    const pace = { budgetMs: 100, leastRuns: 4, coldBytes: 0, checkWork: 0, rowLimitMs: 0 };
    const measured = await measureInTurns([job('a', 10)], [job('b', 40)], pace, 1000); // long enough to need no warm-up
    now.mockRestore();
    expect(measured).toEqual({ medianMs: 10, p10Ms: 10, besideMs: 40, ratio: 0.25, runs: 4 });
    expect(turns.join('')).toBe('abbaabba');
  });
});

describe('the command line', () => {
  it.each([
    {
      name: 'a contender that is not there',
      args: ['--only', 'nobody'],
      words: '--only is "nobody", expected (a part of) one of: fovea-native/',
    },
    {
      name: 'a case that is not there',
      args: ['--cases', 'sorting'],
      words: '--cases is "sorting", expected (a part of) one of: matmul 64x64x64',
    },
    { name: 'threads that are no number', args: ['--threads', '1,many'], words: '--threads is 1,many, expected whole numbers' },
    {
      name: 'a chart in a folder that is not there',
      args: ['--svg', '/nowhere/chart.svg'],
      words: '--svg is /nowhere/chart.svg, but there is no folder',
    },
    { name: 'a Markdown file without a place', args: ['--markdown', script], words: 'which has no place for the figures' },
    { name: 'an unknown option', args: ['--fast'], words: "Unknown option '--fast'" },
    { name: 'a report that is not there', args: ['--from', '/nowhere.json'], words: '--from is /nowhere.json, which does not exist' },
    { name: 'a checkout that is none', args: ['--beside', folder], words: 'which has no bench/contenders: expected another checkout' },
    {
      name: 'a report of two checkouts',
      args: ['--beside', folder, '--json', json],
      words: '--beside makes no report, so --json has no meaning',
    },
    { name: 'a report that is none', args: ['--against', script], words: 'which is not a report of npm run compare' },
  ])('refuses $name', ({ args, words }) => {
    const { status, stderr } = compare(...args);
    expect(stderr).toContain(words);
    expect(status).toBe(2);
  });

  it('helps', () => {
    const { status, stdout } = compare('--help');
    expect(stdout).toContain('Usage: npm run compare');
    expect(status).toBe(0);
  });
});
