/** What a caller of fovea/seq2seq may get wrong: each row with its code and the words that one would search for. */
import { describe, expect, it } from 'vitest';
import { FoveaError } from '../../src/node.js';
import * as seq2seq from '../../src/seq2seq/node.js';
import { type Anything, zeros } from '../bad-input/row.js';
import { thrown } from '../thrown.js';

const { attentionPool, SequenceAttention }: Record<string, Anything> = seq2seq;
const { attentionPoolAsync } = seq2seq as Record<string, Anything>;

const additive = (change?: Anything) =>
  new SequenceAttention({ score: 'additive', stateWeight: zeros(3, 5), memoryWeight: zeros(4, 5), v: zeros(5), ...change });
const covering = () => additive({ coverageWeight: zeros(5) });
const dot = () => new SequenceAttention({ score: 'dot' });
const filled = (value: number, ...shape: number[]) => {
  const tensor = zeros(...shape);
  tensor.data[tensor.data.length - 2] = value;
  return tensor;
};
/** A step with one thing changed. */
const step = ({ by = additive(), state = zeros(2, 3), memory = by.memory(zeros(2, 6, 4)), options = undefined }: Anything) =>
  by.step(state, memory, options);
const pool = (change?: Anything, x: Anything = zeros(2, 6, 4)) =>
  attentionPool(x, { weight: zeros(4, 5), bias: zeros(5), context: zeros(5), ...change });
const halves = { data: new Uint16Array(48), shape: [2, 6, 4], dtype: 'float16' };

type Bad = [string, () => unknown, string, string[]];

const making: Bad[] = [
  ['no options', () => new SequenceAttention(), 'ERR_OPTION', ['SequenceAttention: the argument is undefined', 'an object of options']],
  ['no score', () => new SequenceAttention({}), 'ERR_OPTION', ['score is undefined', "'additive', 'dot', 'general' or 'concat'"]],
  ['a score that is not there', () => new SequenceAttention({ score: 'cosine' }), 'ERR_OPTION', ["score is 'cosine'"]],
  ['no v', () => additive({ v: undefined }), 'ERR_OPTION', ['v is undefined', 'a float32 Tensor']],
  ['no stateWeight', () => additive({ stateWeight: undefined }), 'ERR_OPTION', ['stateWeight is undefined']],
  ['no memoryWeight', () => additive({ memoryWeight: undefined }), 'ERR_OPTION', ['memoryWeight is undefined']],
  ['no weight', () => new SequenceAttention({ score: 'general' }), 'ERR_OPTION', ['weight is undefined']],
  ['a misspelt weight', () => additive({ stateWeights: zeros(3, 5) }), 'ERR_OPTION', ["'stateWeights'", "did you mean 'stateWeight'"]],
  ['a weight of another score', () => new SequenceAttention({ score: 'dot', weight: zeros(2, 2) }), 'ERR_OPTION', ["'weight'"]],
  ['a signal', () => new SequenceAttention({ score: 'dot', signal: 1 }), 'ERR_OPTION', ["unknown option 'signal'"]],
  ['a vector as a matrix', () => additive({ stateWeight: zeros(15) }), 'ERR_SHAPE', ['stateWeight has shape [15]', 'a matrix [in, out]']],
  ['a matrix as a vector', () => additive({ v: zeros(1, 5) }), 'ERR_SHAPE', ['v has shape [1, 5]', 'a vector [n]']],
  [
    'a stateWeight of other units',
    () => additive({ stateWeight: zeros(3, 4) }),
    'ERR_SHAPE',
    ['stateWeight has shape [3, 4]', '[dState, u] with u = 5', 'v is [5]'],
  ],
  [
    'a transposed memoryWeight',
    () => additive({ memoryWeight: zeros(5, 4) }),
    'ERR_SHAPE',
    ['memoryWeight has shape [5, 4]', '[dMemory, u]'],
  ],
  ['a long bias', () => additive({ bias: zeros(6) }), 'ERR_SHAPE', ['bias has shape [6]', '[u] with u = 5']],
  ['a short coverageWeight', () => additive({ coverageWeight: zeros(1) }), 'ERR_SHAPE', ['coverageWeight has shape [1]']],
  [
    'a concat weight of other units',
    () => new SequenceAttention({ score: 'concat', weight: zeros(7, 5), v: zeros(4) }),
    'ERR_SHAPE',
    ['weight has shape [7, 5]', '[dState + dMemory, u] with u = 4'],
  ],
  ['NaN in a weight', () => additive({ stateWeight: filled(Number.NaN, 3, 5) }), 'ERR_OPTION', ['stateWeight is NaN at [2, 3]', 'finite']],
  ['Infinity in v', () => additive({ v: filled(Infinity, 5) }), 'ERR_OPTION', ['v is Infinity at [3]', 'finite numbers']],
  [
    'NaN in a general weight',
    () => new SequenceAttention({ score: 'general', weight: filled(Number.NaN, 2, 2) }),
    'ERR_OPTION',
    ['weight is NaN at [1, 0]'],
  ],
  ['weights in float64', () => additive({ v: { data: new Float64Array(5), shape: [5] } }), 'ERR_DTYPE', ['v has data', 'Float64Array']],
  ['a scale that is not finite', () => new SequenceAttention({ score: 'dot', scale: Infinity }), 'ERR_OPTION', ['scale is Infinity']],
];

