/** Every example of docs/design.md, docs/migration.md and README.md runs as it stands there and gives what it says; every name of the family's table exists. */
import { readFileSync } from 'node:fs';
import { format } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import * as tfLayers from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import * as fovea from '../src/node.js';
import * as seq2seq from '../src/seq2seq/node.js';
import * as attending from '../src/tfjs/layers/node.js';
import * as tfjs from '../src/tfjs/node.js';
import type { Tensor } from '../src/types.js';
import * as vision from '../src/vision/node.js';
import * as viz from '../src/viz/node.js';
import { random } from './random.js';
import { float32, sizeOf } from './tensors.js';

const { normal } = random('examples');
const tensor = (...shape: number[]): Tensor => float32(shape, normal);
const packages: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  fovea,
  '@tensorflow/tfjs-core': tf,
  '@tensorflow/tfjs-layers': tfLayers,
  'fovea/seq2seq': seq2seq,
  'fovea/tfjs': tfjs,
  'fovea/tfjs/layers': attending,
  'fovea/vision': vision,
  'fovea/viz': viz,
};

/** What an example reads and writes files with. */
const written = new Map<string, unknown>();
const write = (name: string, content: unknown): void => void written.set(name, content);
const files = {
  'node:fs': { readFileSync: () => model, writeFileSync: write },
  'node:fs/promises': { writeFile: async (name: string, content: unknown) => write(name, content) },
};

/** A safetensors file with what the examples ask for. */
const model = (() => {
  const prefix = 'decoder.layers.0.self_attn.';
  const tensors: Readonly<Record<string, Tensor>> = {
    'dense.weight': tensor(6, 4),
    'dense.bias': tensor(6),
    [`${prefix}in_proj_weight`]: tensor(48, 16),
    [`${prefix}in_proj_bias`]: tensor(48),
    [`${prefix}out_proj.weight`]: tensor(16, 16),
    [`${prefix}out_proj.bias`]: tensor(16),
  };
  let end = 0;
  const header: Record<string, unknown> = {};
  for (const [name, { shape }] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + 4 * sizeOf(shape)] };
    end += 4 * sizeOf(shape);
  }
  const text = JSON.stringify(header);
  const json = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Uint8Array.from(Buffer.concat([length, json, ...Object.values(tensors).map(({ data }) => Buffer.from(data.buffer))]));
})();

interface Example {
  readonly page: string;
  readonly section: string;
  readonly text: string;
}

