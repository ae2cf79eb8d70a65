/**
 * The model of examples/sentence-search on every backend and target of this machine, against what TensorFlow.js computes on the original graph
 * and what the model's own tokenizer gives (test/golden/sentence-embeddings.json, made by bench/golden/make.mjs).
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embedAll } from '../examples/sentence-search/embed.mjs';
import { embeddingSize } from '../examples/sentence-search/encoder.mjs';
import { loadModel, type Model } from '../examples/sentence-search/model.mjs';
import { search } from '../examples/sentence-search/search.mjs';
import { choices } from '../src/backend/select.js';
import { setBackend } from '../src/node.js';

interface Golden {
  readonly sentences: readonly { readonly text: string; readonly ids: readonly number[]; readonly embedding: string }[];
}

/**
 * Embeddings have length 1, so a number in them is about 1/√512 = 0.04. Both sides round to float32 after each of some 20 layers whose sums
 * have up to 1536 terms; they were seen to differ by 3e-7. 1e-4 is what a wrong epsilon, scale or mask exceeds by far.
 */
const tolerance = 1e-4;

const { sentences }: Golden = JSON.parse(readFileSync(new URL('./golden/sentence-embeddings.json', import.meta.url), 'utf8'));

describe('sentence encoder', () => {
  let model: Model;
  beforeAll(() => {
    model = loadModel();
  });
  afterAll(() => setBackend('auto'));

  it('is compared on enough sentences', () => {
    expect(sentences.length).toBeGreaterThanOrEqual(32);
    expect(Math.max(...sentences.map(({ ids }) => ids.length))).toBeGreaterThan(128);
  });

  it.each(sentences)('tokenises $text as the original does', ({ text, ids }) => {
    expect([...model.tokenize(text)]).toEqual(ids);
  });

  describe.each(choices().filter(({ error }) => error === undefined))('$name $target', ({ name, target }) => {
    it(`gives the original's embeddings within ${tolerance}`, { timeout: 240_000 }, () => {
      setBackend(name, { target });
      const ids = sentences.map(({ text }) => model.tokenize(text));
      const { data } = embedAll(model.encode, ids);
      const errors = sentences.map(({ text, embedding }, row) => {
        const expected = floatsOf(embedding);
        const actual = data.subarray(row * embeddingSize, (row + 1) * embeddingSize);
        return { text, error: maxDifference(actual, expected) };
      });
      expect(errors.filter(({ error }) => !(error <= tolerance))).toEqual([]);
    });

    it('finds the paragraph that means the same', () => {
      setBackend(name, { target });
      const embed = (...texts: string[]) => embedAll(model.encode, texts.map(model.tokenize));
      const paragraphs = embed('The weather is lovely today.', 'I would like two coffees, please.', 'My car needs new brakes.');
      const best = search(embed('How much sunshine do we have?', 'The vehicle cannot stop.'), paragraphs, 2);
      expect(best.map((matches) => matches[0]?.index)).toEqual([0, 2]);
      expect(best.every(([first, second]) => first && second && first.score > second.score && first.share > second.share)).toBe(true);
    });
  });
});

/** 512 little-endian float32 in base64. */
function floatsOf(base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength / 4 }, (_, i) => view.getFloat32(i * 4, true));
}

/** NaN when any of either is. */
function maxDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((max, value, i) => Math.max(max, Math.abs(value - (b[i] ?? Number.NaN))), 0);
}
