/**
 * A plan for whoever cannot see the wasm memory: what it reads of a block there is copied.
 * @module
 */
import type { Plan } from '../../plan/plan.js';
import { type Data, moved } from '../../plan/tensors.js';
import { outOfMemory } from '../status.js';
import { touched } from '../touched.js';
import type { Blocks } from './blocks.js';

export function copied(plan: Plan, blocks: Blocks): Plan {
  return moved(plan, (view, sizes, written) => {
    if (written || !blocks.holds(view.data)) return view;
    return { data: copyOf(plan, touched(plan, view, sizes)), offset: 0, strides: view.strides };
  });
}

function copyOf<D extends Data>(plan: Plan, part: D): D {
  try {
    return part.slice() as D;
  } catch (cause) {
    throw outOfMemory(plan, `no memory for a copy of ${part.byteLength} bytes that the worker cannot see`, cause);
  }
}
