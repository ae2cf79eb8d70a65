/** What is chosen when a process loads fovea, and that it loads everywhere Node does: seen from outside, on dist/. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jsonOf, runScript } from './child.js';

const built = new URL('../build/Release/fovea.node', import.meta.url);
const print =
  'process.stdout.write(JSON.stringify({ ...fovea.backend(), product, rejected: fovea.backend().rejected.map((r) => ({ ...r, error: r.error.message, cause: r.error.cause && String(r.error.cause) })) }));';
const product =
  'const product = [...fovea.matmul(fovea.tensor(Float32Array.of(1, 2, 3, 4), [2, 2]), fovea.tensor(Float32Array.of(1, 1, 0, 1), [2, 2])).data];';
const tell = `const fovea = require('fovea'); ${product} ${print}`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fovea-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the addon is what runs here, and its file is the one just built', () => {
  expect(jsonOf(tell)).toMatchObject({ name: 'native', product: [1, 3, 3, 7] });
});

test('what goes wrong at load can be caught where it is imported', () => {
  const caught = `import('fovea').then(() => 'loaded', (error) => error.code).then((said) => console.log(JSON.stringify(said)))`;
  expect(jsonOf(caught, { env: { FOVEA_BACKEND: 'nope' } })).toBe('ERR_BACKEND');
});

describe('an addon that does not load: wasm instead, and the reason', () => {
  /** Writes the file and tells what a process with it chooses. */
  const withAddon = (name: string, bytes: Uint8Array | string) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return jsonOf(tell, { env: { FOVEA_ADDON: path } });
  };
  const fallsBack = (because: unknown) => ({
    name: 'wasm',
    product: [1, 3, 3, 7],
    rejected: expect.arrayContaining([expect.objectContaining(because as object)]),
  });

  test('missing', () => {
    const path = join(folder, 'missing.node');
    const said = jsonOf(tell, { env: { FOVEA_ADDON: path } });
    expect(said).toMatchObject(fallsBack({ name: 'native', error: expect.stringContaining(`${path} exists`) }));
  });

  const bytes = readFileSync(built);
  test.each([0, 10, 64, 4096, bytes.length >> 1, bytes.length - 1])('truncated to %i bytes', (length) => {
    const said = withAddon(`truncated-${length}.node`, bytes.subarray(0, length));
    expect(said).toMatchObject(
      fallsBack({ name: 'native', error: expect.stringMatching(/truncated|no 64-bit ELF file|too short|not a mach-o|not a valid/i) }),
    );
  });

  test('for another CPU', () => {
    const other = Buffer.from(bytes);
    other.writeUInt16LE(process.arch === 'arm64' ? 62 : 183, 18); // e_machine of the ELF header
    const said = withAddon('other-cpu.node', other);
    expect(said).toMatchObject(fallsBack({ error: expect.stringMatching(/it is for (arm64|x64), this is (x64|arm64)/) }));
  });

  test('for another system (the start of a Windows DLL)', () => {
    const dll = Buffer.alloc(4096);
    dll.write('MZ');
    expect(withAddon('windows.node', dll)).toMatchObject(fallsBack({ error: expect.stringContaining('made for another platform') }));
  });

  test('whole, but made for a libc that is not here: the error of the system is the cause', () => {
    const foreign = Buffer.from(bytes);
    foreign.write('libq', foreign.indexOf('libc.so.6')); // in the names of the libraries it needs
    const said = withAddon('foreign.node', foreign);
    expect(said).toMatchObject(fallsBack({ name: 'native', cause: expect.stringContaining('libq.so.6') }));
  });

  test('forced, it throws instead', () => {
    const { status, stderr } = runScript(tell, { env: { FOVEA_BACKEND: 'native', FOVEA_ADDON: join(folder, 'missing.node') } });
    expect(status).not.toBe(0);
    expect(stderr).toContain('ERR_BACKEND');
    expect(stderr).toMatch(/FOVEA_BACKEND=native cannot be had .*missing\.node exists.* What works here: wasm (relaxed-)?simd/);
  });
});

test('without WebAssembly and without an addon: the reference, and both reasons', () => {
  const said = jsonOf(tell, { env: { FOVEA_ADDON: join(folder, 'missing.node') }, flags: ['--jitless'] });
  expect(said).toMatchObject({
    name: 'reference',
    target: 'js',
    product: [1, 3, 3, 7],
    rejected: [
      { name: 'native', error: expect.stringContaining('no addon') },
      { name: 'wasm', target: 'relaxed-simd', error: 'there is no WebAssembly here' },
      { name: 'wasm', target: 'simd', error: 'there is no WebAssembly here' },
    ],
  });
});

test('FOVEA_BACKEND=wasm never opens the addon', () => {
  const path = join(folder, 'untouched.node');
  copyFileSync(built, path);
  const script = `${tell}; if (Object.keys(require.cache).some((it) => it.endsWith('.node'))) process.exit(3)`;
  expect(jsonOf(script, { env: { FOVEA_BACKEND: 'wasm', FOVEA_TARGET: 'simd', FOVEA_ADDON: path } })).toMatchObject({
    name: 'wasm',
    rejected: [],
    product: [1, 3, 3, 7],
  });
});

test.each([
  [{ FOVEA_BACKEND: 'nope' }, "unknown backend 'nope', expected 'native', 'wasm', 'reference' or 'auto'"],
  [{ FOVEA_TARGET: 'nope' }, "unknown target 'nope', expected '"],
])('%o stops the program and offers the valid names', (env, words) => {
  const { status, stderr } = runScript(tell, { env });
  expect(status).not.toBe(0);
  expect(stderr).toContain('ERR_BACKEND');
  expect(stderr).toContain(words);
});

