/**
 * What is used of onnxruntime-node, onnxruntime-web and protobufjs, whose own types are there only once they are installed; and what a
 * graph of ours is made of.
 * @module
 */

export type ElementType = 'float32' | 'int32' | 'int64' | 'bool';
export type Data = Float32Array | Int32Array | BigInt64Array | Uint8Array;

export interface Value {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
}

export interface Filled extends Value {
  readonly data: Data;
}

/** A call of an operator. */
export interface Node {
  readonly operator: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
  /** Names in the order in which the operator takes them; '' is one that is left out. */
  readonly takes: readonly string[];
  /** Names of its results, one of them 'output' in the end. */
  readonly gives: readonly string[];
}

/** Nodes and what goes in and out of them. */
export interface ModelParts {
  readonly nodes: readonly Node[];
  readonly inputs: readonly Value[];
  /** Initializers: known when the session is made, so that it may pack them. */
  readonly constants?: readonly Filled[];
  readonly outputs: readonly Value[];
}

/** A graph with its inputs, and how its output is read as the cases are laid out. */
export interface Graph extends Omit<ModelParts, 'inputs'> {
  readonly inputs: readonly Filled[];
  readonly read?: (output: Float32Array) => Float32Array;
}

export interface OrtTensor {
  readonly data: Data;
}

export interface OrtSession {
  run(feeds: Record<string, OrtTensor>, fetches: readonly string[]): Promise<Record<string, OrtTensor>>;
  release(): Promise<void>;
}

export interface Ort {
  readonly Tensor: new (type: ElementType, data: Data, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: { create(model: Uint8Array, options: Record<string, unknown>): Promise<OrtSession> };
  readonly env: { logLevel?: string; readonly wasm: { numThreads?: number; proxy?: boolean } };
}

interface ProtobufType {
  fromObject(object: Record<string, unknown>): object;
  encode(message: object): { finish(): Uint8Array };
}

export interface Protobuf {
  readonly Root: { fromJSON(descriptor: unknown): { lookupType(name: string): ProtobufType } };
}
