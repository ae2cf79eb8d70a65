/**
 * How the fused kernels of TensorFlow.js end: a bias and an activation, within the product where it can end with them, else by their own kernels.
 * @module
 */
import { getKernel, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Activation, Tensor } from '../../types.js';
import type { FoveaBackend } from '../backend.js';
import { backendName } from '../kernel.js';

/** Of TensorFlow.js, whichever kernel it belongs to. */
interface Ending {
  readonly bias?: TensorInfo | undefined;
  readonly preluActivationWeights?: TensorInfo | undefined;
  readonly activation?: string | undefined;
  readonly leakyreluAlpha?: number | undefined;
}

/** Within a product. */
const within: Readonly<Partial<Record<string, Activation>>> = { relu: 'relu', sigmoid: 'sigmoid' };

/** By themselves. */
const kernels: Readonly<Partial<Record<string, string>>> = {
  relu: 'Relu',
  sigmoid: 'Sigmoid',
  elu: 'Elu',
  relu6: 'Relu6',
  prelu: 'Prelu',
  leakyrelu: 'LeakyRelu',
};

/**
 * @param columns of the result, which a bias of one row is added to; undefined of what can end with nothing
 * @param product the result, with this row and this activation in it
 * @returns undefined where the product is, and for an activation that nobody knows
 */
export function ended(
  backend: FoveaBackend,
  columns: number | undefined,
  { bias, preluActivationWeights, activation = 'linear', leakyreluAlpha }: Ending,
  product: (row: Tensor | undefined, activation: Activation | undefined) => TensorInfo | undefined,
): TensorInfo | undefined {
  const row = bias && columns !== undefined ? rowOf(backend, bias, columns) : undefined;
  const isWithin = columns !== undefined && (bias === undefined || row !== undefined);
  const own = isWithin ? within[activation] : undefined;
  const after = activation === 'linear' || own !== undefined ? undefined : kernels[activation];
  if (activation !== 'linear' && own === undefined && after === undefined) return undefined;
  let result = product(row, own);
  if (result !== undefined && bias !== undefined && row === undefined) result = replaced(backend, result, 'Add', { a: result, b: bias });
  if (result !== undefined && after !== undefined) {
    const inputs = preluActivationWeights === undefined ? { x: result } : { x: result, alpha: preluActivationWeights };
    result = replaced(backend, result, after, inputs, { alpha: leakyreluAlpha });
  }
  return result;
}

/** A bias of one row. */
function rowOf(backend: FoveaBackend, bias: TensorInfo, columns: number): Tensor | undefined {
  const data = bias.shape.at(-1) === columns ? backend.floats(bias) : undefined;
  return data?.length === columns ? { data, shape: [columns] } : undefined;
}

/** What a kernel makes of a result, which is gone then. */
function replaced(
  backend: FoveaBackend,
  result: TensorInfo,
  name: string,
  inputs: Record<string, TensorInfo | undefined>,
  attrs: Record<string, number | undefined> = {},
): TensorInfo {
  const made = getKernel(name, backendName).kernelFunc({ inputs, attrs, backend } as Parameters<
    ReturnType<typeof getKernel>['kernelFunc']
  >[0]);
  backend.disposeIntermediateTensorInfo(result);
  return made as TensorInfo;
}
