/**
 * A cache's tokens as two tensors, outside the cache: copied out of the blocks, int8 as the numbers that it stands for.
 * @module
 */
import { type BlockPart, type BlockSizes, blockParts } from '../plan/blocks.js';
import type { Tensor } from '../types.js';
import type { Row } from './row.js';

/** k and v `[batch, kvHeads, end − start, features]` of the positions from `start` to `end`; 0 where a row has no token. */
export function tensorsOf(rows: readonly Row[], sizes: BlockSizes, start: number, end: number) {
  const { kvHeads, headDim, valueDim } = sizes;
  const parts = blockParts(sizes);
  const gather = (part: BlockPart, scales: BlockPart, width: number): Tensor<Float32Array | Uint16Array> => {
    const shape = [rows.length, kvHeads, end - start, width];
    const size = rows.length * kvHeads * (end - start) * width;
    const half = sizes.dtype === 'float16' || sizes.dtype === 'bfloat16';
    const data = half ? new Uint16Array(size) : new Float32Array(size);
    for (const [b, row] of rows.entries()) {
      for (let head = 0; head < kvHeads; head++) {
        const from = ((b * kvHeads + head) * (end - start) - start) * width; // where position 0 would go
        copyRow(row, sizes, part, scales, head, width, (position, tokens) => data.set(tokens, from + position * width));
      }
    }
    return half ? { data, shape, dtype: sizes.dtype as 'float16' | 'bfloat16' } : { data, shape };
  };
  return { k: gather(parts.keys, parts.keyScales, headDim), v: gather(parts.values, parts.valueScales, valueDim) };
}

/** Hands on the tokens of one head, a block at a time. */
function copyRow(
  row: Row,
  sizes: BlockSizes,
  part: BlockPart,
  scalePart: BlockPart,
  head: number,
  width: number,
  put: (position: number, tokens: Float32Array | Uint16Array) => void,
): void {
  const { blockTokens, dtype } = sizes;
  for (const [i, block] of row.blocks.entries()) {
    const position = row.first + i * blockTokens;
    const tokens = Math.min(blockTokens, row.length - position);
    const { buffer, byteOffset } = block.view();
    const at = byteOffset + part.offset + head * blockTokens * part.stride;
    if (dtype === 'float32') put(position, new Float32Array(buffer, at, tokens * width));
    else if (dtype !== 'int8') put(position, new Uint16Array(buffer, at, tokens * width));
    else {
      const scales = new Float32Array(buffer, byteOffset + scalePart.offset + head * blockTokens * scalePart.stride, tokens);
      const steps = new Int8Array(buffer, at, tokens * width);
      put(
        position,
        Float32Array.from(steps, (step, e) => step * (scales[Math.floor(e / width)] ?? 0)),
      );
    }
  }
}
