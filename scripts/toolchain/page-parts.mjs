/**
 * Parts of pages that the library writes, as text inside it: `import { text, hash } from './client.ts?part'` is a script or style, bundled for
 * browsers, and the hash by which the page's Content-Security-Policy knows it. For esbuild (the build) and for Vite (the tests).
 */
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import * as esbuild from 'esbuild';

const query = '?part';

/** What such an import becomes. */
async function moduleOf(path) {
  const options = {
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: ['chrome91', 'firefox113', 'safari16.4'],
    legalComments: 'none',
  };
  const { outputFiles } = await esbuild.build({ ...options, entryPoints: [path], logLevel: 'silent' });
  const text = outputFiles[0].text.trim();
  const hash = `sha256-${createHash('sha256').update(text).digest('base64')}`;
  return `export const text = ${JSON.stringify(text)};\nexport const hash = ${JSON.stringify(hash)};\n`;
}

const pathOf = (name, from) => join(from, name.slice(0, -query.length));

/** @type {import('esbuild').Plugin} */
export const forEsbuild = {
  name: 'page parts',
  setup(build) {
    build.onResolve({ filter: /\?part$/ }, ({ path, resolveDir }) => ({ path: pathOf(path, resolveDir), namespace: 'part' }));
    build.onLoad({ filter: /.*/, namespace: 'part' }, async ({ path }) => ({ contents: await moduleOf(path), loader: 'js' }));
  },
};

/** @type {import('vite').Plugin} */
export const forVite = {
  name: 'page parts',
  enforce: 'pre',
  // The name no longer ends like that of a style, which Vite would treat as one.
  resolveId: (name, from) => (name.endsWith(query) && from ? `\0${pathOf(name, dirname(from))}.part` : undefined),
  load: (id) => (id.startsWith('\0') && id.endsWith('.part') ? moduleOf(id.slice(1, -'.part'.length)) : undefined),
};
