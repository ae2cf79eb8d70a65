/** The example of fovea/vision in docs/design.md runs, and gives what it says. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import '../../src/node.js';
import * as vision from '../../src/vision/index.js';

const page = readFileSync(new URL('../../docs/design.md', import.meta.url), 'utf8');
const section = page.slice(page.indexOf('\n## fovea/vision\n'), page.indexOf('\n## Promise twins\n'));
const [, example = ''] = /```js\n([\s\S]*?)```/.exec(section) ?? [];

it('the example', () => {
  const said: (readonly [unknown, unknown])[] = [];
  const body = example
    .replace(/^import (.*) from 'fovea\/vision';$/m, 'const $1 = vision;')
    .replaceAll(/^(\w.*); \/\/ (\[.*\])$/gm, 'said.push([$1, $2]);');
  expect(body).not.toContain('import');
  new Function('vision', 'said', body)(vision, said);
  expect(said.length).toBe(3);
  for (const [came, expected] of said) expect(came).toEqual(expected);
});
