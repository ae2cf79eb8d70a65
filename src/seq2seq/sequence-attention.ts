/**
 * SequenceAttention: what a recurrent decoder attends with, step by step.
 * @module
 */
import { abortedError } from '../errors.js';
import { attention, attentionAsync } from '../ops/attention.js';
import { matmul, matmulAsync } from '../ops/matmul.js';
import type { AsyncOptions, Tensor } from '../types.js';
import * as rule from '../validate/options.js';
import { checkFloat32 } from '../validate/tensor.js';
import { denseCopy } from '../validate/weights.js';
import { Workspace } from '../validate/workspace.js';
import { type Batched, batched, ofOneHead } from './batched.js';
import { addWeights, cover, coverageOf } from './coverage.js';
import { CoveredSteps } from './covered-steps.js';
import { copyStates, type Memory, ProjectedMemory, type States } from './memory.js';
import { type Projections, projectionsFor } from './projections.js';
import { type CheckedScore, checkScore, type SequenceAttentionOptions } from './sequence-score.js';

/** Options of `SequenceAttention.memory`. */
export interface MemoryOptions {
  /** `[b]`: states at or past the length are not attended to, whatever they hold. @default t */
  readonly lengths?: Int32Array | undefined;
}

/** Options of `SequenceAttention.step`. */
export interface StepOptions {
  /** The sum of the weights of the steps before, as the last one has returned it: the shape of the weights. @default zeros */
  readonly coverage?: Tensor | undefined;
}

/** What `SequenceAttention.step` returns; without `b` where the state came without. */
export interface StepResult {
  /** `[b, dMemory]` */
  readonly context: Tensor;
  /** `[b, t]` */
  readonly weights: Tensor;
  /** `[b, t]`, this step's weights included; where there is a coverageWeight. */
  readonly coverage?: Tensor | undefined;
}

/** What `SequenceAttention.sequence` returns; without `b` where the states came without. */
export interface SequenceResult {
  /** `[b, steps, dMemory]` */
  readonly context: Tensor;
  /** `[b, steps, t]` */
  readonly weights: Tensor;
}

const memoryName = 'SequenceAttention.memory';
const stepName = 'SequenceAttention.step';
const sequenceName = 'SequenceAttention.sequence';

const memoryRules = { lengths: rule.int32Array } satisfies rule.Rules<MemoryOptions>;
const memoryAsyncRules = { ...memoryRules, signal: rule.signal } satisfies rule.Rules<MemoryOptions & Pick<AsyncOptions, 'signal'>>;
const stepRules = { coverage: rule.float32Tensor } satisfies rule.Rules<StepOptions>;
const sequenceAsyncRules = { signal: rule.signal, copy: rule.boolean } satisfies rule.Rules<AsyncOptions>;

/**
 * Attention of a decoder's state s to the states h of an encoder: context = Σ softmax(score(s, h)) · h, with an additive, dot, general or
 * concat score. The encoder's states are projected once a sequence ({@link SequenceAttention.memory}); each step of the decoder is then one
 * call ({@link SequenceAttention.step}), or all of them are ({@link SequenceAttention.sequence}).
 * @see Bahdanau, Cho & Bengio 2015; Luong, Pham & Manning 2015; coverage: See, Liu & Manning 2017
 * @example
 * const attend = new SequenceAttention({ score: 'additive', stateWeight, memoryWeight, v, bias });
 * const memory = attend.memory(encoded, { lengths }); // [b, t, dMemory], once
 * const { context, weights } = attend.step(state, memory); // [b, dState] → [b, dMemory], [b, t]
 */
export class SequenceAttention {
  readonly #score: CheckedScore;
  #projections: Projections | undefined;
  /** What a step checks its arguments in. */
  #spare: Workspace | undefined;

  /**
   * @param options the score and its weights: float32, of any strides, finite; they are copied
   * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION also for a weight that is not finite, ERR_OUT_OF_MEMORY
   */
  constructor(options: SequenceAttentionOptions) {
    this.#score = checkScore(options);
  }