function* examplesOf(page: string): Generator<Example> {
  const text = readFileSync(new URL(`../${page}`, import.meta.url), 'utf8');
  let section = '';
  for (const [, heading, example] of text.matchAll(/^##+ (.*)$|^```js\n([\s\S]*?)^```$/gm)) {
    if (heading !== undefined) section = heading;
    else if (example !== undefined) yield { page, section, text: example };
  }
}

const examples = ['docs/design.md', 'docs/migration.md', 'README.md'].flatMap((page) => [...examplesOf(page)]);

const sizes = { b: 2, t: 7, dState: 6, dMemory: 10, units: 5 };
const additive = {
  stateWeight: tensor(sizes.dState, sizes.units),
  memoryWeight: tensor(sizes.dMemory, sizes.units),
  v: tensor(sizes.units),
  bias: tensor(sizes.units),
};
const encoded = tensor(sizes.b, sizes.t, sizes.dMemory);
const lengths = Int32Array.of(7, 3);
const heads = (queries: number, keys: number, d: number, n = 1) => ({
  q: tensor(1, n, queries, d),
  k: tensor(1, n, keys, d),
  v: tensor(1, n, keys, d),
});

interface Row {
  /** The variables that an example has from elsewhere. */
  readonly given?: Readonly<Record<string, unknown>>;
  /** What it leaves, by the names of its variables. */
  readonly check?: (left: (name: string) => unknown) => void;
}

const shapeOf = (value: unknown) => (value as Tensor).shape;
const numbers = (value: unknown): number[] => [...(value as Tensor).data];
const sums = (value: unknown, width: number): number[] => {
  const all = numbers(value);
  return Array.from({ length: all.length / width }, (_, row) =>
    all.slice(row * width, (row + 1) * width).reduce((sum, number) => sum + number, 0),
  );
};

/** By section; the examples of one section, in their order. */
const rows: Readonly<Record<string, readonly Row[]>> = {
  'docs/design.md, matmul': [{}],
  'docs/design.md, linear': [{}],
  'docs/design.md, softmax and softmin': [
    {
      check: (left) => {
        expect(left('a')).toBeCloseTo(0.487, 3);
        const [far = 1, near = 0, between = 1] = numbers(fovea.softmin(left('distances') as Tensor, { scale: 0.5 }));
        expect(near > between && between > far).toBe(true);
      },
    },
  ],
  'docs/design.md, layerNorm and rmsNorm': [
    {
      check: (left) => {
        for (const sum of sums(left('y'), 4)) expect(sum / 4).toBeCloseTo(1, 4);
        for (const sum of sums({ data: numbers(left('y')).map((y) => (y - 1) ** 2) }, 4)) expect(sum / 4).toBeCloseTo(4, 3);
        for (const sum of sums({ data: numbers(left('z')).map((z) => z ** 2) }, 4)) expect(sum / 4).toBeCloseTo(4, 4);
      },
    },
  ],
  'docs/design.md, embedding and sinusoidalPositions': [{}],
  'docs/design.md, readSafetensors': [{}],
  'docs/design.md, rotary': [{}],
  'docs/design.md, attention': [{ check: (left) => sums(left('weights'), 9).forEach((sum) => void expect(sum).toBeCloseTo(1, 5)) }],
  'docs/design.md, Score kinds': [
    {
      given: {
        state: tensor(1, 1, 1, 6),
        encoded: tensor(1, 1, 7, 10),
        queryWeight: additive.stateWeight,
        keyWeight: additive.memoryWeight,
        v: additive.v,
        bias: additive.bias,
        keyLengths: Int32Array.of(5),
      },
      check: (left) => expect(shapeOf(left('output'))).toEqual([1, 1, 1, 10]),
    },
  ],
  'docs/design.md, mergeAttention': [
    (() => {
      const given = heads(3, 250, 64);
      const whole = numbers(fovea.attention(given.q, given.k, given.v).output);
      return {
        given,
        check: (left) => numbers(left('output')).forEach((number, at) => void expect(number).toBeCloseTo(whole[at] ?? Number.NaN, 5)),
      };
    })(),
  ],
  'docs/design.md, attentionBackward': [
    {
      given: { ...heads(3, 5, 4), lossOf: ({ shape }: Tensor) => tensor(...shape) },
      check: (left) => expect(['dQuery', 'dKey', 'dValue'].map((name) => shapeOf(left(name))[2])).toEqual([3, 5, 5]),
    },
    (() => {
      const weights = {
        queryWeight: tensor(sizes.dState, sizes.units),
        keyWeight: tensor(sizes.dMemory, sizes.units),
        v: tensor(sizes.units),
        bias: tensor(sizes.units),
      };
      const before = Object.fromEntries(Object.entries(weights).map(([name, { data }]) => [name, data.slice()]));
      return {
        given: { ...weights, state: tensor(1, 1, 1, 6), encoded: tensor(1, 1, 7, 10), dOutput: tensor(1, 1, 1, 10), rate: 0.5 },
        check: (left) => {
          const dScore = left('dScore') as Readonly<Record<keyof typeof weights, Tensor>>;
          for (const name of ['queryWeight', 'keyWeight', 'v', 'bias'] as const)
            expect(weights[name].data).toEqual(dScore[name].data.map((slope, at) => (before[name]?.[at] ?? Number.NaN) - slope / 2));
        },
      };
    })(),
  ],
  'docs/design.md, softmaxBackward, layerNormBackward, rmsNormBackward, linearBackward': [{}],
  'docs/design.md, toFloat16, toBfloat16, fromFloat16, fromBfloat16': [{}],
  'docs/design.md, KVCache': [
    (() => {
      const next = { q: tensor(1, 32, 1, 64), k: tensor(1, 8, 1, 64), v: tensor(1, 8, 1, 64) };
      let steps = 0;
      return {
        given: {
          q: tensor(1, 32, 5, 64),
          k: tensor(1, 8, 5, 64),
          v: tensor(1, 8, 5, 64),
          finished: () => steps++ === 3,
          project: () => next,
        },
        check: (left) => expect([shapeOf(left('output')), (left('cache') as fovea.KVCache).bytes, steps]).toEqual([[1, 32, 1, 64], 0, 4]),
      };
    })(),
  ],
  'docs/design.md, MultiHeadAttention': [
    { check: (left) => expect([shapeOf(left('output')), [...(left('cache') as fovea.KVCache).lengths]]).toEqual([[1, 10, 16], [10]]) },
  ],
  'docs/design.md, fovea/vision': [{}],
  'docs/design.md, Promise twins': [
    (() => {
      const sent: unknown[] = [];
      return {
        given: { ...heads(3, 5, 4), send: (output: unknown) => sent.push(output) },
        check: () => expect(sent.map(shapeOf)).toEqual([[1, 1, 3, 4]]),
      };
    })(),
  ],
  'docs/design.md, fovea/tfjs': [{}, {}],
  'docs/design.md, fovea/tfjs/layers': [{}, {}],
  'docs/migration.md, The change': [{}],
  'README.md, In TensorFlow.js': [{}],
  'docs/design.md, fovea/viz': [
    {
      given: heads(6, 6, 8, 8),
      check: () => {
        expect(written.get('head.svg')).toContain('<title');
        expect(written.get('heads.html')).toMatch(/^<!doctype html>/i);
      },
    },
  ],
  'docs/design.md, fovea/seq2seq': [
    {
      given: {
        ...additive,
        coverageWeight: tensor(sizes.units),
        encoded,
        lengths,
        start: tensor(sizes.b, sizes.dState),
        words: ['<s>', 'le', 'chat'],
        decoder: (_word: string, state: unknown, context: unknown) => {
          expect(shapeOf(context)).toEqual([2, 10]);
          return state;
        },
      },
      check: (left) => {
        for (const sum of sums(left('coverage'), sizes.t)) expect(sum).toBeCloseTo(3, 5);
        expect(numbers(left('coverage')).slice(10)).toEqual([0, 0, 0, 0]);
      },
    },
    {
      given: { words: encoded, weight: additive.memoryWeight, bias: additive.bias, context: additive.v, lengths },
      check: (left) => {
        expect(shapeOf(left('output'))).toEqual([2, 10]);
        for (const sum of sums(left('weights'), sizes.t)) expect(sum).toBeCloseTo(1, 5);
      },
    },
  ],
  'README.md, ': [{}],
  'README.md, Looking at weights': [
    {
      given: {
        head: float32([3, 4], (at) => at / 12),
        layers: [float32([2, 3, 4], (at) => at / 24)],
        queryTokens: ['a', 'b', 'c'],
        keyTokens: ['d', 'e', 'f', 'g'],
      },
      check: () => expect(written.get('heads.html')).toMatch(/^<!doctype html>/i),
    },
  ],
  'README.md, Recurrent decoders': [
    {
      given: { ...additive, encoded, lengths, state: tensor(sizes.b, sizes.dState) },
      check: (left) =>
        expect([shapeOf(left('context')), shapeOf(left('weights'))]).toEqual([
          [2, 10],
          [2, 7],
        ]),
    },
  ],
};

const AsyncFunction = (async () => undefined).constructor as new (...parts: string[]) => (...given: unknown[]) => Promise<unknown>;

/** Every variable of the outermost scope. */
const namesIn = (text: string): string[] =>
  [...text.matchAll(/^(?:const|let) (\w+|\[[^\]]*\]|\{[^}]*\}) =/gm)].flatMap(([, target = '']) => target.match(/\w+/g) ?? []);

