/**
 * The layers of src/ (docs/architecture.md, "Who may see whom"): arrows point down. scripts/check-layers.mjs runs it.
 * @type {import('dependency-cruiser').IConfiguration}
 */

const words = '^src/(types|errors)\\.ts$';
const presets = '^src/(index|node|browser)\\.ts$';

/** Folders of src/ that are subpaths of the package (scripts/build.mjs). */
const subpaths = ['seq2seq', 'tfjs', 'vision', 'viz'];

/** Files that stand on packages, which are bundled into dist/. */
const bundling = [
  { from: '^src/viz/', names: ['fast-png', 'fflate'] },
  { from: '^src/cli/', names: ['commander', 'cli-table3', 'picocolors'] },
];

/** Files that stand on packages which their user has: optional peers of the package. */
const onPeers = { from: '^src/tfjs/', names: '@tensorflow/tfjs-(core|backend-cpu|layers)' };

const packages = ['npm', 'npm-dev', 'npm-peer', 'npm-optional', 'npm-no-pkg', 'npm-unknown'];

/** A layer and all of ours that it may import beside itself. */
const layer = (name, path, may, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path },
  to: { path: '^src/', pathNot: [path, ...may] },
});

export default {
  forbidden: [
    layer('words', words, [], 'types.ts and errors.ts are the vocabulary of everybody and import nothing of ours'),
    layer('validate', '^src/validate/', [words], 'validate/ knows one argument at a time'),
    layer('plan', '^src/plan/', ['^src/validate/', words], 'a plan does not know who runs it'),
    layer(
      'cache',
      '^src/cache/',
      ['^src/plan/(blocks|plan)\\.ts$', '^src/backend/backend\\.ts$', words],
      'cache/ keeps tokens and moves them about; it checks no argument and computes nothing',
    ),
    layer(
      'ops',
      '^src/ops/',
      ['^src/plan/', '^src/cache/', '^src/backend/(select|backend)\\.ts$', words],
      'an op plans and hands over; a particular backend is not its matter',
    ),
    layer(
      'encode',
      '^src/encode/',
      ['^src/ops/', '^src/plan/result\\.ts$', '^src/validate/', words],
      'encode/ stands on the ops: it checks its arguments, and knows of plans only where a result goes',
    ),
    layer(
      'transformers',
      '^src/transformers/',
      ['^src/ops/', '^src/plan/packed-matrix\\.ts$', '^src/validate/', words],
      'transformers/ stands on the ops: it checks its arguments, and knows of plans only what a packed matrix is',
    ),
    layer(
      'presets',
      presets,
      [
        '^src/ops/',
        '^src/encode/',
        '^src/transformers/',
        '^src/backend/[^/]+\\.ts$',
        '^src/backend/[^/]+/load(-node|-browser)?\\.ts$',
        words,
      ],
      'a preset names the public API and its backends',
    ),
    ...subpaths.flatMap((name) => [
      layer(
        name,
        `^src/${name}/`,
        ['^src/ops/', '^src/validate/', presets, words],
        'a subpath stands on the ops like any user; what runs them is not its matter',
      ),
      {
        name: `${name}-apart`,
        severity: 'error',
        comment: 'a subpath is loaded by who asks for it, and by nobody else',
        from: { path: '^src/', pathNot: [`^src/${name}/`, '^src/cli/'] },
        to: { path: `^src/${name}/` },
      },
    ]),
    layer(
      'cli',
      '^src/cli/',
      ['^src/(index|node)\\.ts$', `^src/(${subpaths.join('|')})/node\\.ts$`],
      'the program stands on the public API like any user',
    ),
    {
      name: 'cli-apart',
      severity: 'error',
      comment: 'the program is run, and imported by nobody',
      from: { path: '^(src|examples)/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'examples-apart',
      severity: 'error',
      comment: 'examples stand on the library; the program alone shows one of them, and shares what makes them programs',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^examples/' },
    },
    layer('backends', '^src/backend/', ['^src/plan/', words], 'a backend runs plans and knows nothing above them'),
    ...['native', 'wasm', 'reference'].map((name) => ({
      name: `${name}-alone`,
      severity: 'error',
      comment: 'the backends know their common ground, not each other',
      from: { path: `^src/backend/${name}/` },
      to: { path: '^src/backend/[^/]+/', pathNot: `^src/backend/${name}/` },
    })),
    {
      name: 'plans-as-types',
      severity: 'error',
      comment: 'below the plan nothing plans: a backend sees plans as types, their tensors, and the order of their words',
      from: { path: '^src/backend/' },
      to: { path: '^src/plan/', pathNot: '^src/plan/(call|layout|tensors|blocks|int8|spare)\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'reads in one direction',
      from: {},
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-packages',
      severity: 'error',
      comment: 'an installed fovea has no dependency',
      from: { path: '^src/', pathNot: [...bundling.map(({ from }) => from), onPeers.from] },
      to: { dependencyTypes: packages },
    },
    ...bundling.map(({ from, names }) => ({
      name: 'bundled-packages',
      severity: 'error',
      comment: 'a package that is bundled is as small as these',
      from: { path: from },
      to: { dependencyTypes: packages, pathNot: `^node_modules/(${names.join('|')})/` },
    })),
    {
      name: 'peers',
      severity: 'error',
      comment: 'a package that its user need not have is asked of those only who ask for the subpath',
      from: { path: onPeers.from },
      to: { dependencyTypes: packages, pathNot: `^node_modules/${onPeers.names}/` },
    },
    { name: 'no-unresolved', severity: 'error', comment: 'a file that is not there', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'default'] },
  },
};