  /**
   * The encoder's states, with the keys that the score makes of them: what steps attend to, as many decoders and as often as one likes. The
   * states are copied; the memory works on any backend.
   * @param states `[b, t, dMemory]`, or `[t, dMemory]` for a batch of 1
   * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY; ERR_NOT_READY in a browser before `init`
   */
  memory(states: Tensor, options?: MemoryOptions): Memory {
    const { projections, own } = this.#planMemory(states, rule.checkOptions(memoryName, options, memoryRules).lengths);
    const { ofMemory } = projections;
    const keys = ofMemory === undefined ? own.tensor : matmul(own.tensor, ofMemory.weight, ofMemory.options);
    return new ProjectedMemory(this, projections, own, keys.data);
  }

  /**
   * {@link SequenceAttention.memory} off the event loop. Waits for `init`; the states are copied before the promise is returned.
   * @returns rejects where memory throws, and with ERR_ABORTED when `signal` fires
   */
  async memoryAsync(states: Tensor, options?: MemoryOptions & Pick<AsyncOptions, 'signal'>): Promise<Memory> {
    const { lengths, signal } = rule.checkOptions(memoryName, options, memoryAsyncRules);
    if (signal?.aborted) throw abortedError(memoryName, signal);
    const { projections, own } = this.#planMemory(states, lengths);
    const { ofMemory } = projections;
    const keys =
      ofMemory === undefined ? own.tensor : await matmulAsync(own.tensor, ofMemory.weight, { ...ofMemory.options, signal, copy: false });
    return new ProjectedMemory(this, projections, own, keys.data);
  }

  /**
   * One step of a decoder: what its state looks at.
   * @param state `[b, dState]`, or `[dState]` where the batch is 1: the results then come without it, too
   * @param memory of this attention
   * @returns context `[b, dMemory]` and weights `[b, t]`, 0 past the lengths; a sequence of length 0 gives context 0. With a coverageWeight
   * also coverage `[b, t]`, for the next step
   * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY; ERR_NOT_READY in a browser before `init`
   */
  step(state: Tensor, memory: Memory, options?: StepOptions): StepResult {
    const held = ProjectedMemory.of(stepName, memory, this);
    const workspace = this.#spare ?? new Workspace();
    this.#spare = undefined;
    const checked = checkFloat32(stepName, 'state', state, workspace);
    const [batch, length, memoryDim] = held.shape;
    const { ofState, stateDim } = held.projections;
    const { tensor, isBare } = batched(stepName, 'state', checked, [batch, stateDim], held.shape);
    const shape = isBare ? [length] : [batch, length];
    const given = options === undefined ? undefined : rule.checkOptions(stepName, options, stepRules).coverage;
    const coverage = coverageOf(stepName, given, held, shape);

    if (ofState !== undefined) ofState.project(tensor, held.intoQuery);
    const query = ofState === undefined ? ofOneHead(tensor) : held.query;
    const keys = coverage === undefined || given === undefined ? held.keys : cover(held, coverage, held.covered); // of zeros nothing comes
    const { output, weights } = attention(query, keys, held.values, held.attended);
    workspace.forget();
    this.#spare = workspace;
    const context = { data: output.data, shape: isBare ? [memoryDim] : [batch, memoryDim] };
    if (coverage === undefined) return { context, weights: { data: weights.data, shape } };
    addWeights(coverage, weights.data);
    return { context, weights: { data: weights.data, shape }, coverage: { data: coverage, shape: shape.slice() } };
  }

