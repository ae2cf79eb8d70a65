/**
 * The Debian mirrors that this machine's own apt sources name, so that no address stands in this repository.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @returns {{ debian: string, security: string | undefined } | undefined} undefined where no source ends in `/debian`
 */
export function mirrors(etc = '/etc/apt') {
  const found = sources(etc).flatMap(addresses).flatMap(followed);
  const ending = (word) => found.find((address) => address.replace(/\/$/, '').endsWith(word));
  const debian = ending('/debian');
  return debian && { debian, security: ending('/debian-security') };
}

/** The texts of sources.list and sources.list.d, without comments: a commented-out snapshot's address can stand above the real one. */
function sources(etc) {
  const parts = join(etc, 'sources.list.d');
  const names = existsSync(parts) ? readdirSync(parts).filter((name) => /\.(list|sources)$/.test(name)) : [];
  return [join(etc, 'sources.list'), ...names.map((name) => join(parts, name))].filter((path) => existsSync(path)).map(withoutComments);
}

function withoutComments(path) {
  return readFileSync(path, 'utf8').replace(/^\s*#.*$/gm, '');
}

/** Both formats: `deb [options] ADDRESS suite …` and `URIs: ADDRESS …`. */
function addresses(text) {
  const oneLine = [...text.matchAll(/^deb\s+(?:\[[^\]]*\]\s+)?(\S+)/gm)].map((match) => match[1]);
  const deb822 = [...text.matchAll(/^URIs:\s*(.*)$/gim)].flatMap((match) => match[1].trim().split(/\s+/));
  return [...oneLine, ...deb822];
}

/** Debian's cloud images name a file that lists the mirrors, one a line, its address first: `mirror+file:/etc/apt/mirrors/debian.list`. */
function followed(address) {
  if (!address.startsWith('mirror+file:')) return [address];
  const path = fileURLToPath(address.slice('mirror+'.length));
  if (!existsSync(path)) return [];
  return [...withoutComments(path).matchAll(/^\s*(\S+)/gm)].map((match) => match[1]);
}
