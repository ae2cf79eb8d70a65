/**
 * What is used of TensorFlow.js, whose own types are there only once it is installed.
 * @module
 */

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
  mul(a: TfTensor, b: number): TfTensor;
  add(a: TfTensor, b: TfTensor): TfTensor;
  transpose(x: TfTensor): TfTensor;
  reshape(x: TfTensor, shape: readonly number[]): TfTensor;
}

export interface TfjsWasm {
  readonly version_wasm: string;
  setWasmPaths(folder: string): void;
}
