/**
 * How a packed matrix lies in memory: panels of some columns, each `[k, panelColumns]`, the last one filled up with zeros; behind them,
 * from a multiple of 64 bytes on, the scales of an int8 matrix, one a column. native/kernels/matmul_panels.inl reads the same.
 * @module
 */
import type { PackedDType } from '../types.js';
import { aligned, elementBytes } from './kept.js';

/** Columns of whole panels that hold n. */
export function paddedColumns(panelColumns: number, n: number): number {
  return Math.ceil(n / panelColumns) * panelColumns;
}

export function panelElements(panelColumns: number, k: number, n: number): number {
  return paddedColumns(panelColumns, n) * k;
}

export interface PanelParts {
  /** First byte of the scales. */
  readonly scales: number;
  readonly bytes: number;
}

export function panelParts(panelColumns: number, k: number, n: number, dtype: PackedDType): PanelParts {
  const bytes = panelElements(panelColumns, k, n) * elementBytes[dtype];
  if (dtype !== 'int8') return { scales: bytes, bytes };
  const scales = aligned(bytes);
  return { scales, bytes: scales + 4 * paddedColumns(panelColumns, n) };
}
