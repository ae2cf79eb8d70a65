/** What plans make of strides: batches that become rows, outer dimensions that become one, results that lie as their layout says. */
import { describe, expect, test } from 'vitest';
import { planAttention } from '../src/plan/attention.js';
import { planMatmul } from '../src/plan/matmul.js';
import { planSoftmax } from '../src/plan/softmax.js';

const tensor = (shape: number[], more: object = {}) => ({
  data: new Float32Array(shape.reduce((product, size) => product * size, 1)),
  shape,
  ...more,
});

describe('matmul', () => {
  test('a batch that b ignores becomes rows', () => {
    const { plan, result } = planMatmul(tensor([2, 3, 4, 5]), tensor([5, 6]), undefined);
    expect(plan).toMatchObject({ batch: [], m: 24, k: 5, n: 6 });
    expect([plan.a.strides, plan.b.strides, plan.out.strides]).toEqual([
      [5, 1],
      [6, 1],
      [6, 1],
    ]);
    expect(result.shape).toEqual([2, 3, 4, 6]);
  });

  test('so do single rows at any distance, as the heads of a layout [b, s, h, d]', () => {
    const { plan } = planMatmul(tensor([7, 1, 5], { data: new Float32Array(700), strides: [50, 10, 1] }), tensor([1, 5, 6]), undefined);
    expect(plan).toMatchObject({ batch: [], m: 7 });
    expect(plan.a.strides).toEqual([50, 1]);
    expect(plan.out.strides).toEqual([6, 1]);
  });

  test('a batch of its own in b stays, and so does one that a or out walks unevenly', () => {
    expect(planMatmul(tensor([3, 4, 5]), tensor([3, 5, 6]), undefined).plan).toMatchObject({ batch: [3], m: 4 });
    const gapped = tensor([3, 4, 5], { data: new Float32Array(100), strides: [30, 5, 1] });
    expect(planMatmul(gapped, tensor([5, 6]), undefined).plan).toMatchObject({ batch: [3], m: 4 });
    expect(planMatmul(tensor([3, 4, 5]), tensor([5, 6]), { transposeA: false }).plan).toMatchObject({ batch: [], m: 12 });
    expect(planMatmul(tensor([3, 5, 4]), tensor([5, 6]), { transposeA: true }).plan).toMatchObject({ batch: [3], m: 4 });
    const out = tensor([3, 4, 6], { data: new Float32Array(100), strides: [30, 6, 1] });
    expect(planMatmul(tensor([3, 4, 5]), tensor([5, 6]), { out }).plan).toMatchObject({ batch: [3], m: 4 });
  });

  test('only the dimensions inside the one that b walks are rows', () => {
    const { plan } = planMatmul(tensor([2, 3, 4, 5]), tensor([2, 1, 5, 6]), undefined);
    expect(plan).toMatchObject({ batch: [2], m: 12 });
    expect(plan.b.strides).toEqual([30, 6, 1]);
  });
});

describe('softmax', () => {
  test('contiguous dimensions beside the axis are one', () => {
    expect(planSoftmax('softmax', tensor([2, 3, 4, 5]), undefined, 1).plan).toMatchObject({ outer: [24], length: 5 });
    const middle = planSoftmax('softmax', tensor([2, 3, 4, 5]), { axis: 1 }, 1).plan;
    expect(middle).toMatchObject({ outer: [2, 20], length: 3 });
    expect(middle.x.strides).toEqual([60, 1, 20]);
  });

  test('the dimension of the shortest stride comes last, whatever the order in the shape', () => {
    const turned = tensor([2, 3, 4], { strides: [1, 2, 6] });
    const { plan } = planSoftmax('softmax', turned, { out: tensor([2, 3, 4], { strides: [1, 2, 6] }) }, 1);
    expect(plan).toMatchObject({ outer: [6], length: 4 });
    expect(plan.x.strides).toEqual([1, 6]);
  });

  test('a mask that stretches along one of them keeps them apart', () => {
    const mask = { data: new Uint8Array(15).fill(1), shape: [3, 1, 5] };
    const { plan } = planSoftmax('softmax', tensor([2, 3, 4, 5]), { mask }, 1);
    expect(plan.outer).toEqual([2, 3, 4]);
    expect(plan.mask?.strides).toEqual([0, 5, 0, 1]);
  });

  test('softmin is a negative scale', () => {
    expect(planSoftmax('softmin', tensor([3]), { scale: 0.5 }, -1).plan.scale).toBe(-0.5);
  });
});

describe('attention', () => {
  test('both layouts reach the same order of dimensions', () => {
    const { plan, result } = planAttention(tensor([2, 5, 4, 8]), tensor([2, 7, 2, 8]), tensor([2, 7, 2, 3]), { layout: 'bshd' });
    expect(plan).toMatchObject({ batch: 2, queryHeads: 4, kvHeads: 2, queryLength: 5, keyLength: 7, headDim: 8, valueDim: 3 });
    expect(plan.k.strides).toEqual([112, 8, 16, 1]);
    expect(plan.out.strides).toEqual([60, 3, 12, 1]);
    expect(result.output.shape).toEqual([2, 5, 4, 3]);
  });

  test('results leave out the dimensions that query left out', () => {
    const on = { returnWeights: true, returnLogSumExp: true };
    const flat = planAttention(tensor([5, 8]), tensor([7, 8]), tensor([7, 3]), on).result;
    expect([flat.output.shape, flat.weights?.shape, flat.logSumExp?.shape]).toEqual([[5, 3], [5, 7], [5]]);
    const heads = planAttention(tensor([5, 4, 8]), tensor([7, 2, 8]), tensor([7, 2, 3]), { ...on, layout: 'bshd' }).result;
    expect([heads.output.shape, heads.weights?.shape, heads.logSumExp?.shape]).toEqual([
      [5, 4, 3],
      [4, 5, 7],
      [4, 5],
    ]);
  });

  test('defaults: scale 1/√d, the last query at the last key, no bound', () => {
    const { plan } = planAttention(tensor([5, 4]), tensor([7, 4]), tensor([7, 4]), undefined);
    expect(plan).toMatchObject({ scale: 0.5, queryOffset: 2, windowLeft: Infinity, windowRight: Infinity, softcap: 0 });
    expect(planAttention(tensor([5, 0]), tensor([7, 0]), tensor([7, 4]), undefined).plan.scale).toBe(1);
  });

  test('causal ends a window at the query itself', () => {
    const q = tensor([5, 4]);
    expect(planAttention(q, q, q, { causal: true }).plan).toMatchObject({ windowLeft: Infinity, windowRight: 0 });
    expect(planAttention(q, q, q, { causal: true, window: [2, 3] }).plan).toMatchObject({ windowLeft: 2, windowRight: 0 });
    expect(planAttention(q, q, q, { window: [2, Infinity] }).plan).toMatchObject({ windowLeft: 2, windowRight: Infinity });
  });
});
