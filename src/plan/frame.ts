/**
 * What an op's plan function works in and gives: the plan, what the caller gets once it has run, and all that they are made of. A sync
 * call gives its frame back for the next one; a promise twin, whose plan lives on, and a call that throws leave theirs to the collector.
 * @module
 */
import { type AnyRules, type CheckedOptions, GivenOptions } from '../validate/options.js';
import { Workspace } from '../validate/workspace.js';
import type { Floats, Plan, View } from './plan.js';
import { Spare } from './spare.js';

/** A plan in the making. */
export type Draft<P> = { -readonly [Field in keyof P]: P[Field] };

/** A tensor that a draft has yet to be told. */
export const noView: View<Floats> = { data: new Float32Array(0), offset: 0, strides: [] };

type Forgetful = Plan & {
  /** Lets go of the arrays that the plan holds itself, not by a tensor of the workspace. */
  forget(): void;
};

export class Frame<D extends Forgetful, R extends AnyRules, Result> extends Workspace {
  readonly plan: D;
  readonly givenOptions: GivenOptions<R>;
  readonly #spare: Spare<Frame<D, R, Result>>;
  #result: Result | undefined = undefined;

  constructor(plan: D, rules: R, spare: Spare<Frame<D, R, Result>>) {
    super();
    this.plan = plan;
    this.givenOptions = new GivenOptions(rules);
    this.#spare = spare;
  }

  get given(): CheckedOptions<R> {
    return this.givenOptions.checked;
  }

  get result(): Result {
    return this.#result as Result;
  }

  set result(result: Result) {
    this.#result = result;
  }

  /** For who needs neither plan nor result any more: the next call takes them, and what was given for this one is not kept. */
  done(): void {
    this.forget();
    this.givenOptions.forget();
    this.plan.forget();
    this.#result = undefined;
    this.#spare.giveBack(this);
  }
}

/** The frames of an op. */
export function frames<Result, D extends Forgetful, R extends AnyRules>(draft: () => D, rules: R): Spare<Frame<D, R, Result>> {
  const spare: Spare<Frame<D, R, Result>> = new Spare(() => new Frame<D, R, Result>(draft(), rules, spare));
  return spare;
}