const remembering: Bad[] = [
  ['no states', () => additive().memory(), 'ERR_DTYPE', ['SequenceAttention.memory: states has no value', 'a tensor']],
  [
    'a vector of states',
    () => dot().memory(zeros(4)),
    'ERR_SHAPE',
    ['states has shape [4]', '[b, t, dMemory]', 'or, for a batch of 1, [t, dMemory]'],
  ],
  ['heads of states', () => dot().memory(zeros(1, 2, 3, 4)), 'ERR_SHAPE', ['states has shape [1, 2, 3, 4]']],
  ['states of half precision', () => dot().memory(halves), 'ERR_DTYPE', ['states has data that is a Uint16Array', 'a Float32Array']],
  [
    'states of another width',
    () => additive().memory(zeros(2, 6, 3)),
    'ERR_SHAPE',
    ['states has width 3', 'expected 4', 'memoryWeight is [4, 5]'],
  ],
  [
    'states of another width than general knows',
    () => new SequenceAttention({ score: 'general', weight: zeros(3, 4) }).memory(zeros(2, 6, 3)),
    'ERR_SHAPE',
    ['states has width 3', 'weight is [3, 4]'],
  ],
  [
    'states wider than concat',
    () => new SequenceAttention({ score: 'concat', weight: zeros(3, 5), v: zeros(5) }).memory(zeros(2, 6, 4)),
    'ERR_SHAPE',
    ['states has width 4', 'at most 3'],
  ],
  ['lengths in an array', () => dot().memory(zeros(2, 6, 4), { lengths: [1, 2] }), 'ERR_DTYPE', ['lengths has an Array', 'an Int32Array']],
  [
    'a length too few',
    () => dot().memory(zeros(2, 6, 4), { lengths: new Int32Array(1) }),
    'ERR_SHAPE',
    ['lengths has 1 entries', '2, one'],
  ],
  ['a length too long', () => dot().memory(zeros(2, 6, 4), { lengths: Int32Array.of(6, 7) }), 'ERR_OPTION', ['lengths[1] is 7', '0 to 6']],
  ['a length below 0', () => dot().memory(zeros(2, 6, 4), { lengths: Int32Array.of(-1, 6) }), 'ERR_OPTION', ['lengths[0] is -1']],
  ['a misspelt option', () => dot().memory(zeros(2, 6, 4), { length: 3 }), 'ERR_OPTION', ["'length'", "did you mean 'lengths'"]],
];

