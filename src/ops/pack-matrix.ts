/**
 * packMatrix: a constant matrix, laid out once for all products with it.
 * @module
 */
import type { Backend } from '../backend/backend.js';
import { active } from '../backend/select.js';
import { FoveaError } from '../errors.js';
import { fillPanels } from '../plan/fill-panels.js';
import { type PackPlan, planPackMatrix, widened } from '../plan/pack-matrix.js';
import { Packed } from '../plan/packed-matrix.js';
import { panelParts } from '../plan/panels.js';
import type { FloatData, PackedMatrix, PackMatrixOptions, Tensor } from '../types.js';

const op = 'packMatrix';

/**
 * A matrix that stays the same, such as the weights of a layer, packed once and given to {@link matmul} in place of b: it is then not
 * packed for every call, and read as float32, as bfloat16 (half the bytes) or as int8 with a scale a column (a quarter).
 *
 * It stays with the backend that was chosen when it was made. Memory that is forgotten is collected; `dispose` gives it back at once.
 * @param b `[k, n]`, or `[n, k]` with `transpose`, of any float dtype and strides; it is copied
 * @returns what `matmul(a, packed)` takes, with a of any float dtype
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION also for a number that int8 cannot hold, ERR_OUT_OF_MEMORY; ERR_NOT_READY in a
 * browser before `init`
 * @example
 * const packed = packMatrix(weight, { dtype: 'bfloat16' });
 * const y = matmul(x, packed, { bias, activation: 'relu' });
 */
export function packMatrix<D extends FloatData>(b: Tensor<D>, options?: PackMatrixOptions): PackedMatrix {
  const plan = planPackMatrix(b, options);
  const backend = active(op);
  const { k, n, dtype } = plan;
  const memory = backend.memory.allocate(panelParts(backend.panelColumns, k, n, dtype).bytes, op);
  try {
    fill(plan, backend, () => memory.view());
  } catch (error) {
    memory.free();
    throw error;
  }
  return new Packed([k, n], dtype, memory, backend);
}

function fill(plan: PackPlan, backend: Backend, block: () => Uint8Array): void {
  const { k, n, from, b } = plan;
  const { panelColumns } = backend;
  const isWide = from === 'float32' || k * n === 0;
  const wide = isWide ? b : widened(plan, room(k * n), (convert) => backend.run(convert));
  fillPanels(plan, wide, panelColumns, room(k * panelColumns), block, (convert) => backend.run(convert));
}

function room(elements: number): Float32Array {
  try {
    return new Float32Array(elements);
  } catch (cause) {
    throw new FoveaError('ERR_OUT_OF_MEMORY', `${op}: no memory for ${elements} numbers while it packs`, { cause });
  }
}
