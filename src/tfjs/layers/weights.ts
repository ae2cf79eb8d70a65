/**
 * What the weights of a layer begin as and are held to: by the arguments that `tf.layers.dense` takes.
 * @module
 */
import { type LayerVariable, layers } from '@tensorflow/tfjs-layers';
import { FoveaError } from '../../errors.js';

type DenseArgs = Parameters<typeof layers.dense>[0];

/** What every layer of TensorFlow.js takes: `name`, `trainable`, … */
export type LayerArgs = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;

/** Of kernels and biases, as `tf.layers.dense` takes them; kernels begin as `'glorotUniform'`, as in Keras, biases at 0. */
export type WeightArgs = Pick<
  DenseArgs,
  'kernelInitializer' | 'biasInitializer' | 'kernelRegularizer' | 'biasRegularizer' | 'kernelConstraint' | 'biasConstraint'
>;

const argNames = [
  'kernelInitializer',
  'biasInitializer',
  'kernelRegularizer',
  'biasRegularizer',
  'kernelConstraint',
  'biasConstraint',
] as const satisfies readonly (keyof WeightArgs)[];

/** How a layer of TensorFlow.js makes a weight: name, shape, dtype, initializer, regularizer, trainable, constraint. */
type AddWeight = (name: string, shape: number[], ...rest: never[]) => LayerVariable;

/** What a name or a configuration of an initializer, a regularizer or a constraint stands for is known to the layers of TensorFlow.js alone: one of them is asked. */
export class Weights {
  readonly #dense: layers.Layer;

  constructor(args: WeightArgs) {
    const own = Object.fromEntries(argNames.map((name) => [name, args[name]]));
    own.kernelInitializer ??= 'glorotUniform';
    this.#dense = layers.dense({ ...own, units: 1, name: 'weights' }); // a name: the layers of the model are numbered without it
  }

  /** A new weight of the layer whose `addWeight` this is. */
  kernel(addWeight: AddWeight, name: string, shape: readonly number[]): LayerVariable {
    return this.#make('kernel', addWeight, name, shape);
  }

  bias(addWeight: AddWeight, name: string, shape: readonly number[]): LayerVariable {
    return this.#make('bias', addWeight, name, shape);
  }

  #make(kind: 'kernel' | 'bias', addWeight: AddWeight, name: string, shape: readonly number[]): LayerVariable {
    const known = this.#dense as unknown as Readonly<Record<string, never>>;
    const rest = [known[`${kind}Initializer`], known[`${kind}Regularizer`], true, known[`${kind}Constraint`]];
    return addWeight(name, [...shape], 'float32' as never, ...(rest as never[]));
  }

  /** For `getConfig`. */
  config(): ReturnType<layers.Layer['getConfig']> {
    const all = this.#dense.getConfig();
    return Object.fromEntries(argNames.map((name) => [name, all[name] ?? null]));
  }
}

/** What a layer has once it is built. @throws {FoveaError} ERR_OPTION before */
export function builtOf<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw new FoveaError('ERR_OPTION', `${name}: is not built, expected a call of apply or build before`);
  return value;
}
