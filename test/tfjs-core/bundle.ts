/**
 * TensorFlow.js' own tests, which @tensorflow/tfjs-core (Apache-2.0) publishes beside what they test, as one file that Node runs: 265 modules
 * of ESM without extensions, the gradients and methods that the core leaves to others to register, and the backend.
 */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const core = 'node_modules/@tensorflow/tfjs-core/dist';

/** The file of the tests; it defines them when it is loaded. @param name one for each who does this at the same time */
export async function bundleTests(name: string): Promise<string> {
  const folder = join(root, '.cache', name);
  const outfile = join(folder, 'tests.cjs');
  await build({
    absWorkingDir: root,
    stdin: { contents: entry(testFiles()), resolveDir: root },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'],
    ignoreAnnotations: true,
    logLevel: 'error',
    external: ['jasmine-core', 'node-fetch'],
    plugins: [builtFovea(folder)],
  });
  return outfile;
}

export function testFiles(): string[] {
  const names = readdirSync(join(root, core), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('_test.js'));
  return names.sort().map((name) => `./${core}/${name}`);
}

function entry(files: readonly string[]): string {
  return `
    import './${core}/register_all_gradients.js';
    import './${core}/public/chained_ops/register_all_chained_ops.js';
    import 'fovea/tfjs';
    import { setTestEnvs } from './${core}/jasmine_util.js';
    setTestEnvs([{ name: 'fovea', backendName: 'fovea', isDataSync: true }]);
    ${files.map((file) => `require('${file}');`).join('\n')}
    export * from 'fovea/tfjs';`;
}

/** fovea/tfjs as it is built, with the TensorFlow.js of the tests; the rest of fovea stays where it finds its addon and its wasm. */
function builtFovea(folder: string): Plugin {
  return {
    name: 'built fovea',
    setup({ onResolve }) {
      onResolve({ filter: /^fovea\/tfjs$/ }, () => ({ path: join(root, 'dist/tfjs/node.cjs') }));
      onResolve({ filter: /\/core-\w+\.cjs$/ }, ({ path, resolveDir }) => ({
        path: `./${relative(folder, join(resolveDir, path))}`,
        external: true,
      }));
    },
  };
}
