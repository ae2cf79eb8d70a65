/**
 * examples/decoding: its stack against the same in float64 loops (test/textbook/decoder.ts), step by step against one pass on every backend, what its bound
 * notices, its caches; and the program that `npm run decode` runs, as a user would start it (on the built library; `npm test` builds that first).
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { compare, largestOf, roundingBound } from '../examples/decoding/agreement.mjs';
import { parseArguments } from '../examples/decoding/arguments.mjs';
import { decode, inTurns, sampler } from '../examples/decoding/decode.mjs';
import { type CacheDType, createModel, type Model, sharpness, vocabulary } from '../examples/decoding/model.mjs';
import { normalOf, seededRandom } from '../examples/program/random.mjs';
import { choices } from '../src/backend/select.js';
import { setBackend } from '../src/node.js';
import { startExample } from './start-example.js';
import { type DecoderWeights, decoderLogits } from './textbook/decoder.js';
import { named, parsed } from './viz/parsed.js';

const examples = fileURLToPath(new URL('../examples', import.meta.url));
const stackTrace = /\n\s+at /;
const sizes = { layers: 2, width: 32, heads: 4, kvHeads: 2 };
const [contextLength, tokens] = [21, 12];
const context = Int32Array.from({ length: contextLength }, (_, i) => (i * 37 + 11) % vocabulary);

afterEach(() => setBackend('auto'));

/** Decodes with such caches; `use` sees them before they are gone. */
function decoded<Result>(
  model: Model,
  dtype: CacheDType,
  choose: (logits: Float32Array, step: number) => number,
  use: (run: Run) => Result,
) {
  const caches = model.createCaches(dtype, contextLength + tokens);
  const [run] = inTurns([decode(model, caches, context, tokens, choose)]);
  if (run === undefined) throw new Error('nothing was decoded');
  const result = use({ ...run, caches });
  for (const cache of caches) cache.dispose();
  return result;
}
type Run = ReturnType<typeof inTurns>[number] & { caches: ReturnType<Model['createCaches']> };

/** The weights that createModel draws, in the order in which it draws them. */
function weightsOf({ layers, width, heads, kvHeads }: typeof sizes, seed: number): DecoderWeights {
  const normal = normalOf(seededRandom(seed));
  const random = (rows: number, columns: number, deviation: number) =>
    Array.from({ length: rows }, () => Array.from({ length: columns }, () => Math.fround(deviation * normal())));
  const map = (from: number, to: number, gain = 1) => random(from, to, gain / Math.sqrt(from));
  const share = 1 / Math.sqrt(2 * layers);
  const kvWidth = (width / heads) * kvHeads;
  const table = random(vocabulary, width, 1);
  return {
    heads,
    kvHeads,
    table,
    layers: Array.from({ length: layers }, () => ({
      q: map(width, width, sharpness),
      k: map(width, kvWidth),
      v: map(width, kvWidth),
      out: map(width, width, share),
      expand: map(width, 4 * width),
      contract: map(4 * width, width, share),
    })),
    unembed: map(width, vocabulary),
  };
}

