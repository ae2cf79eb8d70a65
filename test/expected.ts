/** What every row of the table should give, and within which bounds: worked out once for all targets. */
import type { Call } from './calls.js';
import { type Answers, type Bounds, oracle, textbook } from './oracle.js';
import type { Target } from './targets.js';
import { type Arithmetic, arithmeticOf, kernelArithmetic, pairArithmetic, referenceArithmetic } from './tolerance.js';

interface Known {
  readonly answers: Answers;
  readonly bounds: ReadonlyMap<Arithmetic, Bounds>;
}

export interface Expected {
  readonly answers: Answers;
  readonly bounds: Bounds;
}

const known = new Map<string, Known>();

export function expectedOf(name: string, call: Call, target: Target): Expected {
  const { answers, bounds } = known.get(name) ?? workedOut(call);
  known.set(name, { answers, bounds });
  const own = bounds.get(arithmeticOf(target)) ?? bounds.get(kernelArithmetic);
  if (!own) throw new Error(`no bounds for ${name}`);
  return { answers, bounds: own };
}

/** Pairs of bfloat16 have an arithmetic of their own; without bfloat16 it is that of all kernels. */
function workedOut(call: Call): Known {
  const answers = oracle(call);
  const { bounds } = textbook(call);
  const asked = (arithmetic: Arithmetic): Bounds => Object.fromEntries(Object.entries(bounds(arithmetic)).filter(([of]) => of in answers));
  const needed = [kernelArithmetic, referenceArithmetic, ...(inBfloat16(call) ? [pairArithmetic] : [])];
  return { answers, bounds: new Map(needed.map((arithmetic) => [arithmetic, asked(arithmetic)])) };
}

function inBfloat16(call: Call): boolean {
  return (call.op === 'matmul' && call.a.dtype === 'bfloat16') || (call.op === 'attention' && call.q.dtype === 'bfloat16');
}