const stepping: Bad[] = [
  [
    'a memory of another attention',
    () => additive().step(zeros(2, 3), additive().memory(zeros(2, 6, 4))),
    'ERR_OPTION',
    ['memory is that of another'],
  ],
  [
    'no memory',
    () => additive().step(zeros(2, 3)),
    'ERR_OPTION',
    ['SequenceAttention.step: memory is undefined', 'what memory(states) has given'],
  ],
  ['the states as memory', () => additive().step(zeros(2, 3), zeros(2, 6, 4)), 'ERR_OPTION', ['memory is an Object']],
  ['a state of no value', () => step({ state: null }), 'ERR_DTYPE', ['state has null', 'a tensor']],
  [
    'a state of another width',
    () => step({ state: zeros(2, 4) }),
    'ERR_SHAPE',
    ['state has shape [2, 4]', '[2, 3]', 'memory is [2, 6, 4]'],
  ],
  ['a state of another batch', () => step({ state: zeros(1, 3) }), 'ERR_SHAPE', ['state has shape [1, 3]', '[2, 3]']],
  ['a bare state of a batch', () => step({ state: zeros(3) }), 'ERR_SHAPE', ['state has shape [3]', '[2, 3]']],
  ['all states', () => step({ state: zeros(2, 1, 3) }), 'ERR_SHAPE', ['state has shape [2, 1, 3]']],
  [
    'a state of half precision',
    () => step({ state: { data: new Uint16Array(6), shape: [2, 3], dtype: 'float16' } }),
    'ERR_DTYPE',
    ['state has'],
  ],
  ['a ragged state', () => step({ state: { data: new Float32Array(5), shape: [2, 3] } }), 'ERR_SHAPE', ['5 elements', 'at least 6']],
  [
    'coverage that is not known',
    () => step({ options: { coverage: zeros(2, 6) } }),
    'ERR_OPTION',
    ['coverage is given', 'without coverageWeight'],
  ],
  [
    'coverage of another length',
    () => step({ by: covering(), options: { coverage: zeros(2, 5) } }),
    'ERR_SHAPE',
    ['coverage has shape [2, 5]', '[2, 6]'],
  ],
  ['bare coverage of a batch', () => step({ by: covering(), options: { coverage: zeros(6) } }), 'ERR_SHAPE', ['coverage has shape [6]']],
  ['coverage as an array', () => step({ by: covering(), options: { coverage: [0, 0] } }), 'ERR_DTYPE', ['coverage has an Array']],
  ['a misspelt step option', () => step({ options: { cover: zeros(2, 6) } }), 'ERR_OPTION', ["'cover'", "did you mean 'coverage'"]],
  ['options that are none', () => step({ options: 3 }), 'ERR_OPTION', ['the last argument is 3']],
  [
    'a state as a sequence',
    () => dot().sequence(zeros(2, 4), dot().memory(zeros(2, 6, 4))),
    'ERR_OPTION',
    ['SequenceAttention.sequence', 'another'],
  ],
  [
    'states of another sequence',
    () => {
      const by = dot();
      return by.sequence(zeros(3, 2, 4), by.memory(zeros(2, 6, 4)));
    },
    'ERR_SHAPE',
    ['SequenceAttention.sequence: states has shape [3, 2, 4]', '[2, steps, 4]'],
  ],
];

const pooling: Bad[] = [
  ['no x', () => attentionPool(undefined, {}), 'ERR_DTYPE', ['attentionPool: x has no value']],
  ['no pool options', () => attentionPool(zeros(2, 6, 4)), 'ERR_OPTION', ['weight is undefined', 'a float32 Tensor']],
  ['no context', () => pool({ context: undefined }), 'ERR_OPTION', ['context is undefined']],
  ['a row', () => pool({}, zeros(4)), 'ERR_SHAPE', ['x has shape [4]', '[b, t, d]', '[t, d]']],
  ['x of half precision', () => pool({}, halves), 'ERR_DTYPE', ['x has data that is a Uint16Array']],
  [
    'a pool weight of another width',
    () => pool({ weight: zeros(3, 5) }),
    'ERR_SHAPE',
    ['weight has shape [3, 5]', '[4, u]', 'x is [2, 6, 4]'],
  ],
  ['a context of other units', () => pool({ context: zeros(4) }), 'ERR_SHAPE', ['context has shape [4]', '[5]', 'weight is [4, 5]']],
  ['a pool bias of other units', () => pool({ bias: zeros(1, 5) }), 'ERR_SHAPE', ['bias has shape [1, 5]', '[5]']],
  ['pool lengths too long', () => pool({ lengths: Int32Array.of(6, 9) }), 'ERR_OPTION', ['lengths[1] is 9', '0 to 6']],
  ['a misspelt pool option', () => pool({ contexts: zeros(5) }), 'ERR_OPTION', ["'contexts'", "did you mean 'context'"]],
  ['a pool signal', () => pool({ signal: 1 }), 'ERR_OPTION', ["option 'signal' belongs to attentionPoolAsync"]],
];

describe('bad input', () => {
  it.each([...making, ...remembering, ...stepping, ...pooling])('%s', (_, call, code, words) => {
    const error = thrown(call);
    expect(error).toBeInstanceOf(FoveaError);
    const { code: actual, message } = error as FoveaError;
    expect(actual, message).toBe(code);
    for (const word of words) expect(message).toContain(word);
  });

  it('rejects in the twins what is thrown elsewhere', async () => {
    const by = dot();
    const memory = by.memory(zeros(2, 6, 4));
    await expect(by.memoryAsync(zeros(4))).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    await expect(by.memoryAsync(zeros(2, 6, 4), { signal: 1 })).rejects.toMatchObject({ code: 'ERR_OPTION' });
    await expect(by.sequenceAsync(zeros(2, 3, 5), memory)).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    await expect(by.sequenceAsync(zeros(2, 3, 4), memory, { copy: 1 })).rejects.toMatchObject({ code: 'ERR_OPTION' });
    await expect(attentionPoolAsync(zeros(2, 6, 4), { weight: zeros(4, 5) })).rejects.toMatchObject({ code: 'ERR_OPTION' });
  });
});
