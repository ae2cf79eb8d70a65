/**
 * What is used of jax-js, whose own types are there only once it is installed.
 * @module
 */

/** Every use of an array takes it away; `ref` keeps it. */
export interface JaxArray {
  readonly ref: JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  blockUntilReady(): Promise<JaxArray>;
  dataSync(): Float32Array;
  dispose(): void;
}

export interface Jax {
  init(...devices: string[]): Promise<readonly string[]>;
  defaultDevice(device: string): string;
  jit(call: (...arrays: JaxArray[]) => JaxArray): (...arrays: JaxArray[]) => JaxArray;
  readonly numpy: { array(data: Float32Array | Int32Array): JaxArray; matmul(a: JaxArray, b: JaxArray): JaxArray };
  readonly nn: {
    softmax(x: JaxArray, axis: number): JaxArray;
    dotProductAttention(q: JaxArray, k: JaxArray, v: JaxArray, options: Readonly<Record<string, unknown>>): JaxArray;
  };
}
