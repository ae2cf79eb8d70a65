/**
 * What a call should give: the reference backend's answer, driven through the plan with its outputs widened to float64, and how
 * far another backend may lie from it. The reference itself is held against the textbook in oracle.test.ts.
 */
import { runReference } from '../src/backend/reference/index.js';
import { planActivate } from '../src/plan/activate.js';
import { planAttention } from '../src/plan/attention.js';
import { planConvert } from '../src/plan/convert.js';
import { planMatmul } from '../src/plan/matmul.js';
import { planMerge } from '../src/plan/merge.js';
import { planNorm } from '../src/plan/norm.js';
import { planNormBackward } from '../src/plan/norm-backward.js';
import type { Panels } from '../src/plan/plan.js';
import { planRotary } from '../src/plan/rotary.js';
import { planSoftmax } from '../src/plan/softmax.js';
import { planSoftmaxBackward } from '../src/plan/softmax-backward.js';
import type { FloatData, PackMatrixOptions, Tensor } from '../src/types.js';
import { asAttention } from './cached.js';
import type { Call, MatmulCall } from './calls.js';
import { packedWeights } from './packed-weights.js';
import { type Dense, dense, sizeOf } from './tensors.js';
import { textbookActivation } from './textbook/activation.js';
import { textbookAttention } from './textbook/attention.js';
import { textbookMatmul } from './textbook/matmul.js';
import { textbookMerge } from './textbook/merge.js';
import { textbookNorm } from './textbook/norm.js';
import { textbookRotary } from './textbook/rotary.js';
import { textbookSoftmax } from './textbook/softmax.js';
import { textbookNormBackward, textbookSoftmaxBackward } from './textbook/softmax-norm-backward.js';
import {
  type Arithmetic,
  activationBound,
  attentionBounds,
  type Bound,
  matmulBound,
  mergeBounds,
  normBound,
  rotaryBound,
  softmaxBound,
} from './tolerance.js';

/** Results by name, row-major: output with its heads before the sequence, whatever the layout; weights and logSumExp if asked for. */
export type Answers = Readonly<Record<string, Float64Array>>;
export type Bounds = Readonly<Record<string, Bound>>;

/** A float64 result where the plan has float32: the reference stores what it has computed, and only a Float32Array would round it. */
function widened(size: number): Float32Array & Float64Array {
  return new Float64Array(size).fill(Number.NaN) as unknown as Float32Array & Float64Array;
}

function rowMajor(sizes: readonly number[]): { data: Float32Array & Float64Array; offset: number; strides: number[] } {
  return { data: widened(sizeOf(sizes)), offset: 0, strides: sizes.map((_, i) => sizeOf(sizes.slice(i + 1))) };
}

/** A b of the right shape and dtype in place of one that is packed: 0 everywhere. */
function likeA({ a, b }: MatmulCall, { transpose }: PackMatrixOptions): Tensor<FloatData> {
  const data = a.data instanceof Float32Array ? new Float32Array(1) : new Uint16Array(1);
  const shape = transpose ? b.shape.toReversed() : b.shape;
  return { ...(a.dtype && { dtype: a.dtype }), data, shape, strides: [0, 0] };
}

/** Numbers of any kind, as one panel. */
function panelsOf({ data, shape }: Dense): Panels {
  const wide = data as unknown as Float32Array & Float64Array;
  return { data: wide, offset: 0, strides: [0, 1], panelColumns: Math.max(1, shape[1] ?? 0), dtype: 'float32', scales: undefined };
}