describe.each(choices().filter(({ error }) => error === undefined))('on $name $target', ({ name, target }) => {
  it('decodes what one pass gives, and what the formula says, within rounding', { timeout: 240_000 }, () => {
    setBackend(name, { target });
    const model = createModel(sizes, seededRandom(3));
    const { ids, logits } = decoded(model, 'float32', sampler(seededRandom(4)), ({ ids, logits }) => ({ ids, logits }));
    const whole = model.forward(ids).data.subarray((contextLength - 1) * vocabulary);
    const bound = roundingBound(sizes, ids.length, largestOf(whole));
    expect(compare(logits, whole).largest).toBeLessThanOrEqual(bound);
    const expected = decoderLogits([...ids], weightsOf(sizes, 3))
      .slice(contextLength - 1)
      .flat();
    // One of the two computations that the bound is for is float64 here.
    const difference = expected.reduce((most, logit, i) => Math.max(most, Math.abs(logit - (logits[i] ?? Number.NaN))), 0);
    expect(difference).toBeLessThanOrEqual(bound / 2);
  });

  it('keeps keys and values in small caches to half a step, and shows that in its logits', { timeout: 240_000 }, () => {
    setBackend(name, { target });
    const model = createModel(sizes, seededRandom(3));
    const choose = sampler(seededRandom(4));
    let ids: number[] = [];
    const [exact, bfloat16, int8] = (['float32', 'bfloat16', 'int8'] as const).map((dtype, i) =>
      decoded(model, dtype, i === 0 ? choose : (_, step) => ids[contextLength + step] ?? Number.NaN, ({ ids: own, logits, caches }) => {
        if (i === 0) ids = [...own];
        const { k, v } = caches[0]?.toTensors() ?? { k: undefined, v: undefined };
        return { logits, rows: [k, v].map((it) => rowsOf(it)), bytes: caches.reduce((sum, cache) => sum + cache.bytes, 0) };
      }),
    );
    if (!exact || !bfloat16 || !int8) throw new Error('a cache is missing');
    // The first layer's keys and values are made of the tokens alone, so that all three caches were given the same ones.
    for (const [which, rows] of exact.rows.entries())
      for (const [at, row] of rows.entries()) {
        const largest = Math.max(...row.map(Math.abs));
        for (const [i, x] of row.entries()) {
          expect(Math.abs((bfloat16.rows[which]?.[at]?.[i] ?? Number.NaN) - x)).toBeLessThanOrEqual(2 ** -8 * Math.abs(x));
          // Half a step, and the rounding of the step and of its product.
          expect(Math.abs((int8.rows[which]?.[at]?.[i] ?? Number.NaN) - x)).toBeLessThanOrEqual(largest / 254 + 2 ** -22 * largest);
        }
      }
    expect(bfloat16.bytes).toBe(exact.bytes / 2);
    // A byte a number, and the scales of the key and of the value of a head: 2 · 4 bytes beside its 2 · headDim numbers of 4 bytes.
    expect(int8.bytes).toBe(exact.bytes / 4 + exact.bytes / (sizes.width / sizes.heads));
    const bound = roundingBound(sizes, contextLength + tokens, largestOf(exact.logits));
    for (const small of [bfloat16, int8]) {
      const { largest } = compare(small.logits, exact.logits);
      // Rounding of float32 does not explain it.
      expect(largest).toBeGreaterThan(bound);
      expect(largest).toBeLessThanOrEqual(cacheBound(largestOf(exact.logits)));
    }
  });
});

/**
 * To first order, as roundingBound: in each layer the values are off by 1/254 of their largest, and so are the scores, relative to the largest that a
 * query and a key can have. Of scores of deviation `sharpness` 4 deviations are that, and a weight changes as its score does.
 */
const cacheBound = (largest: number): number => ((sizes.layers * (1 + 4 * sharpness)) / 254) * largest;

/** Of `[1, heads, tokens, d]`: the numbers of each head's token. */
function rowsOf(tensor: { data: ArrayLike<number>; shape: readonly number[]; dtype?: string | undefined } | undefined): number[][] {
  if (tensor === undefined) throw new Error('there is no such cache');
  const { data, shape, dtype } = tensor;
  const d = shape[3] ?? 0;
  const numbers = Array.from(data, (x) => (dtype === 'bfloat16' ? new Float32Array(Uint32Array.of(x << 16).buffer)[0] : x) ?? Number.NaN);
  return Array.from({ length: numbers.length / d }, (_, i) => numbers.slice(i * d, (i + 1) * d));
}