  /**
   * All steps of a decoder whose states are known: one attention, or with a coverageWeight one step after another, its coverage from zero.
   * @param states `[b, steps, dState]`, or `[steps, dState]` where the batch is 1: the results then come without it, too
   * @param memory of this attention
   * @returns context `[b, steps, dMemory]`, weights `[b, steps, t]`
   * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION, ERR_OUT_OF_MEMORY; ERR_NOT_READY in a browser before `init`
   */
  sequence(states: Tensor, memory: Memory): SequenceResult {
    const held = ProjectedMemory.of(sequenceName, memory, this);
    const { tensor, isBare } = stepsOf(states, held);
    const { ofState, coverageWeight } = held.projections;
    const queries: Tensor = ofState === undefined ? tensor : matmul(tensor, ofState.weight);
    const count = tensor.shape[1] ?? 0;
    if (coverageWeight === undefined) {
      const { output, weights } = attention(ofOneHead(queries), held.keys, held.values, held.attended);
      return sequenceResult(held, count, isBare, output.data, weights.data);
    }
    const steps = new CoveredSteps(held, queries.data, count);
    for (let step = 0; step < count; step++) steps.took(step, attention(...steps.at(step)).weights);
    return sequenceResult(held, count, isBare, steps.context, steps.weights);
  }

  /**
   * {@link SequenceAttention.sequence} off the event loop. Waits for `init`; states are copied before the promise is returned unless `copy: false`.
   * @returns rejects where sequence throws, and with ERR_ABORTED when `signal` fires
   */
  async sequenceAsync(states: Tensor, memory: Memory, options?: AsyncOptions): Promise<SequenceResult> {
    const { signal, copy = true } = rule.checkOptions(sequenceName, options, sequenceAsyncRules);
    if (signal?.aborted) throw abortedError(sequenceName, signal);
    const held = ProjectedMemory.of(sequenceName, memory, this);
    const { tensor: given, isBare } = stepsOf(states, held);
    const tensor: Tensor = copy ? { data: denseCopy(sequenceName, 'states', given), shape: given.shape } : given;
    const { ofState, coverageWeight } = held.projections;
    // What follows is the layer's own, but for the states, of which that was asked for.
    const own = { signal, copy: false };
    const queries = ofState === undefined ? tensor : await matmulAsync(tensor, ofState.weight, own);
    const count = given.shape[1] ?? 0;
    if (coverageWeight === undefined) {
      const { output, weights } = await attentionAsync(ofOneHead(queries), held.keys, held.values, { ...held.attended, ...own });
      return sequenceResult(held, count, isBare, output.data, weights.data);
    }
    const steps = new CoveredSteps(held, queries.data, count);
    for (let step = 0; step < count; step++) {
      const [q, k, v, options] = steps.at(step);
      const { weights } = await attentionAsync(q, k, v, { ...options, ...own });
      steps.took(step, weights);
    }
    return sequenceResult(held, count, isBare, steps.context, steps.weights);
  }

  #planMemory(states: Tensor, lengths: Int32Array | undefined): { readonly projections: Projections; readonly own: States } {
    const checked = checkFloat32(memoryName, 'states', states, new Workspace());
    const { tensor } = batched(memoryName, 'states', checked, ['b', 't', 'dMemory']);
    const width = tensor.shape[2] ?? 0;
    if (this.#projections?.memoryDim !== width) this.#projections = projectionsFor(memoryName, this.#score, width);
    return { projections: this.#projections, own: copyStates(memoryName, tensor, lengths) };
  }
}

/** The states of all steps, `[b, steps, dState]`. */
function stepsOf(states: Tensor, { shape, projections }: ProjectedMemory): Batched {
  const checked = checkFloat32(sequenceName, 'states', states, new Workspace());
  return batched(sequenceName, 'states', checked, [shape[0], 'steps', projections.stateDim], shape);
}

function sequenceResult(
  { shape }: ProjectedMemory,
  count: number,
  isBare: boolean,
  context: Float32Array,
  weights: Float32Array,
): SequenceResult {
  const [batch, length, memoryDim] = shape;
  const outer = isBare ? [count] : [batch, count];
  return { context: { data: context, shape: [...outer, memoryDim] }, weights: { data: weights, shape: [...outer, length] } };
}
