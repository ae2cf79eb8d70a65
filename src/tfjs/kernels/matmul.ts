/**
 * BatchMatMul and _FusedMatMul, on the matmul kernel.
 * @module
 */
import { type _FusedMatMulAttrs, type BatchMatMulAttrs, broadcast_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { matmul } from '../../ops/matmul.js';
import type { Activation, Tensor } from '../../types.js';
import type { FoveaBackend } from '../backend.js';
import { kernel } from '../kernel.js';
import { sizeOf } from '../shape.js';
import { ended } from './fused.js';

interface Product {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly bias?: Tensor | undefined;
  readonly activation?: Activation | undefined;
}

export const batchMatMul = kernel<'a' | 'b', BatchMatMulAttrs>(({ inputs, attrs, backend }) => product(backend, { ...inputs, ...attrs }));

export const fusedMatMul = kernel<'a' | 'b', _FusedMatMulAttrs, 'bias' | 'preluActivationWeights'>(({ inputs, attrs, backend }) => {
  const { a, b, ...rest } = inputs;
  const { transposeA, transposeB, ...ending } = attrs;
  const columns = b.shape.at(transposeB ? -2 : -1) ?? 1;
  return ended(backend, columns, { ...rest, ...ending }, (bias, activation) =>
    product(backend, { a, b, transposeA, transposeB, bias, activation }),
  );
});

function product(backend: FoveaBackend, { a, b, transposeA, transposeB, bias, activation }: Product): TensorInfo | undefined {
  const [inner, other] = [a.shape.at(transposeA ? -2 : -1), b.shape.at(transposeB ? -1 : -2)];
  util.assert(
    inner === other,
    () =>
      `Error in matMul: inner shapes (${inner}) and (${other}) of Tensors with shapes ${a.shape} and ${b.shape} and ` +
      `transposeA=${transposeA} and transposeB=${transposeB} must match.`,
  );
  const [left, right] = [backend.floats(a), backend.floats(b)];
  if (left === undefined || right === undefined || Math.max(a.shape.length, b.shape.length) > mostDimensions) return undefined;
  const batch = broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...batch, a.shape.at(transposeA ? -1 : -2) ?? 1, b.shape.at(transposeB ? -2 : -1) ?? 1];
  const out = { data: backend.room(sizeOf(shape)), shape };
  matmul({ data: left, shape: a.shape }, { data: right, shape: b.shape }, { transposeA, transposeB, bias, activation, out });
  return backend.tensor(shape, 'float32', out.data);
}

/** Of our matmul. */
const mostDimensions = 8;
