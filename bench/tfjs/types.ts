/**
 * What is used of TensorFlow.js by the older jobs; those that train take its own types, which come with this checkout's copy.
 * @module
 */
import type { Tensor } from '@tensorflow/tfjs-core';

export interface TfTensor {
  dataSync(): Float32Array;
  dispose(): void;
}

export interface Tfjs {
  getBackend(): string;
  setBackend(name: string): Promise<boolean>;
  engine(): { startScope(): void; endScope(): void };
  readonly version_core: string;
  tensor(data: Float32Array, shape: readonly number[]): TfTensor;
  tidy<T extends TfTensor | readonly TfTensor[]>(work: () => T): T;
  matMul(a: TfTensor, b: TfTensor, transposeA?: boolean, transposeB?: boolean): TfTensor;
  softmax(x: TfTensor, axis?: number): TfTensor;
  mul(a: TfTensor, b: TfTensor | number): TfTensor;
  add(a: TfTensor, b: TfTensor | number): TfTensor;
  sub(a: TfTensor, b: TfTensor): TfTensor;
  square(x: TfTensor): TfTensor;
  rsqrt(x: TfTensor): TfTensor;
  erf(x: TfTensor): TfTensor;
  relu(x: TfTensor): TfTensor;
  tanh(x: TfTensor): TfTensor;
  sigmoid(x: TfTensor): TfTensor;
  neg(x: TfTensor): TfTensor;
  mean(x: TfTensor, axis: number | readonly number[], keepDims: boolean): TfTensor;
  max(x: TfTensor, axis: number, keepDims: boolean): TfTensor;
  concat(parts: readonly TfTensor[], axis: number): TfTensor;
  split(x: TfTensor, parts: number, axis: number): TfTensor[];
  conv2d(x: TfTensor, kernel: TfTensor, strides: number, pad: 'same'): TfTensor;
  transpose(x: TfTensor): TfTensor;
  reshape(x: TfTensor, shape: readonly number[]): TfTensor;
}

/** What is used of the converter, whose types come with it. */
export interface TfjsConverter {
  loadGraphModel(from: { load(): Promise<object> }): Promise<{
    executeAsync(inputs: Readonly<Record<string, Tensor>>): Promise<Tensor | Tensor[]>;
    dispose(): void;
  }>;
}

export interface TfjsWasm {
  readonly version_wasm: string;
  setWasmPaths(folder: string): void;
}
