/**
 * The model of examples/sentence-search on every backend and target of this machine, against what TensorFlow.js computes on the original graph
 * and what the model's own tokenizer gives (test/golden/sentence-embeddings.json, made by bench/golden/make.mjs).
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchesOf, batchTokens, embedAll } from '../examples/sentence-search/embed.mjs';
import { embeddingSize, maxTokens } from '../examples/sentence-search/encoder.mjs';
import { loadModel, type Model } from '../examples/sentence-search/model.mjs';
import { attendWithin, startsOf } from '../examples/sentence-search/ragged.mjs';
import { search } from '../examples/sentence-search/search.mjs';
import { choices } from '../src/backend/select.js';
import { attention, setBackend } from '../src/node.js';
import { random } from './random.js';

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

  it('reads many sentences in batches of a bounded number of tokens', () => {
    const lengths = Array.from({ length: 300 }, (_, i) => (i * 37) % 200);
    const batches = batchesOf(lengths.map((length) => new Int32Array(length)));
    const tokens = batches.map((batch) => batch.reduce((sum, index) => sum + Math.min(lengths[index] ?? 0, maxTokens), 0));
    expect(batches.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, index) => index));
    expect(tokens.every((count) => count <= batchTokens)).toBe(true);
    expect(tokens.slice(0, -1).every((count) => count > batchTokens - maxTokens)).toBe(true);
    expect(batchesOf([])).toEqual([]);
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

    // The same numbers in the same order, but for the products: a few rows are multiplied by another kernel than many, and both are within
    // `tolerance` of the original. The reference has one loop for any number of rows, and so not a bit may differ.
    it('gives each sentence of a batch what it gets alone, in the order of the sentences', { timeout: 240_000 }, () => {
      setBackend(name, { target });
      const short = name === 'reference' ? 4 : Number.POSITIVE_INFINITY;
      const ids = sentences.map(({ text }) => model.tokenize(text)).filter(({ length }) => length <= short);
      expect(new Set(ids.map(({ length }) => length)).size).toBeGreaterThan(2);
      const together = embedAll(model.encode, ids).data;
      for (const [row, alone] of ids.map((sentence) => model.encode([sentence])).entries()) {
        const found = together.subarray(row * embeddingSize, (row + 1) * embeddingSize);
        if (name === 'reference') expect(found).toEqual(alone);
        else expect(maxDifference(found, alone)).toBeLessThanOrEqual(2 * tolerance);
      }
    });

    it('attends within sentences of any lengths, bit by bit as one call a sentence does', () => {
      setBackend(name, { target });
      const [heads, headDim] = [2, 12];
      const width = heads * headDim;
      const lengths = [3, 3, 0, 3, 7, 1, 1, 1, 0, 20, 3];
      const starts = startsOf(lengths.map((length) => new Int32Array(length)));
      const { normal } = random('ragged');
      const qkv = Float32Array.from({ length: 42 * 3 * width }, normal);
      const alone = lengths.map((length, i) => {
        const view = (part: number) => ({
          data: qkv,
          shape: [length, heads, headDim],
          strides: [3 * width, headDim, 1],
          offset: length && (3 * (starts[i] ?? 0) + part) * width,
        });
        const [q, k, v] = [view(0), view(1), view(2)];
        return { plain: attention(q, k, v, { layout: 'bshd' }), watched: attention(q, k, v, { layout: 'bshd', returnWeights: true }) };
      });
      const attended = new Float32Array(42 * width);
      attendWithin(attended, qkv, starts, heads);
      expect([...attended]).toEqual(alone.flatMap(({ plain }) => [...plain.output.data]));
      const weights: number[] = [];
      attendWithin(attended, qkv, starts, heads, ({ data }) => weights.push(...data));
      expect([...attended]).toEqual(alone.flatMap(({ watched }) => [...watched.output.data]));
      expect(weights).toEqual(alone.flatMap(({ watched }) => [...watched.weights.data]));
    });

    it('tells the weights of each layer beside the same embedding', () => {
      setBackend(name, { target });
      const ids = model.tokenize('Short words.');
      const shapes: (readonly number[])[] = [];
      const watched = model.encode([ids], ({ shape }) => shapes.push(shape));
      expect(maxDifference(watched, model.encode([ids]))).toBeLessThanOrEqual(2 * tolerance);
      expect(shapes).toEqual(Array(2).fill([1, 4, ids.length, ids.length]));
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
