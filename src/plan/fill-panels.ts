/**
 * A float32 matrix into the panels of a packed one (panels.ts), one after the other: as it is, rounded to bfloat16, or as
 * int8 (int8.ts), with a step a column.
 * @module
 */
import { optionError } from '../errors.js';
import { inSteps, stepOf } from './int8.js';
import type { PackPlan } from './pack-matrix.js';
import { panelParts } from './panels.js';
import type { ConvertPlan, Floats, View } from './plan.js';

const op = 'packMatrix';

/**
 * @param panel room for one panel
 * @param block the memory as it lies now: a plan that runs may have moved it
 * @param run for rounding, by the backend's own kernels
 */
export function fillPanels(
  { k, n, dtype }: PackPlan,
  b: View<Floats>,
  panelColumns: number,
  panel: Float32Array,
  block: () => Uint8Array,
  run: (plan: ConvertPlan) => void,
): void {
  const scalesAt = panelParts(panelColumns, k, n, dtype).scales;
  const elements = panel.length;
  for (let column = 0; column < n; column += panelColumns) {
    readPanel(b, k, column, Math.min(panelColumns, n - column), panelColumns, panel);
    const { buffer, byteOffset } = block();
    if (dtype === 'float32') new Float32Array(buffer, byteOffset + 4 * column * k, elements).set(panel);
    else if (dtype === 'bfloat16') {
      if (k > 0) run(rounding(panel, new Uint16Array(buffer, byteOffset + 2 * column * k, elements)));
    } else {
      const scales = new Float32Array(buffer, byteOffset + scalesAt + 4 * column, panelColumns);
      quantise(panel, column, new Int8Array(buffer, byteOffset + column * k, elements), scales);
    }
  }
}

/** Columns of b side by side, zeros behind them. */
function readPanel(
  { data, offset, strides }: View<Floats>,
  k: number,
  column: number,
  columns: number,
  width: number,
  to: Float32Array,
): void {
  const [rowStride = 0, columnStride = 0] = strides;
  if (columns < width) to.fill(0);
  for (let p = 0; p < k; p++) {
    const from = offset + p * rowStride + column * columnStride;
    for (let c = 0; c < columns; c++) to[p * width + c] = data[from + c * columnStride] ?? NaN;
  }
}

function rounding(panel: Float32Array, out: Uint16Array): ConvertPlan {
  const view = <D extends ArrayBufferView>(data: D): View<D> => ({ data, offset: 0, strides: [1] });
  return {
    op: 'convert',
    name: op,
    outer: [],
    length: panel.length,
    dtype: 'float32',
    outDtype: 'bfloat16',
    x: view(panel),
    out: view(out),
  };
}

/** @throws {FoveaError} ERR_OPTION for a number that is not finite, which no step could reach */
function quantise(panel: Float32Array, first: number, to: Int8Array, scales: Float32Array): void {
  const width = scales.length;
  for (let c = 0; c < width; c++) {
    let greatest = 0;
    for (let at = c; at < panel.length; at += width) {
      const size = Math.abs(panel[at] ?? NaN);
      if (!(size < Infinity)) throw notFinite(panel[at], (at - c) / width, first + c);
      if (size > greatest) greatest = size;
    }
    const step = stepOf(greatest);
    scales[c] = step;
    for (let at = c; at < panel.length; at += width) to[at] = inSteps(panel[at] ?? NaN, step);
  }
}

function notFinite(value: number | undefined, row: number, column: number): Error {
  return optionError(
    op,
    'dtype',
    "'int8'",
    "'float32' or 'bfloat16'",
    `b has ${value} at row ${row}, column ${column}, which int8 cannot hold`,
  );
}
