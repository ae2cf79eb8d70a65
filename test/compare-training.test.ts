/**
 * The training steps of `npm run compare`: what they are held against is right itself, sees a gradient that is a little off, and what is measured
 * of TensorFlow.js' bookkeeping leaves its kernels as they were.
 */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { entriesOf } from '../bench/contenders.mjs';
import type { ConvnetCase, Entry, Inputs, TrainingCase, TranslationCase } from '../bench/types.js';

/** JavaScript of the comparison that its own tsconfig.json checks, by other rules about indices. */
interface Bench {
  inputsOf(item: TrainingCase): Inputs;
  weightsOf(item: TrainingCase): readonly (readonly [string, readonly number[]])[];
  translation(item: TrainingCase, inputs: Inputs): Learned;
  convnet(item: TrainingCase, inputs: Inputs): Learned;
  oracleOf(item: TrainingCase, inputs: Inputs, work: number): object;
  check(output: Float32Array, oracle: object): { readonly wrong?: string };
}

interface Learned {
  readonly loss: number;
  readonly gradients: Readonly<Record<string, Float64Array>>;
}

const files = ['inputs', 'training', 'oracle', 'oracle/translation', 'oracle/convnet'];
const modules = files.map((name): Promise<Partial<Bench>> => import(new URL(`../bench/${name}.mjs`, import.meta.url).href));
const { inputsOf, weightsOf, translation, convnet, oracleOf, check } = Object.assign({}, ...(await Promise.all(modules))) as Bench;

/** So short that no pixel passes the edge of a relu or a pool. */
const step = 1e-6;

const common = { bound: 'compute' } as const;
const sizes = { batch: 3, source: 5, target: 4, hidden: 6, embedding: 5, vocabulary: 7 };
const translates: TranslationCase = { ...common, ...sizes, name: 'a translation', op: 'translationStep' };
const classifies: ConvnetCase = { ...common, name: 'a convnet', op: 'convnetStep', shape: [2, 20, 23], filters: [3, 4, 5, 6], classes: 4 };
const models = [
  { item: translates, learn: translation },
  { item: classifies, learn: convnet },
];

const ours = (await entriesOf()).filter(({ contender }) => contender.name === 'fovea-tfjs');

/** The first of ours that this machine has. */
async function jobOf(item: TrainingCase) {
  for (const { contender, variant } of ours) {
    const session = await opened(contender, variant.name);
    if (session) return session.prepare(item, inputsOf(item));
  }
  throw new Error('no target of fovea-tfjs runs here');
}

async function opened(contender: Entry['contender'], variant: string) {
  try {
    return await contender.open(variant, 1);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BACKEND') return undefined;
    throw error;
  }
}

describe.each(models)('$item.name', ({ item, learn }) => {
  it('has the gradients that its loss says', () => {
    const inputs = inputsOf(item);
    const { gradients } = learn(item, inputs);
    for (const [name] of weightsOf(item)) {
      const weights = inputs[name] as Float32Array;
      for (const place of [0, Math.floor(weights.length / 2), weights.length - 1]) {
        const at = (by: number) => {
          const moved = Float32Array.from(weights);
          moved[place] = (moved[place] ?? 0) + by;
          return { where: moved[place], loss: learn(item, { ...inputs, [name]: moved }).loss };
        };
        const [less, more] = [at(-step), at(step)];
        const slope = (more.loss - less.loss) / (more.where - less.where);
        expect(Math.abs(slope - (gradients[name]?.[place] ?? Number.NaN)), `${name}[${place}]`).toBeLessThan(1e-6);
      }
    }
  });

  it('is seen to be wrong with one gradient a thousandth too large, or weights that stay as they are', async () => {
    const inputs = inputsOf(item);
    const job = await jobOf(item);
    await job.run();
    const output = job.output();
    await job.dispose?.();
    const oracle = oracleOf(item, inputs, 1);
    expect(check(output, oracle)).not.toHaveProperty('wrong');
    const count = (output.length - 1) / 2;
    let begin = 1;
    for (const [name, shape] of weightsOf(item)) {
      const end = begin + shape.reduce((product, size) => product * size, 1);
      const larger = output.map((value, i) => (i >= begin && i < end ? 1.001 * value : value));
      expect({ name, ...check(larger, oracle) }).toHaveProperty('wrong');
      const still = output.slice();
      still.set(inputs[name] as Float32Array, count + begin);
      expect({ name, ...check(still, oracle) }).toHaveProperty('wrong');
      begin = end;
    }
  });

  it('tells what share of its time is no kernel’s, and goes on as before', async () => {
    const job = await jobOf(item);
    const kernel = () => tf.getKernel('MaxPool', 'fovea')?.kernelFunc ?? tf.getKernel('Softmax', 'fovea')?.kernelFunc;
    await job.run();
    const before = { output: job.output(), kernel: kernel() };
    const share = job.outside?.();
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThan(1);
    await job.run();
    expect(job.output()[0]).toBe(before.output[0]);
    expect(kernel()).toBe(before.kernel);
    await job.dispose?.();
  });
});