describe('the bound', () => {
  let logits: Float32Array;
  let ids: Int32Array;
  let bound: number;
  let pass: (ids: Int32Array) => Float32Array;
  beforeAll(() => {
    const model = createModel(sizes, seededRandom(3));
    ({ logits, ids } = decoded(model, 'float32', sampler(seededRandom(4)), (run) => run));
    bound = roundingBound(sizes, ids.length, largestOf(logits));
    pass = (seen) => model.forward(seen).data.subarray(-(tokens + 1) * vocabulary);
  });

  it('notices a token of the context that is another one', () => {
    const other = ids.slice();
    other[5] = ((other[5] ?? 0) + 1) % vocabulary;
    expect(compare(logits, pass(other)).largest).toBeGreaterThan(bound);
  });

  it('notices a first token that was left out, and with it positions that are one off', () => {
    expect(compare(logits, pass(ids.subarray(1))).largest).toBeGreaterThan(bound);
  });

  it('notices steps that see only the tokens of the last few', () => {
    const windowed = pass(ids.subarray(-(tokens + 4)));
    expect(compare(logits, windowed).largest).toBeGreaterThan(bound);
  });

  it('holds for no NaN', () => {
    const broken = logits.slice();
    broken[7] = Number.NaN;
    expect(compare(broken, logits).largest).toBeNaN();
  });

  it('sets the exit code of the program where it does not hold', async () => {
    const before = process.exitCode;
    vi.doMock('../examples/decoding/agreement.mjs', async (actual) => ({ ...(await actual<object>()), roundingBound: () => 0 }));
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'fovea-decoding-')), 'a.svg');
    try {
      const { run: runAll } = await import('../examples/decoding/run.mjs');
      const said = runAll(parseArguments(['--context', '9', '--tokens', '3', '--layers', '1', '--width', '16', '--svg', file]));
      expect(said).toMatch(/✗ step by step is NOT what one pass over all tokens gives/);
      expect(process.exitCode).toBe(1);
    } finally {
      process.exitCode = before;
      vi.doUnmock('../examples/decoding/agreement.mjs');
      rmSync(path.dirname(file), { recursive: true });
    }
  });
});

describe('the sampler', () => {
  const logits = new Float32Array(vocabulary).fill(Number.NEGATIVE_INFINITY);
  logits[10] = 0;
  logits[20] = Math.log(3);

  it.each([
    { u: 0, token: 10 },
    { u: 0.24, token: 10 },
    { u: 0.26, token: 20 },
    { u: 1 - 2 ** -32, token: 20 },
  ])('draws token $token of a quarter and three quarters at $u', ({ u, token }) => {
    expect(sampler(() => u)(logits)).toBe(token);
  });
});

