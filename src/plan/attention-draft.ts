/**
 * The plan of any attention in the making: every field there from the start, so that all of them are objects of one form.
 * @module
 */
import type { CacheDType, DType } from '../types.js';
import { type Draft, noView } from './frame.js';
import type { AttentionOp, AttentionPlan, AttentionRules, CacheAttentionPlan, CacheRow, Floats, ScoreKind, View } from './plan.js';

abstract class RulesDraft<Op extends AttentionOp, Keys extends View<Floats> | undefined> implements Draft<AttentionRules<Op, Keys>> {
  op: Op;
  batch = 0;
  queryHeads = 0;
  kvHeads = 0;
  queryLength = 0;
  keyLength = 0;
  headDim = 0;
  valueDim = 0;
  dtype: DType = 'float32';
  outDtype: DType = 'float32';
  score: ScoreKind = 'dot';
  keyDim = 0;
  units = 0;
  gamma = 0;
  queryWeight: View | undefined = undefined;
  keyWeight: View | undefined = undefined;
  scoreBias: View | undefined = undefined;
  scoreVector: View | undefined = undefined;
  scale = 1;
  softcap = 0;
  windowLeft = Infinity;
  windowRight = Infinity;
  queryOffset = 0;
  queryOffsets: Int32Array | undefined = undefined;
  q: View<Floats> = noView;
  k: Keys;
  v: Keys;
  out: View<Floats> = noView;
  mask: View<Uint8Array> | undefined = undefined;
  bias: View | undefined = undefined;
  alibi: Float32Array | undefined = undefined;
  sinks: Float32Array | undefined = undefined;
  keyLengths: Int32Array | undefined = undefined;
  queryLengths: Int32Array | undefined = undefined;
  weights: Float32Array | undefined = undefined;
  logSumExp: Float32Array | undefined = undefined;

  constructor(op: Op, keys: Keys) {
    this.op = op;
    this.k = keys;
    this.v = keys;
  }

  /** Lets go of the arrays that it holds itself, and of a score that the next call may not have. */
  forget(): void {
    this.score = 'dot';
    this.units = 0;
    this.gamma = 0;
    this.queryWeight = undefined;
    this.keyWeight = undefined;
    this.scoreBias = undefined;
    this.scoreVector = undefined;
    this.queryOffsets = undefined;
    this.alibi = undefined;
    this.sinks = undefined;
    this.keyLengths = undefined;
    this.queryLengths = undefined;
    this.weights = undefined;
    this.logSumExp = undefined;
  }
}

export class AttentionDraft extends RulesDraft<'attention', View<Floats>> implements Draft<AttentionPlan> {
  constructor() {
    super('attention', noView);
  }
}

const noLengths = new Int32Array(0);

export class CacheAttentionDraft extends RulesDraft<'cacheAttention', undefined> implements Draft<CacheAttentionPlan> {
  cacheDtype: CacheDType = 'float32';
  blockTokens = 0;
  override keyLengths: Int32Array = noLengths;
  rows: readonly CacheRow[] = [];

  constructor() {
    super('cacheAttention', undefined);
  }

  override forget(): void {
    super.forget();
    this.keyLengths = noLengths;
    this.rows = [];
  }
}