export function oracle(call: Call): Answers {
  switch (call.op) {
    case 'attention': {
      const { plan } = planAttention(call.q, call.k, call.v, call.options);
      const { batch, queryHeads, queryLength, keyLength, valueDim } = plan;
      const rows = batch * queryHeads * queryLength;
      const out = rowMajor([batch, queryHeads, queryLength, valueDim]);
      const weights = plan.weights && widened(rows * keyLength);
      const logSumExp = plan.logSumExp && widened(rows);
      runReference({ ...plan, out, outDtype: 'float32', weights, logSumExp });
      return { output: out.data, ...(weights && { weights }), ...(logSumExp && { logSumExp }) };
    }
    case 'cache':
      return oracle(asAttention(call));
    case 'matmul': {
      const { plan } = planMatmul(call.a, call.pack ? likeA(call, call.pack) : call.b, call.options);
      const out = rowMajor([...plan.batch, plan.m, plan.n]);
      const b = call.pack ? panelsOf(packedWeights(call.b, call.pack)) : plan.b;
      runReference({ ...plan, b, out, outDtype: 'float32' });
      return { output: out.data };
    }
    case 'softmax':
    case 'softmin': {
      // The plan reorders dimensions; without the caller's out it writes to row-major memory of x's shape, here a wide one.
      const { plan } = planSoftmax(call.op, call.x, { ...call.options, out: undefined }, call.op === 'softmin' ? -1 : 1);
      const out = { ...plan.out, data: widened(sizeOf(call.x.shape)) };
      runReference({ ...plan, out, outDtype: 'float32' });
      return { output: out.data };
    }
    case 'layerNorm':
    case 'rmsNorm': {
      const { plan } = planNorm(call.op, call.x, { ...call.options, out: undefined }); // as for softmax
      const out = { ...plan.out, data: widened(sizeOf(call.x.shape)) };
      runReference({ ...plan, out, outDtype: 'float32' });
      return { output: out.data };
    }
    case 'softmaxBackward': {
      const { plan } = planSoftmaxBackward(call.y, call.dOutput, { ...call.options, out: undefined }); // as for softmax
      const out = { ...plan.out, data: widened(sizeOf(call.y.shape)) };
      runReference({ ...plan, out, outDtype: 'float32' });
      return { dX: out.data };
    }
    case 'layerNormBackward':
    case 'rmsNormBackward': {
      const { plan } = planNormBackward(call.op, call.x, call.dOutput, { ...call.options, out: undefined }); // as for softmax
      const out = { ...plan.out, data: widened(sizeOf(call.x.shape)) };
      const [dGamma, dBeta] = [rowMajor([plan.length]), plan.dBeta && rowMajor([plan.length])];
      runReference({ ...plan, out, outDtype: 'float32', dGamma, dBeta });
      return { dX: out.data, dGamma: dGamma.data, ...(dBeta && { dBeta: dBeta.data }) };
    }
    case 'activation': {
      const { plan } = planActivate(call.name, call.x, {}); // as for softmax
      const out = { ...plan.out, data: widened(sizeOf(call.x.shape)) };
      runReference({ ...plan, out, outDtype: 'float32' });
      return { output: out.data };
    }
    case 'rotary': {
      const { plan } = planRotary(call.x, { ...call.options, out: undefined }); // as for softmax
      const out = { ...plan.out, data: widened(sizeOf(call.x.shape)) };
      runReference({ ...plan, out, outDtype: 'float32' });
      return { output: out.data };
    }
    case 'merge': {
      const { plan } = planMerge(call.parts, call.options);
      const out = rowMajor([plan.batch, plan.heads, plan.queryLength, plan.valueDim]);
      const logSumExp = widened(plan.batch * plan.heads * plan.queryLength);
      runReference({ ...plan, out, outDtype: 'float32', logSumExp });
      return { output: out.data, logSumExp };
    }
    case 'convert': {
      // As for softmax; what comes back is x before it is rounded.
      const { plan } = planConvert(call.name, call.x, {});
      const out = { ...plan.out, data: widened(sizeOf(call.x.shape)) };
      runReference({ ...plan, out, outDtype: 'float32' });
      return { output: out.data };
    }
  }
}

/** The textbook's answer, written apart from src/, and how far each arithmetic may lie from the exact one. */
export function textbook(call: Call): { answers: Answers; bounds: (arithmetic: Arithmetic) => Bounds } {
  switch (call.op) {
    case 'attention': {
      const sheet = textbookAttention(call);
      const { output, weights, logSumExp } = sheet;
      return { answers: { output, weights, logSumExp }, bounds: (arithmetic) => ({ ...attentionBounds(sheet, arithmetic) }) };
    }
    case 'cache':
      return textbook(asAttention(call));
    case 'matmul': {
      const sheet = textbookMatmul(call);
      return { answers: { output: sheet.output }, bounds: (arithmetic) => ({ output: matmulBound(sheet, arithmetic) }) };
    }
    case 'softmax':
    case 'softmin': {
      const sheet = textbookSoftmax(call);
      return { answers: { output: sheet.output }, bounds: (arithmetic) => ({ output: softmaxBound(sheet, arithmetic) }) };
    }
    case 'layerNorm':
    case 'rmsNorm': {
      const sheet = textbookNorm(call);
      return { answers: { output: sheet.output }, bounds: (arithmetic) => ({ output: normBound(sheet, arithmetic) }) };
    }
    case 'softmaxBackward':
      return textbookSoftmaxBackward(call);
    case 'layerNormBackward':
    case 'rmsNormBackward':
      return textbookNormBackward(call);
    case 'activation': {
      const sheet = textbookActivation(call.name, call.x);
      return { answers: { output: sheet.output }, bounds: (arithmetic) => ({ output: activationBound(sheet, arithmetic) }) };
    }
    case 'rotary': {
      const sheet = textbookRotary(call);
      return { answers: { output: sheet.output }, bounds: (arithmetic) => ({ output: rotaryBound(sheet, arithmetic) }) };
    }
    case 'merge': {
      const sheet = textbookMerge(call);
      return {
        answers: { output: sheet.output, logSumExp: sheet.logSumExp },
        bounds: (arithmetic) => ({ ...mergeBounds(sheet, arithmetic) }),
      };
    }
    case 'convert': {
      // Nothing is computed: the nearest number of the result's dtype, and no other (check.ts rounds).
      const { data } = dense(call.x);
      return { answers: { output: data }, bounds: () => ({ output: { slack: new Float64Array(data.length) } }) };
    }
  }
}
