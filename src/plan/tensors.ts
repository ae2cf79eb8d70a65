/**
 * Every tensor of a plan, one after another, with its sizes: for whoever lays them elsewhere (a copy, an arena, a worker).
 * @module
 */
import { panelElements } from './panels.js';
import type {
  ActivateBackwardPlan,
  AttentionRules,
  CacheRow,
  MatmulPlan,
  NormBackwardPlan,
  Plan,
  SoftmaxBackwardPlan,
  View,
} from './plan.js';

export { extentOf } from '../validate/tensor.js';

/** Arrays that a plan's tensors lie in. */
export type Data = Float32Array | Uint16Array | Uint8Array | Int32Array;

/** Gives a view of the same sizes that lies elsewhere; `written`: the call writes it, else it only reads it. */
export type Move = <D extends Data>(view: View<D>, sizes: readonly number[], written: boolean) => View<D>;

/** The plan with every tensor moved. */
export function moved<P extends Plan>(plan: P, move: Move): P;
export function moved(plan: Plan, move: Move): Plan {
  switch (plan.op) {
    case 'attention': {
      const { batch, kvHeads, keyLength, keyDim, valueDim } = plan;
      return {
        ...movedRules(plan, move),
        k: move(plan.k, [batch, kvHeads, keyLength, keyDim], false),
        v: move(plan.v, [batch, kvHeads, keyLength, valueDim], false),
      };
    }
    case 'cacheAttention':
      return {
        ...movedRules(plan, move),
        rows: plan.rows.map((row) => movedRow(row, move, false)),
      };
    case 'attentionBackward': {
      const { batch, queryHeads, kvHeads, queryLength, keyLength, headDim, keyDim, units, valueDim } = plan;
      return {
        ...movedRules(plan, move),
        k: move(plan.k, [batch, kvHeads, keyLength, keyDim], false),
        v: move(plan.v, [batch, kvHeads, keyLength, valueDim], false),
        dOut: move(plan.dOut, [batch, queryHeads, queryLength, valueDim], false),
        dQuery: move(plan.dQuery, [batch, queryHeads, queryLength, headDim], true),
        dKey: move(plan.dKey, [batch, kvHeads, keyLength, keyDim], true),
        dValue: move(plan.dValue, [batch, kvHeads, keyLength, valueDim], true),
        dBias: plan.dBias && move(plan.dBias, [batch, queryHeads, queryLength, keyLength], true),
        dSinks: plan.dSinks && whole(plan.dSinks, move, true),
        dQueryWeight: plan.dQueryWeight && move(plan.dQueryWeight, [queryHeads, headDim, plan.score === 'general' ? keyDim : units], true),
        dKeyWeight: plan.dKeyWeight && move(plan.dKeyWeight, [queryHeads, keyDim, units], true),
        dScoreBias: plan.dScoreBias && move(plan.dScoreBias, [queryHeads, units], true),
        dScoreVector: plan.dScoreVector && move(plan.dScoreVector, [queryHeads, units], true),
      };
    }
    case 'append': {
      const { batch, kvHeads, length, headDim, valueDim } = plan;
      return {
        ...plan,
        k: move(plan.k, [batch, kvHeads, length, headDim], false),
        v: move(plan.v, [batch, kvHeads, length, valueDim], false),
        positions: whole(plan.positions, move, false),
        rows: plan.rows.map((row) => movedRow(row, move, true)),
      };
    }
    case 'matmul': {
      const { batch, m, n, k } = plan;
      return {
        ...plan,
        a: move(plan.a, [...batch, m, k], false),
        b: movedB(plan, move),
        bias: plan.bias && move(plan.bias, [n], false),
        out: move(plan.out, [...batch, m, n], true),
      };
    }
    case 'softmax': {
      const sizes = [...plan.outer, plan.length];
      return {
        ...plan,
        x: move(plan.x, sizes, false),
        mask: plan.mask && move(plan.mask, sizes, false),
        out: move(plan.out, sizes, true),
      };
    }
    case 'convert':
    case 'activate': {
      const sizes = [...plan.outer, plan.length];
      return { ...plan, x: move(plan.x, sizes, false), out: move(plan.out, sizes, true) };
    }
    case 'norm': {
      const sizes = [...plan.outer, plan.length];
      return {
        ...plan,
        x: move(plan.x, sizes, false),
        gamma: plan.gamma && move(plan.gamma, [plan.length], false),
        beta: plan.beta && move(plan.beta, [plan.length], false),
        out: move(plan.out, sizes, true),
      };
    }
    case 'softmaxBackward':
    case 'activateBackward':
      return movedGradient(plan, move);
    case 'normBackward': {
      const sizes = [plan.length];
      return {
        ...movedGradient(plan, move),
        gamma: plan.gamma && move(plan.gamma, sizes, false),
        dGamma: move(plan.dGamma, sizes, true),
        dBeta: plan.dBeta && move(plan.dBeta, sizes, true),
      };
    }
    case 'pool': {
      const { batch, rows, columns } = plan;
      return {
        ...plan,
        x: move(plan.x, [batch, rows, columns], false),
        factor: plan.factor && move(plan.factor, [batch, columns], false),
        mean: move(plan.mean, [batch, rows], true),
        max: move(plan.max, [batch, rows], true),
      };
    }
    case 'multiply': {
      const sizes = [plan.batch, plan.rows, plan.columns];
      return {
        ...plan,
        x: move(plan.x, sizes, false),
        y: plan.y && move(plan.y, sizes, false),
        z: plan.z && move(plan.z, sizes, false),
        plus: plan.plus && move(plan.plus, sizes, false),
        out: move(plan.out, sizes, true),
      };
    }
    case 'patches': {
      const { images, channels, height, width, rows, columns, n, transposed } = plan;
      return {
        ...plan,
        x: move(plan.x, [images, height.pixels, width.pixels, channels], false),
        b: move(plan.b, [transposed ? rows : columns, n], false),
        out: move(plan.out, [transposed ? columns : rows, n], true),
        bias: plan.bias && move(plan.bias, [n], false),
      };
    }
    case 'convolve': {
      const { batch, maps, height, width } = plan;
      return {
        ...plan,
        x: move(plan.x, [batch, maps, height, width], false),
        kernel: whole(plan.kernel, move, false),
        out: move(plan.out, [batch, height, width], true),
      };
    }
    case 'rotary': {
      const sizes = [...plan.outer, plan.length];
      return {
        ...plan,
        x: move(plan.x, sizes, false),
        table: move(plan.table, sizes, false),
        out: move(plan.out, sizes, true),
      };
    }
    case 'merge': {
      const { batch, heads, queryLength, valueDim } = plan;
      return {
        ...plan,
        parts: plan.parts.map((part) => ({
          output: move(part.output, [batch, heads, queryLength, valueDim], false),
          logSumExp: move(part.logSumExp, [batch, heads, queryLength], false),
        })),
        sinks: plan.sinks && whole(plan.sinks, move, false),
        out: move(plan.out, [batch, heads, queryLength, valueDim], true),
        logSumExp: whole(plan.logSumExp, move, true),
      };
    }
  }
}

