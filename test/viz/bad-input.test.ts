/** What a caller of fovea/viz may get wrong: each row with its code and the words that one would search for. */
import { describe, expect, it } from 'vitest';
import { FoveaError } from '../../src/node.js';
import * as viz from '../../src/viz/node.js';
import { type Anything, zeros } from '../bad-input/row.js';
import { thrown } from '../thrown.js';

const { entropy, rollout }: Record<string, Anything> = viz;

describe('bad input', () => {
  it.each<[string, () => unknown, string, string[]]>([
    ['no weights', () => entropy(), 'ERR_DTYPE', ['entropy: weights has no value', 'a tensor { data, shape }']],
    ['nested arrays', () => entropy([[1, 0]]), 'ERR_DTYPE', ['weights has an Array', 'a tensor']],
    ['a vector', () => entropy(zeros(4)), 'ERR_SHAPE', ['shape [4]', '[…, sq, skv]']],
    ['weights in float64', () => entropy({ data: new Float64Array(4), shape: [2, 2] }), 'ERR_DTYPE', ['Float64Array', 'a Float32Array']],
    ['ragged weights', () => entropy({ data: new Float32Array(5), shape: [2, 3] }), 'ERR_SHAPE', ['5 elements', 'at least 6']],
    ['a base of 1', () => entropy(zeros(2, 2), { base: 1 }), 'ERR_OPTION', ['base is 1', 'above 1']],
    ['a base that is no number', () => entropy(zeros(2, 2), { base: '2' }), 'ERR_OPTION', ["base is '2'"]],
    ['a misspelt option', () => entropy(zeros(2, 2), { perquery: true }), 'ERR_OPTION', ["'perquery'", "did you mean 'perQuery'"]],
    ['a signal without a twin', () => entropy(zeros(2, 2), { signal: 1 }), 'ERR_OPTION', ["unknown option 'signal'"]],
    ['one matrix', () => rollout(zeros(3, 3)), 'ERR_SHAPE', ['shape [3, 3]', '[layers, heads, sq, skv]']],
    ['a batch', () => rollout([zeros(2, 4, 3, 3)]), 'ERR_SHAPE', ['weights[0] has shape [2, 4, 3, 3]', '[heads, sq, skv]']],
    ['layers of other sizes', () => rollout([zeros(2, 3, 3), zeros(2, 4, 4)]), 'ERR_SHAPE', ['weights[1]', '3 queries and 3 keys']],
    ['no layers', () => rollout([]), 'ERR_SHAPE', ['0 layers']],
    ['no heads', () => rollout(zeros(2, 0, 3, 3)), 'ERR_SHAPE', ['0 heads']],
    ['cross attention', () => rollout(zeros(2, 1, 3, 5)), 'ERR_SHAPE', ['3 queries and 5 keys', 'as many queries as keys']],
    ['a residual above 1', () => rollout(zeros(1, 1, 2, 2), { residual: 2 }), 'ERR_OPTION', ['residual is 2', 'from 0 to 1']],
    ['another fusion', () => rollout(zeros(1, 1, 2, 2), { heads: 'sum' }), 'ERR_OPTION', ["heads is 'sum'", "'mean', 'min' or 'max'"]],
    ['options that are none', () => rollout(zeros(1, 1, 2, 2), 3), 'ERR_OPTION', ['the last argument is 3', 'an object of options']],
  ])('%s', (_, call, code, words) => {
    const error = thrown(call);
    expect(error).toBeInstanceOf(FoveaError);
    expect(error).toMatchObject({ code, name: 'FoveaError' });
    for (const word of words) expect(String(error)).toContain(word);
  });
});