test('import and require share one state', () => {
  const script = `
    import * as imported from 'fovea';
    import { createRequire } from 'node:module';
    const required = createRequire(process.cwd() + '/x.js')('fovea');
    required.setBackend('reference');
    const after = imported.backend().name;
    imported.setBackend('wasm');
    process.stdout.write(JSON.stringify({ after, later: required.backend().name, sameError: imported.FoveaError === required.FoveaError }));`;
  expect(jsonOf(script, { flags: ['--input-type=module'] })).toEqual({ after: 'reference', later: 'wasm', sameError: true });
});

test('the wasm can be handed over by init, in every form', () => {
  const script = `
    const { readFileSync } = require('node:fs');
    const fovea = require('fovea');
    const path = require.resolve('fovea/fovea-simd.wasm');
    const bytes = readFileSync(path);
    const url = require('node:url').pathToFileURL(path);
    const tags = { headers: { 'content-type': 'application/wasm' } };
    const forms = { bytes, buffer: new Uint8Array(bytes).buffer, module: new WebAssembly.Module(bytes), url, href: url.href, path,
      response: new Response(bytes), streamed: new Response(bytes, tags) };
    const got = {};
    (async () => {
      fovea.setBackend('wasm');
      for (const [form, wasm] of Object.entries(forms)) {
        await fovea.init({ wasm });
        ${product}
        got[form] = [fovea.backend().name, fovea.backend().target, ...product].join(' ');
      }
      const refused = { number: 5, empty: new Uint8Array(0), noWasm: new Uint8Array(100), notFound: new Response('', { status: 404 }), other: { } };
      for (const [form, wasm] of Object.entries(refused)) await fovea.init({ wasm }).catch((error) => { got[form] = error.code });
      process.stdout.write(JSON.stringify(got));
    })();`;
  const simd = 'wasm simd 1 3 3 7';
  const works = { bytes: simd, buffer: simd, module: simd, url: simd, href: simd, path: simd, response: simd, streamed: simd };
  const refused = { number: 'ERR_OPTION', empty: 'ERR_BACKEND', noWasm: 'ERR_BACKEND', notFound: 'ERR_BACKEND', other: 'ERR_OPTION' };
  expect(jsonOf(script)).toEqual({ ...works, ...refused });
});

/** Two matrices whose product takes a while, and is known: every row of a times a matrix of ones is its sum. */
const work = `
  const n = 300;
  const a = { data: Float32Array.from({ length: n * n }, (_, i) => (i % n) % 7), shape: [n, n] };
  const ones = { data: new Float32Array(n * n).fill(1), shape: [n, n] };
  const sum = Array.from({ length: n }, (_, i) => i % 7).reduce((x, y) => x + y);
  const right = (product) => product.data.length === n * n && product.data.every((it) => it === sum);`;

describe.each(['native', 'wasm', 'reference'])('%s', (name) => {
  const env = { FOVEA_BACKEND: name };

  test('a process that has used the promise twins ends by itself', () => {
    const script = `${work} require('fovea').matmulAsync(a, ones).then((it) => console.log(right(it)));`;
    expect(runScript(script, { env })).toMatchObject({ status: 0, stdout: 'true\n' });
  });

  test('a process with a job under way waits for it', () => {
    const script = `${work} const { matmulAsync } = require('fovea'); let left = 3; for (let i = 0; i < 3; i++) matmulAsync(a, ones).then(() => { left -= 1; if (left === 0) console.log('all') });`;
    expect(runScript(script, { env })).toMatchObject({ status: 0, stdout: 'all\n' });
  });

  test('several worker_threads use it at once, and one may be ended in the middle', () => {
    const script = `
      const { Worker, isMainThread, parentPort } = require('node:worker_threads');
      ${work}
      const inThread = 'const { parentPort } = require("node:worker_threads"); const fovea = require("fovea");' + ${JSON.stringify(work)} +
        ';(async () => { const now = right(fovea.matmul(a, ones)); parentPort.postMessage("begun"); const all = await Promise.all([1, 2, 3].map(() => fovea.matmulAsync(a, ones))); parentPort.postMessage(now && all.every(right)); })()';
      const start = () => new Worker(inThread, { eval: true });
      const answer = (worker) => new Promise((resolve, reject) => { worker.on('error', reject); worker.on('message', (it) => it === 'begun' || resolve(it)) });
      (async () => {
        const fovea = require('fovea');
        const ended = start();
        const end = new Promise((resolve) => ended.on('message', () => resolve(ended.terminate())));
        const all = await Promise.all([answer(start()), answer(start()), fovea.matmulAsync(a, ones).then(right)]);
        await end;
        console.log(JSON.stringify([...all, right(await fovea.matmulAsync(a, ones))]));
      })();`;
    expect(runScript(script, { env })).toMatchObject({ status: 0, stdout: '[true,true,true,true]\n' });
  });

  test('two copies of the library live in one process', () => {
    const script = `${work}
      const one = require('fovea');
      const { dirname } = require('node:path');
      const dist = dirname(require.resolve('fovea'));
      for (const file of Object.keys(require.cache)) if (dirname(file) === dist) delete require.cache[file];
      const two = require('fovea');
      one.setBackend('reference');
      (async () => {
        const now = [one, two].map((it) => right(it.matmul(a, ones)));
        const later = (await Promise.all([one, two, two, one].map((it) => it.matmulAsync(a, ones)))).map(right);
        console.log(JSON.stringify([one !== two, two.backend().name, ...now, ...later]));
      })();`;
    const { status, stdout } = runScript(script, { env });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual([true, name, true, true, true, true, true, true]);
  });
});