function movedRules<P extends AttentionRules>(plan: P, move: Move): P {
  const { batch, queryHeads, queryLength, keyLength, headDim, keyDim, units, valueDim } = plan;
  const scores = [batch, queryHeads, queryLength, keyLength];
  const isWritten = plan.op !== 'attentionBackward';
  return {
    ...plan,
    q: move(plan.q, [batch, queryHeads, queryLength, headDim], false),
    mask: plan.mask && move(plan.mask, scores, false),
    bias: plan.bias && move(plan.bias, scores, false),
    queryWeight: plan.queryWeight && move(plan.queryWeight, [queryHeads, headDim, plan.score === 'general' ? keyDim : units], false),
    keyWeight: plan.keyWeight && move(plan.keyWeight, [queryHeads, keyDim, units], false),
    scoreBias: plan.scoreBias && move(plan.scoreBias, [queryHeads, units], false),
    scoreVector: plan.scoreVector && move(plan.scoreVector, [queryHeads, units], false),
    alibi: plan.alibi && whole(plan.alibi, move, false),
    sinks: plan.sinks && whole(plan.sinks, move, false),
    keyLengths: plan.keyLengths && whole(plan.keyLengths, move, false),
    queryLengths: plan.queryLengths && whole(plan.queryLengths, move, false),
    queryOffsets: plan.queryOffsets && whole(plan.queryOffsets, move, false),
    out: move(plan.out, [batch, queryHeads, queryLength, valueDim], isWritten),
    weights: plan.weights && whole(plan.weights, move, true),
    logSumExp: plan.logSumExp && whole(plan.logSumExp, move, isWritten),
  };
}

function movedGradient<P extends SoftmaxBackwardPlan | NormBackwardPlan | ActivateBackwardPlan>(plan: P, move: Move): P {
  const sizes = [...plan.outer, plan.length];
  return { ...plan, x: move(plan.x, sizes, false), dOut: move(plan.dOut, sizes, false), out: move(plan.out, sizes, true) };
}

function movedB({ batch, n, k, b }: MatmulPlan, move: Move): MatmulPlan['b'] {
  if (!('panelColumns' in b)) return move(b, [...batch, k, n], false);
  const panels = move(b, [...batch, 1, panelElements(b.panelColumns, k, n)], false);
  return { ...b, ...panels, scales: b.scales && whole(b.scales, move, false) };
}

function movedRow({ first, blocks }: CacheRow, move: Move, written: boolean): CacheRow {
  return { first, blocks: blocks.map((block) => whole(block, move, written)) };
}

function whole<D extends Data>(data: D, move: Move, written: boolean): D {
  return move({ data, offset: 0, strides: [1] }, [data.length], written).data;
}

/** An array of the same kind on other memory. */
export function alike<D extends Data>(data: D, buffer: ArrayBufferLike, byteOffset: number, length: number): D;
export function alike(data: Data, buffer: ArrayBufferLike, byteOffset: number, length: number): Data {
  switch (data[Symbol.toStringTag]) {
    case 'Float32Array':
      return new Float32Array(buffer, byteOffset, length);
    case 'Uint16Array':
      return new Uint16Array(buffer, byteOffset, length);
    case 'Int32Array':
      return new Int32Array(buffer, byteOffset, length);
    case 'Uint8Array':
      return new Uint8Array(buffer, byteOffset, length);
  }
}
