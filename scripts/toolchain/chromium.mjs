/**
 * A Chromium for the browser tests: CHROME_PATH, else the system's, else the one that the npm package @sparticuz/chromium carries.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onPath, run } from '../run/command.mjs';
import { Missing } from '../run/missing.mjs';
import { root } from '../run/root.mjs';

/** The package unpacks into the folder for temporary files, and its own copies of nss and nspr only where it takes itself to be on AWS Lambda. */
const unpack = `import chromium from '@sparticuz/chromium'; await chromium.executablePath();`;
const folder = join(root, '.cache/chromium');

/**
 * What playwright-core needs to start it.
 * @returns {Promise<{ executablePath: string, args: string[], env: NodeJS.ProcessEnv }>}
 * @throws {Missing}
 */
export async function chromium() {
  const args = ['--no-sandbox'];
  const own = process.env.CHROME_PATH ?? onPath('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable');
  if (own !== undefined) return { executablePath: own, args, env: process.env };
  if (process.platform !== 'linux' || process.arch !== 'x64') throw missing(`for ${process.platform}-${process.arch}`);

  const executablePath = join(folder, 'chromium');
  if (!existsSync(executablePath)) {
    mkdirSync(folder, { recursive: true });
    const env = { ...process.env, TMPDIR: folder, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' };
    await run(process.execPath, ['--input-type=module', '--eval', unpack], { cwd: root, env });
  }
  // The system's own libraries come first where it has them: nss of the package is for systems without.
  const lacks = (await run('ldd', [executablePath])).includes('not found');
  const env = lacks ? { ...process.env, LD_LIBRARY_PATH: join(folder, 'al2023/lib') } : process.env;
  return { executablePath, args: [...args, '--no-zygote', '--headless=shell'], env };
}

function missing(what) {
  return new Missing({
    what: `a Chromium ${what}`,
    why: 'the browser build is not tested without one',
    how: 'install Chromium or Chrome and set CHROME_PATH to its program; on Debian: apt-get install chromium',
  });
}
