/**
 * A fresh clone on a machine that can compile nothing: `npm start` answers nevertheless, `npm test` fails, and both say the same words about what
 * is missing. And on this checkout: what is built is not built again. Clones what is committed, and lets npm install into the clone.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onPath } from '../../scripts/run/command.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const minutes = 60_000;
const folder = mkdtempSync(path.join(tmpdir(), 'fovea-clone-'));
const clone = path.join(folder, 'clone');
const text = path.join(folder, 'garden.txt');

/** All that is on PATH there: no compiler, no make, no Python, no emcc, no apt-get. */
const programs = [
  'node',
  'npm',
  'git',
  'sh',
  'env',
  'cat',
  'chmod',
  'cp',
  'dirname',
  'ls',
  'mkdir',
  'mv',
  'pwd',
  'rm',
  'sed',
  'tr',
  'uname',
];

/** A build step's line (scripts/run/terminal.mjs). */
const stepLine = /^[…✓✗] .*$/gm;
const missing = /^Missing: .*\n {2}why it matters: .+\n {2}how to get it: .+$/gm;

beforeAll(() => writeFileSync(text, 'The roses bloom in June.\n\nOur train leaves at noon.\n\nBread is baked at night.\n'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The environment without what names a compiler or a cache of ours, or came from the npm that runs this test. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const ours = /^(FOVEA_|EMSDK|EM_|CXX|CC$|XDG_CACHE_HOME$|npm_|INIT_CWD$|GIT_|VITEST|NODE_ENV$|NODE_OPTIONS$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}

/** Without the user's home, but with npm's settings: the packages come from its cache and its registry. */
function bareEnvironment(): NodeJS.ProcessEnv {
  const [bin, home] = ['bin', 'home'].map((name) => path.join(folder, name)) as [string, string];
  for (const made of [bin, home]) mkdirSync(made);
  for (const name of programs) {
    const program = name === 'node' ? process.execPath : onPath(name);
    if (program !== undefined) symlinkSync(program, path.join(bin, name));
  }
  const settings = ['cache', 'registry', 'userconfig'].map((key) => {
    const value = execFileSync('npm', ['config', 'get', key], { cwd: root, encoding: 'utf8' });
    return [`npm_config_${key}`, value.trim()];
  });
  return { ...cleanEnvironment(), ...Object.fromEntries(settings), PATH: bin, HOME: home };
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Not spawnSync: vitest takes a test process that is silent for a minute for dead. */
async function npm(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Ended> {
  const child = spawn('npm', args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const status = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  return { status, stdout, stderr };
}

if (process.platform === 'win32' || !existsSync(path.join(root, '.git')))
  it('is listed as not run', ({ task }) => {
    Object.assign(task.meta, { notRun: ['a fresh clone without compilers: needs a git checkout, and a system other than Windows'] });
  });
else
  describe('a fresh clone where nothing can be compiled', () => {
    let early: Ended[];
    let installedEarly: boolean;
    let start: Ended;
    let test: Ended;

    beforeAll(async () => {
      execFileSync('git', ['clone', '--quiet', root, clone], { env: cleanEnvironment() });
      const env = bareEnvironment();
      early = [await npm(['start', '--', '--help'], clone, env), await npm(['start', '--', '--limt', '3'], clone, env)];
      installedEarly = existsSync(path.join(clone, 'node_modules'));
      start = await npm(['start', '--', '--text', text, '--query', 'railway', '--limit', '3'], clone, env);
      test = await npm(['test'], clone, env);
    }, 15 * minutes);

    it('answers --help and a mistyped option before it installs anything', () => {
      expect(early).toMatchObject([
        { status: 0, stdout: expect.stringContaining('--query') },
        { status: 2, stderr: expect.stringContaining('--limt') },
      ]);
      expect(installedEarly).toBe(false);
    });

    it('answers, after the packages were installed', () => {
      expect(start).toMatchObject({ status: 0, stdout: expect.stringContaining('Our train leaves at noon.') });
      expect(start.stderr).toMatch(/^✓ npm packages: installing/m);
      expect(start.stderr).toMatch(/on reference/);
    });

    it('says of each part that is missing what, why and how', () => {
      const words = start.stderr.match(missing);
      expect(words).toEqual([
        expect.stringMatching(/^Missing: a C\+\+ compiler, make, Python 3\n/),
        expect.stringMatching(/^Missing: emcc \d.* or newer/),
      ]);
      expect(start.stderr).toContain('→ going on without the native backend');
      expect(start.stderr).toContain('→ going on without the WebAssembly backend');
    });

    it('fails npm test with the same words', () => {
      expect(test.status).not.toBe(0);
      expect(test.stderr.match(missing)).toEqual(start.stderr.match(missing));
      expect(test.stdout).toMatch(/^0 passed, 2 failed$/m);
    });
  });

describe('this checkout', () => {
  it('builds nothing when npm start runs a second time', { timeout: 15 * minutes }, async () => {
    const again = () => npm(['start', '--', '--text', text, '--query', 'railway', '--limit', '1'], root, cleanEnvironment());
    expect((await again()).status).toBe(0);
    const second = await again();
    expect(second.status).toBe(0);
    expect(second.stderr).toMatch(/^embedding 1 paragraphs/m);
    expect(second.stderr.match(stepLine)).toBeNull();
  });
});
