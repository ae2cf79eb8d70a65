/**
 * The packed tarball as a user gets it: installed into an empty folder without network, without a compiler on PATH, then called by import and
 * by require, with the addon and with wasm. What publint and "are the types wrong" say about it.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onPath } from '../scripts/run/command.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const call = promisify(execFile);

/** softmax(q·kᵀ/√2)·v of [[1, 2], [3, 4]] with itself, to four digits. */
const expected = [2.9717, 3.9717, 2.9999, 3.9999];

const body = `
  const square = { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] };
  const { output } = fovea.attention(square, square, square);
  const { name, target } = fovea.backend();
  console.log(JSON.stringify({ name, target, output: [...output.data].map(x => Math.round(x * 1e4) / 1e4) }));`;

let folder: string;
let tarball: string;
let files: string[];

/** npm's own program, to be run by Node: the PATH of the tests below has no shell to start it. */
async function npm(args: readonly string[], options: { cwd: string; env?: NodeJS.ProcessEnv }): Promise<string> {
  const program = process.env.npm_execpath ?? (await realpath(onPath('npm') ?? 'npm'));
  return (await call(process.execPath, [program, ...args], { maxBuffer: 2 ** 24, ...options })).stdout;
}

/** No compiler, no make, no Python: Node alone. */
function bare(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { HOME: folder, PATH: join(folder, 'bin'), npm_config_cache: join(folder, 'npm-cache'), ...more };
}

async function node(file: string, env?: NodeJS.ProcessEnv): Promise<unknown> {
  return JSON.parse((await call(process.execPath, [join(folder, 'app', file)], { env: bare(env) })).stdout);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-packaging-'));
  await mkdir(join(folder, 'bin'));
  await mkdir(join(folder, 'app'));
  await symlink(process.execPath, join(folder, 'bin/node'));
  const [packed] = JSON.parse(await npm(['pack', '--json', '--silent', '--pack-destination', folder], { cwd: root }));
  tarball = join(folder, packed.filename);
  files = packed.files.map(({ path }: { path: string }) => path);
  await writeFile(join(folder, 'app/package.json'), JSON.stringify({ name: 'app', private: true }));
  await writeFile(join(folder, 'app/import.mjs'), `import * as fovea from 'fovea';${body}`);
  await writeFile(join(folder, 'app/require.cjs'), `const fovea = require('fovea');${body}`);
  await writeFile(
    join(folder, 'app/both.mjs'),
    `import { createRequire } from 'node:module';
    import * as fovea from 'fovea';
    const required = createRequire(import.meta.url)('fovea');
    required.setBackend('reference');
    console.log(JSON.stringify([fovea.backend().name, fovea.attention === required.attention, fovea.FoveaError === required.FoveaError]));`,
  );
  await npm(['install', '--offline', '--no-audit', '--no-fund', tarball], { cwd: join(folder, 'app'), env: bare() });
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('the tarball', () => {
  it('holds what is used, and no source that npm would compile', () => {
    const tops = new Set(files.map((path) => path.split('/')[0]));
    expect([...tops].sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'package.json', 'prebuilds']);
    expect(files).toContain('dist/fovea-simd.wasm');
    expect(files).toContain('dist/fovea-relaxed-simd.wasm');
    expect(files.filter((path) => path.endsWith('.node'))).toEqual([
      expect.stringContaining(`prebuilds/${process.platform}-${process.arch}/fovea`),
    ]);
  });

  it('runs no script when it is installed, and depends on nothing', async () => {
    const manifest = JSON.parse(await readFile(join(folder, 'app/node_modules/fovea/package.json'), 'utf8'));
    expect(Object.keys(manifest.scripts).filter((name) => /install$|^prepare$/.test(name))).toEqual([]);
    expect(manifest.dependencies).toBeUndefined();
    expect(await readdir(join(folder, 'app/node_modules'))).toEqual(['.package-lock.json', 'fovea']);
  });

  it('satisfies publint', async () => {
    const { messages, pkg } = await publint({ pkgDir: join(folder, 'app/node_modules/fovea'), strict: true });
    expect(messages.map((message) => formatMessage(message, pkg ?? {}))).toEqual([]);
  });

  it('has right types for import and require, old and new resolution', async () => {
    const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    const { stdout } = await call(process.execPath, [attw, tarball, '--format', 'json', '--entrypoints', '.']).catch((error) => error);
    const { analysis } = JSON.parse(stdout);
    expect(analysis.types).toEqual({ kind: 'included' });
    expect(analysis.problems).toEqual([]);
  });
});

describe.each(['import.mjs', 'require.cjs'])('installed without network or compiler, %s', (file) => {
  it('gets the addon', async () => {
    expect(await node(file)).toEqual({ name: 'native', target: expect.any(String), output: expected });
  });

  it('gets wasm where it is asked for', async () => {
    expect(await node(file, { FOVEA_BACKEND: 'wasm' })).toEqual({ name: 'wasm', target: expect.stringMatching(/simd$/), output: expected });
  });
});

describe('import and require in one program', () => {
  it('share one state', async () => {
    expect(await node('both.mjs')).toEqual(['reference', true, true]);
  });
});