describe('examples', () => {
  it('are those of the table', () => {
    const found: Record<string, number> = {};
    for (const { page, section } of examples) found[`${page}, ${section}`] = (found[`${page}, ${section}`] ?? 0) + 1;
    expect(found).toEqual(Object.fromEntries(Object.entries(rows).map(([name, { length }]) => [name, length])));
  });

  const counts = new Map<string, number>();
  for (const { page, section, text } of examples) {
    const name = `${page}, ${section}`;
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    const row = rows[name]?.[count];
    it(`${name}${count > 0 ? ` (${count + 1})` : ''}`, async () => {
      if (!row) throw new Error('not in the table');
      const said: (readonly [string, unknown, string])[] = [];
      const say = (kind: string, value: unknown, comment: string): void => void said.push([kind, value, comment]);
      const body = text
        .replaceAll(/^import (?:\* as )?(\{[^}]*\}|\w+) from '([^']+)';$/gm, "const $1 = imported('$2');")
        .replaceAll(/^import '([^']+)'; (\/\/ .*)$/gm, "imported('$1'); $2")
        // What a comment says: `console.log(…); // [ 1 ]`, `expression; // [2, 3]`, and `const x = …; // [2, 3]`, its shape.
        .replaceAll(/^console\.log\((.*)\); \/\/ (.*)$/gm, (_, values, comment) => `say('log', [${values}], ${JSON.stringify(comment)});`)
        .replaceAll(/^(\w+(?:\.\w+)*); \/\/ (\[[\d, ]+\]).*$/gm, (_, value, comment) => `say('value', ${value}, '${comment}');`)
        .replaceAll(
          /^const (\w+) = (.*); \/\/ (\[[\d, ]+\]).*$/gm,
          (line, variable, _value, comment) => `${line}\nsay('shape', ${variable}, '${comment}');`,
        );
      expect(body).not.toMatch(/^import /m);
      const left = namesIn(text);
      const given = { ...row.given, say, imported: (from: string) => packages[from] ?? files[from as keyof typeof files] };
      const run = new AsyncFunction(...Object.keys(given), `'use strict';\n${body}\nreturn { ${left.join(', ')} };`);
      const variables = (await run(...Object.values(given))) as Readonly<Record<string, unknown>>;
      for (const [kind, value, comment] of said) {
        if (kind === 'log') {
          // Words say something about what is printed.
          if (/^(\[|\d|true|false)/.test(comment)) expect(format(...(value as unknown[]))).toBe(comment);
        } else expect(kind === 'value' ? value : shapeOf(value)).toEqual(JSON.parse(comment));
      }
      row.check?.((name) => variables[name]);
    });
  }
});

