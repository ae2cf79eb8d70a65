/** What `npm start` and `npm test` read of a machine before they build: Debian's apt sources, and the locks of other processes. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alone } from '../scripts/run/lock.mjs';
import { mirrors } from '../scripts/toolchain/debian-mirrors.mjs';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fovea-set-up-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string) => path.join(folder, name);

function write(name: string, text: string): void {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), text);
}

describe('Debian mirrors of the apt sources', () => {
  it('are undefined where there are no sources, or only others', () => {
    expect(mirrors(folder)).toBeUndefined();
    write('sources.list', 'deb http://archive.example/ubuntu noble main\n');
    expect(mirrors(folder)).toBeUndefined();
  });

  it('are read from sources.list, options in brackets or not', () => {
    write(
      'sources.list',
      'deb [arch=amd64 signed-by=/k.gpg] http://a.example/debian bookworm main\ndeb http://b.example/debian-security/ x main\n',
    );
    expect(mirrors(folder)).toEqual({ debian: 'http://a.example/debian', security: 'http://b.example/debian-security/' });
  });

  it('are read from .sources, several addresses in a line', () => {
    write(
      'sources.list.d/debian.sources',
      'Types: deb\nURIs: http://other.example/tools http://a.example/debian\nSuites: bookworm\n\nTypes: deb\nURIs: http://a.example/debian-security\n',
    );
    expect(mirrors(folder)).toEqual({ debian: 'http://a.example/debian', security: 'http://a.example/debian-security' });
  });

  it('have no security one where no source names it', () => {
    write('sources.list', 'deb http://a.example/debian bookworm main\n');
    expect(mirrors(folder)).toEqual({ debian: 'http://a.example/debian', security: undefined });
  });

  it('are not the snapshots in comments above them', () => {
    write(
      'sources.list.d/debian.sources',
      'Types: deb\n# http://snapshot.example/archive/debian/2026\n#URIs: http://snapshot.example/debian\nURIs: http://a.example/debian\n',
    );
    write(
      'sources.list',
      '# deb http://snapshot.example/debian bookworm main\n  #deb http://snapshot.example/debian-security bookworm main\n',
    );
    expect(mirrors(folder)).toEqual({ debian: 'http://a.example/debian', security: undefined });
  });

  it('are followed into the files that cloud images name', () => {
    write('mirrors/debian.list', '# the nearest one\nhttps://a.example/debian\tpriority:1\nhttps://b.example/debian\n');
    write('mirrors/security.list', 'https://a.example/debian-security\n');
    write(
      'sources.list.d/debian.sources',
      `Types: deb\nURIs: mirror+file:${at('mirrors/gone.list')} mirror+file:${at('mirrors/debian.list')}\n\nURIs: mirror+file://${at('mirrors/security.list')}\n`,
    );
    expect(mirrors(folder)).toEqual({ debian: 'https://a.example/debian', security: 'https://a.example/debian-security' });
  });
});

describe('a lock', () => {
  const done = () => Promise.resolve('done');

  it('is given back, also after a failure', async () => {
    await expect(alone(at('lock'), () => Promise.reject(new Error('work')))).rejects.toThrow('work');
    expect(existsSync(at('lock'))).toBe(false);
    expect(await alone(at('lock'), done)).toBe('done');
  });

  it('that is empty and old was left by a killed process', async () => {
    write('lock', '');
    const minuteAgo = Date.now() / 1000 - 60;
    utimesSync(at('lock'), minuteAgo, minuteAgo);
    expect(await alone(at('lock'), done)).toBe('done');
  });

  it('of a living process is waited for, of a dead one taken', async () => {
    const holder = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)']);
    write('lock', String(holder.pid));
    let taken = false;
    const waiting = alone(at('lock'), async () => {
      taken = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(taken).toBe(false);
    holder.kill('SIGKILL');
    await waiting;
    expect(taken).toBe(true);
  });
});
