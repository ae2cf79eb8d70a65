/** The examples as a whole: each has a command of npm, a README with its pictures and a place in the README's list, and `npm run examples` leaves out none that is trained. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { fromCaller } from '../examples/program/files.mjs';
import { runAll, runs } from '../scripts/examples.mjs';
import { named, parsed } from './viz/parsed.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (...parts: string[]) => readFileSync(path.join(root, ...parts), 'utf8');
const examples = readdirSync(path.join(root, 'examples')).filter((name) => existsSync(path.join(root, 'examples', name, 'main.mjs')));
const isTrained = (name: string) => /'\.\.\/(training\/loop|seq2seq-training\/rivals)\.mjs'/.test(allOf(name));
const allOf = (name: string) =>
  readdirSync(path.join(root, 'examples', name))
    .filter((file) => file.endsWith('.mjs'))
    .map((file) => read('examples', name, file))
    .join('\n');

describe.each(examples)('%s', (name) => {
  it('can be run by npm, and is to be found', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    expect(Object.values(scripts)).toContain(`node scripts/start.mjs ${name}`);
    expect(read('README.md')).toContain(`(examples/${name}/README.md)`);
    expect(read('examples', name, 'README.md')).toMatch(/^# /);
  });

  it('has the pictures that its README shows, and no others', () => {
    const shown = [...read('examples', name, 'README.md').matchAll(/!\[[^\]]*\]\(([^)]+\.svg)\)/g)].map(([, picture]) => picture ?? '');
    const files = readdirSync(path.join(root, 'examples', name), { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => file.endsWith('.svg')).sort()).toEqual(shown.sort());
    for (const picture of shown) {
      const svg = read('examples', name, picture);
      expect(svg.length).toBeLessThan(60_000);
      expect(named(parsed(svg), 'title')[0]?.text).toMatch(/.../);
    }
  });
});

it('trained ones are those that npm run examples runs', () => {
  const trained = examples.filter(isTrained);
  expect(trained.length).toBeGreaterThan(2);
  expect([...new Set(runs.map(({ example }) => example))].sort()).toEqual(trained.sort());
});

it('npm run examples writes into this checkout, wherever the user stands', () => {
  vi.stubEnv('INIT_CWD', tmpdir());
  for (const { example, figures } of runs) {
    const places = figures.filter((argument) => !argument.startsWith('--')).map(fromCaller);
    expect(places).toContain(path.join(root, 'examples', example, 'README.md'));
    expect(places).toHaveLength(2);
    for (const place of places) expect(existsSync(place)).toBe(true);
  }
  vi.unstubAllEnvs();
});

it.each([
  ['all, where some fall short', [0, 1, 0, 1], 4, 1],
  ['all, where each does what it is meant to', [0, 0, 0, 0], 4, 0],
  ['none after one that Ctrl-C stopped', [1, 130], 2, 130],
  ['none after one that SIGTERM stopped', [143], 1, 143],
])('npm run examples runs %s', async (_name, statuses, run, expected) => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const names: string[] = [];
  const status = await runAll(false, async (name) => statuses[names.push(name) - 1] ?? 0);
  said.mockRestore();
  expect([names.length, status]).toEqual([run, expected]);
});

it('npm run examples refuses what it does not know, before it trains', () => {
  const { status, stderr } = spawnSync(process.execPath, [path.join(root, 'scripts/examples.mjs'), '--figure'], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([2, 'examples: --figure is not known, expected --no-figures or nothing\n']);
});
