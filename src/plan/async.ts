/**
 * What a promise twin adds to its op: its own two options, and a plan whose memory nobody else can change meanwhile.
 * @module
 */
import { FoveaError, optionError } from '../errors.js';
import type { AsyncOptions } from '../types.js';
import * as rule from '../validate/options.js';
import { extentOf } from '../validate/tensor.js';
import type { Plan } from './plan.js';
import { alike, type Data, moved } from './tensors.js';

const rules = {
  signal: rule.signal,
  copy: rule.boolean,
} satisfies rule.Rules<AsyncOptions>;

/** A twin's options, taken apart. */
export interface SplitOptions {
  /** For the plan of the op itself, which judges them. */
  readonly own: unknown;
  readonly signal: AbortSignal | undefined;
  readonly copy: boolean;
}

export function splitOptions(op: string, options: unknown): SplitOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return { own: options, signal: undefined, copy: true };
  const all: Record<string, unknown> = {};
  for (const name in options) all[name] = (options as Readonly<Record<string, unknown>>)[name]; // inherited ones too, as in the op
  const { signal, copy, ...own } = all;
  const given = rule.checkOptions(op, { signal, copy }, rules);
  return { own, signal: given.signal, copy: given.copy ?? true };
}

/**
 * The plan with its inputs copied (the stretch that a view touches, no more; what inputs share is copied once), or with its
 * inputs borrowed. `out` is always the caller's. A cache's blocks, the panels of a packed matrix and the
 * sines of a rotation are nobody else's.
 * @throws {FoveaError} ERR_OPTION for borrowed memory that could shrink under a kernel
 */
export function ownMemory<P extends Plan>(op: string, plan: P, copy: boolean): P {
  refuseResizable(op, plan, copy);
  if (!copy) return plan;
  const kept = new Set<Data>(keptBy(plan));
  const stretches: Stretch[] = [];
  moved(plan, (view, sizes, written) => {
    if (!written && !kept.has(view.data)) addStretch(stretches, stretchOf(view.data, view.offset, extentOf(sizes, view.strides)));
    return view;
  });
  for (const stretch of stretches) stretch.copy = copyOf(op, stretch);
  return moved(plan, (view, sizes, written) => {
    if (written || kept.has(view.data)) return view;
    const { buffer, begin, end } = stretchOf(view.data, view.offset, extentOf(sizes, view.strides));
    const stretch = stretches.find((other) => other.buffer === buffer && other.begin <= begin && end <= other.end);
    const byteOffset = begin - (stretch?.begin ?? 0);
    return {
      data: alike(view.data, stretch?.copy ?? new ArrayBuffer(0), byteOffset, (end - begin) / view.data.BYTES_PER_ELEMENT),
      offset: 0,
      strides: view.strides,
    };
  });
}

function keptBy(plan: Plan): Data[] {
  if (plan.op === 'cacheAttention') return plan.rows.flatMap(({ blocks }) => blocks);
  if (plan.op === 'matmul' && 'panelColumns' in plan.b) return plan.b.scales ? [plan.b.data, plan.b.scales] : [plan.b.data];
  return plan.op === 'rotary' ? [plan.table.data] : [];
}

/** Bytes of one buffer. */
interface Stretch {
  readonly buffer: ArrayBufferLike;
  readonly begin: number;
  readonly end: number;
  copy?: ArrayBuffer;
}

function stretchOf(data: Data, offset: number, elements: number): Stretch {
  const begin = elements === 0 ? 0 : data.byteOffset + offset * data.BYTES_PER_ELEMENT;
  return { buffer: data.buffer, begin, end: begin + elements * data.BYTES_PER_ELEMENT };
}

/** Joins a stretch with all that it meets: query, key and value are often columns of one matrix, or one tensor thrice. */
function addStretch(stretches: Stretch[], added: Stretch): void {
  let { buffer, begin, end } = added;
  for (let i = stretches.length - 1; i >= 0; i--) {
    const other = stretches[i];
    if (other === undefined || other.buffer !== buffer || other.begin > end || begin > other.end) continue;
    begin = Math.min(begin, other.begin);
    end = Math.max(end, other.end);
    stretches.splice(i, 1);
  }
  // From a multiple of 8 on, so that an array of any kind is as aligned in the copy as it was.
  stretches.push({ buffer, begin: begin - (begin % 8), end });
}

function copyOf(op: string, { buffer, begin, end }: Stretch): ArrayBuffer {
  const copy = emptyCopy(op, end - begin);
  new Uint8Array(copy).set(new Uint8Array(buffer, begin, end - begin));
  return copy;
}

function emptyCopy(op: string, bytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch (cause) {
    throw new FoveaError('ERR_OUT_OF_MEMORY', `${op}: no memory for a copy of ${bytes} bytes of its inputs (copy: false borrows them)`, {
      cause,
    });
  }
}

function refuseResizable(op: string, plan: Plan, copy: boolean): void {
  moved(plan, (view, _sizes, written) => {
    const { buffer } = view.data;
    if ((written || !copy) && 'resizable' in buffer && buffer.resizable === true) {
      const advice = written ? undefined : 'copy: true takes inputs from there';
      throw optionError(
        op,
        written ? 'out' : 'copy',
        `${written ? '' : 'false with an input '}in a resizable ArrayBuffer`,
        'memory that cannot shrink while the call runs',
        advice,
      );
    }
    return view;
  });
}