describe('the program', { timeout: 240_000 }, () => {
  const small = ['--context', '20', '--tokens', '6', '--layers', '1', '--width', '32'];
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'fovea-decoding-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('decodes the same tokens on every backend, as one pass says, and draws them', () => {
    const tokensOf = ['native', 'wasm', 'reference'].map((name) => {
      const picture = path.join(folder, `${name}.svg`);
      const { status, stdout, stderr } = start([...small, '--json', '--svg', picture], { FOVEA_BACKEND: name });
      if (stdout === '') return stderr;
      const { backend, check, caches, decoded: ids, picture: place } = JSON.parse(stdout);
      expect([status, backend, check.holds, place]).toEqual([0, name, true, picture]);
      expect(check.difference).toBeLessThanOrEqual(check.bound);
      expect(caches.map(({ dtype }: { dtype: string }) => dtype)).toEqual(['float32', 'bfloat16', 'int8']);
      for (const { tokensPerSecond, bytes } of caches) expect([tokensPerSecond > 0, bytes > 0]).toEqual([true, true]);
      // Decoding once more gives the same bits.
      expect(caches[0]).toMatchObject({ difference: 0, sameBest: 1 });
      const svg = readFileSync(picture, 'utf8');
      expect(svg).toMatch(/^<svg /);
      expect(named(parsed(svg), 'title')[0]?.text).toBe('Attention of the last 26 of 26 tokens to each other (layer 1)');
      return ids;
    });
    expect(tokensOf[0]).toHaveLength(6);
    expect(tokensOf[0]).toEqual(tokensOf[2]);
    expect(tokensOf[1]).toEqual(tokensOf[2]);
  });

  it('says what it did in words', () => {
    const { status, stdout } = start(small, { CI: 'true' });
    expect(status).toBe(0);
    expect(stdout).toMatch(/6 tokens decoded one by one after 20: (\d+ ?){6}\n/);
    expect(stdout).toMatch(/weights are random \(seed 1\), so the tokens mean nothing/);
    expect(stdout).toMatch(/✓ step by step is what one pass over all tokens gives/);
    for (const dtype of ['float32', 'bfloat16', 'int8']) expect(stdout).toMatch(new RegExp(`${dtype} +\\d+ tokens/s +\\d+\\.\\d MiB`));
    expect(stdout).not.toContain('\u001b');
  });

  it('decodes others with another seed', () => {
    const ids = ['1', '2'].map((seed) => JSON.parse(start([...small, '--json', '--seed', seed]).stdout).decoded);
    expect(ids[0]).not.toEqual(ids[1]);
  });

  it('explains its options', () => {
    const { status, stdout } = start(['--help']);
    expect(status).toBe(0);
    for (const option of ['--context', '--tokens', '--layers', '--width', '--heads', '--kv-heads', '--seed', '--svg', '--json'])
      expect(stdout).toContain(option);
  });

  it.each([
    { name: 'an unknown option', given: ['--token', '3'], status: 2, says: /Unknown option '--token'/ },
    { name: 'a text', given: ['hello'], status: 2, says: /Unexpected argument 'hello'/ },
    { name: 'no tokens', given: ['--tokens', '0'], status: 2, says: /--tokens is 0, expected a whole number from 1 to 16384/ },
    { name: 'layers that are no number', given: ['--layers', 'x'], status: 2, says: /--layers is x, expected a whole number from 1 to 64/ },
    {
      name: 'a width that heads do not divide',
      given: ['--width', '100', '--heads', '8'],
      status: 2,
      says: /--width is 100, expected a multiple of 2 · 8/,
    },
    {
      name: 'heads that share no keys',
      given: ['--heads', '4', '--kv-heads', '3'],
      status: 2,
      says: /--heads is 4, expected a multiple of --kv-heads 3/,
    },
    {
      name: 'more heads of keys than of queries',
      given: ['--kv-heads', '8'],
      status: 2,
      says: /--kv-heads is 8, expected a whole number from 1 to 4/,
    },
    {
      name: 'a model that fills the memory',
      given: ['--layers', '64', '--width', '8192'],
      status: 2,
      says: /--layers 64 of --width 8192 have about 52 billion weights/,
    },
    { name: 'a picture of another kind', given: ['--svg', 'a.png'], status: 2, says: /--svg is a\.png/ },
    {
      name: 'a picture where no folder is',
      given: [...small, '--svg', 'no/a.svg'],
      status: 1,
      says: /cannot write .*a\.svg: it does not exist/,
    },
  ])('refuses $name in one sentence, with nothing on stdout', ({ given, status, says }) => {
    const result = start(given);
    expect(result.stderr).toMatch(says);
    expect(result.stderr).not.toMatch(stackTrace);
    expect([result.status, result.stdout]).toEqual([status, '']);
  });

  /** Runs the program in the test's folder. */
  function start(given: string[], environment: NodeJS.ProcessEnv = {}) {
    return startExample('decoding', folder, given, environment);
  }
});

it('has a picture beside its README', () => {
  const svg = readFileSync(path.join(examples, 'decoding/picture.svg'), 'utf8');
  expect(svg).toMatch(/^<svg /);
  expect(svg.length).toBeLessThan(60_000);
  expect(named(parsed(svg), 'title')[0]?.text).toMatch(/^Attention of the last 48 of 2304 tokens/);
});
