/**
 * Every case of `npm run compare`, in small: its oracle takes what a plain loop and fovea compute, and does not take it with one number off.
 */
import { describe, expect, it } from 'vitest';
import { cases } from '../bench/cases.mjs';
import { entriesOf } from '../bench/contenders.mjs';
import type { Case, Entry, Inputs } from '../bench/types.js';
import { tokensRead } from '../examples/sentence-search/embed.mjs';

/** JavaScript of the comparison that its own tsconfig.json checks, by other rules about indices. */
interface Bench {
  readonly sentences: readonly Int32Array[];
  readonly tokensOfSentences: number;
  bytesOf(item: Case): number;
  flopsOf(item: Case): number;
  inputsOf(item: Case): Inputs;
  oracleOf(item: Case, inputs: Inputs, work: number): object;
  check(output: Float32Array, oracle: object): { readonly maxError: number; readonly wrong?: string };
}

const files = ['counting', 'inputs', 'oracle', 'sentences'].map((name) => new URL(`../bench/${name}.mjs`, import.meta.url).href);
const modules = await Promise.all(files.map((file): Promise<Partial<Bench>> => import(file)));
const { sentences, tokensOfSentences, bytesOf, flopsOf, inputsOf, oracleOf, check } = Object.assign({}, ...modules) as Bench;

/** Enough for every row of a small case. */
const work = 2 ** 24;

const small: Readonly<Record<string, Case>> = Object.fromEntries(cases.map((item) => [item.name, inSmall(item)]));

function inSmall(item: Case): Case {
  const least = (size: number, most: number) => Math.min(size, most);
  switch (item.op) {
    case 'matmul':
      return { ...item, batch: least(item.batch, 3), m: least(item.m, 13), n: least(item.n, 48), k: least(item.k, 40) };
    case 'softmax':
    case 'layerNorm':
    case 'rmsNorm':
    case 'rotary':
    case 'gelu':
      return { ...item, shape: [9, 64] };
    case 'attention':
    case 'attentionBackward': {
      const queryLength = least(item.queryLength, 24);
      const keyLength = item.keyLength === item.queryLength ? queryLength : 40;
      const lengths = item.lengths?.map((length) => least(length, queryLength));
      return { ...item, queryLength, keyLength, ...(lengths && { lengths }), ...(item.window && { window: [5, item.window[1]] as const }) };
    }
    case 'squeezeExcite':
    case 'spatialAttention':
      return { ...item, shape: [2, 9, 8, 32] };
    case 'convolution':
      return { ...item, shape: [2, 7, 6, 5], channels: 9 };
    case 'translationStep':
      return { ...item, batch: 3, source: 5, target: 4, hidden: 16, embedding: 8, vocabulary: 11 };
    case 'convnetStep':
      return { ...item, shape: [3, 20, 23], filters: [3, 4, 5, 6], classes: 4 };
    case 'encoder':
      return item;
  }
}

/** What a contender gives, and what it is held against in turns; nothing where it cannot do the case, or cannot be had on this machine. */
async function outputsOf({ contender, variant: { name, ops } }: Entry, item: Case) {
  if ((ops && !ops.includes(item.op)) || contender.refuses?.(item, name) !== undefined) return [];
  const session = await sessionOf(contender, name);
  if (!session) return [];
  const job = await session.prepare(item, inputsOf(item));
  const outputs = [];
  for (const way of job.direct ? [job, job.direct] : [job]) {
    await way.run();
    outputs.push(way.output().slice());
  }
  await job.dispose?.();
  return outputs;
}

async function sessionOf(contender: Entry['contender'], variant: string) {
  try {
    return await contender.open(variant, 1);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BACKEND') return undefined;
    throw error;
  }
}

const names = ['plain-loop', 'fovea-native', 'fovea-tfjs', 'fovea-wasm'];
const entries = (await entriesOf()).filter(({ contender }) => names.includes(contender.name));

/** Who has a case for sure. */
const oursOf = ({ op }: Case) => (op === 'translationStep' || op === 'convnetStep' ? ['fovea-tfjs'] : ['fovea-native', 'fovea-wasm']);

it('counts the tokens that the encoder reads', () => {
  expect(tokensOfSentences).toBe(tokensRead(sentences));
});

describe.each(Object.keys(small))('%s', (name) => {
  const item = small[name] as Case;

  it('is counted', () => {
    const whole = cases.find((each) => each.name === name) as Case;
    expect(bytesOf(whole)).toBeGreaterThan(0);
    if (whole.bound === 'compute') expect(flopsOf(whole)).toBeGreaterThan(0);
  });

  it('is right by every way of ours and by a loop, and one number off is seen', { timeout: 240_000 }, async () => {
    const oracle = oracleOf(item, inputsOf(item), work);
    const measured = [];
    for (const entry of entries) {
      for (const output of await outputsOf(entry, item)) {
        measured.push(entry.contender.name);
        expect({ entry: entry.name, ...check(output, oracle) }).not.toHaveProperty('wrong');
        const off = item.dtype || ('weights' in item && item.weights) ? 1 : 1e-3;
        const isPadded = 'lengths' in item && item.lengths;
        for (const place of isPadded ? [0] : [0, output.length - 1]) {
          const changed = output.slice();
          changed[place] = (changed[place] ?? 0) + off;
          expect({ entry: entry.name, ...check(changed, oracle) }).toHaveProperty('wrong');
        }
      }
    }
    expect(measured).toEqual(expect.arrayContaining(oursOf(item)));
  });
});