describe('the family', () => {
  const page = readFileSync(new URL('../docs/design.md', import.meta.url), 'utf8');
  const section = page.slice(page.indexOf('\n## The family\n'), page.indexOf('\n## Tensors\n'));
  const table = [...section.matchAll(/^\| ([^|]+) \| ([^|]+) \| `(fovea[^|`]*)` +\| ([^|]+) \|$/gm)];
  const anchors = new Set(
    [...page.matchAll(/^##+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    ),
  );

  it('has rows', () => expect(table.length).toBeGreaterThan(10));

  it.each(table.map(([, of = '', names = '', from = '', links = '']) => [of.trim(), names, from, links] as const))(
    '%s',
    (_, names, from, links) => {
      const found = [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
      for (const name of found) expect([name, typeof packages[from]?.[name]]).toEqual([name, 'function']);
      const kinds = [...names.matchAll(/`'(\w+)'`/g)].map(([, kind]) => kind);
      for (const kind of kinds) {
        const fields: Record<string, object> = {
          rbf: { gamma: 1 },
          general: { weight: tensor(4, 4) },
          additive: { queryWeight: tensor(4, 3), keyWeight: tensor(4, 3), v: tensor(3) },
        };
        const x = tensor(3, 4);
        const own = fields[kind ?? ''];
        const score = (own ? { kind, ...own } : kind) as fovea.Score;
        expect(fovea.attention(x, x, x, { score }).output.shape).toEqual([3, 4]);
      }
      expect(found.length + kinds.length).toBeGreaterThan(0);
      const targets = [...links.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor);
      expect(targets.length).toBeGreaterThan(0);
      for (const anchor of targets) expect(anchors).toContain(anchor);
    },
  );
});
