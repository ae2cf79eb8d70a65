/** What every row of the table should give, and within which bounds: worked out once for all targets. */
import type { Call } from './calls.js';
import { type Answers, type Bounds, oracle, textbook } from './oracle.js';
import { type Arithmetic, kernelArithmetic, referenceArithmetic } from './tolerance.js';

export interface Expected {
  readonly answers: Answers;
  readonly kernels: Bounds;
  readonly reference: Bounds;
}

const known = new Map<string, Expected>();

export function expectedOf(name: string, call: Call): Expected {
  const before = known.get(name);
  if (before) return before;
  const answers = oracle(call);
  const { bounds } = textbook(call);
  const asked = (arithmetic: Arithmetic): Bounds => Object.fromEntries(Object.entries(bounds(arithmetic)).filter(([of]) => of in answers));
  const made = { answers, kernels: asked(kernelArithmetic), reference: asked(referenceArithmetic) };
  known.set(name, made);
  return made;
}
