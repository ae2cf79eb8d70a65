/**
 * Sizes that layers are given, checked.
 * @module
 */
import { optionError, shapeError } from '../../errors.js';
import { list, received } from '../../validate/describe.js';

/** As TensorFlow.js has it: null is a size that is not known before the model runs. */
export type Shape = (number | null)[];

/** @throws {FoveaError} ERR_OPTION */
export function wholeNumber(op: string, name: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1)
    throw optionError(op, name, received(value), 'a whole number from 1');
  return value;
}

/** @throws {FoveaError} ERR_OPTION */
export function oddNumber(op: string, name: string, value: unknown): number {
  if (wholeNumber(op, name, value) % 2 === 0) throw optionError(op, name, received(value), 'an odd number', 'a window has a middle');
  return value as number;
}

/** The last size of an input's shape, which weights are made for. @throws {FoveaError} ERR_SHAPE for another rank, or where it is not known */
export function widthOf(op: string, name: string, shape: Shape, form: string): number {
  const width = shape.at(-1);
  if (shape.length !== form.split(',').length || width == null) throw shapeError(op, name, list(shape), `${form} whose last size is known`);
  return width;
}
