/**
 * Unknown value → the weights of a linear map: x · weight + bias.
 * @module
 */
import { optionError, shapeError } from '../errors.js';
import { list, received } from './describe.js';
import { isRecord, type Rule, unknownOption } from './options.js';
import { type Checked, checkFloat32 } from './tensor.js';

export interface CheckedLinear {
  /** `[in, out]` */
  readonly weight: Checked;
  /** `[out]` */
  readonly bias: Checked | undefined;
}

const names = ['weight', 'bias'];

export const linear: Rule<CheckedLinear> = (op, name, value, workspace) => {
  if (!isRecord(value)) throw optionError(op, name, received(value), 'the weights of a linear map { weight, bias }');
  for (const key in value) {
    if (!names.includes(key))
      throw unknownOption(
        op,
        `${name}.${key}`,
        names.map((known) => `${name}.${known}`),
        [],
      );
  }
  const weight = checkFloat32(op, `${name}.weight`, value.weight, workspace);
  if (weight.shape.length !== 2)
    throw shapeError(op, `${name}.weight`, `rank ${weight.shape.length}`, 'rank 2: [in, out]', `it is ${list(weight.shape)}`);
  const bias = value.bias === undefined ? undefined : checkFloat32(op, `${name}.bias`, value.bias, workspace);
  const [, columns = 0] = weight.shape;
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== columns))
    throw shapeError(op, `${name}.bias`, `shape ${list(bias.shape)}`, `[${columns}]`, `${name}.weight is ${list(weight.shape)}`);
  return { weight, bias };
};

/** @throws {FoveaError} ERR_SHAPE unless the map takes vectors of this width, which `what` says what it is */
export function checkTakes(op: string, name: string, { weight }: CheckedLinear, width: number, what: string): void {
  const [rows = 0] = weight.shape;
  if (rows !== width) throw shapeError(op, `${name}.weight`, `${rows} rows`, `${width}, ${what}`, `it is ${list(weight.shape)}`);
}

/** The same of the vectors that it gives. */
export function checkGives(op: string, name: string, { weight }: CheckedLinear, width: number, what: string): void {
  const [, columns = 0] = weight.shape;
  if (columns !== width) throw shapeError(op, `${name}.weight`, `${columns} columns`, `${width}, ${what}`, `it is ${list(weight.shape)}`);
}
