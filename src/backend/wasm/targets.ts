/**
 * The wasm builds, best first, and how to ask an engine whether it takes them: each probe is the smallest module with an instruction
 * of the kind. Never judged by a version.
 * @module
 */

export interface WasmTarget {
  readonly name: 'relaxed-simd' | 'simd';
  /** What an engine lacks that refuses the probe. */
  readonly feature: string;
  readonly probe: Uint8Array<ArrayBuffer>;
}

const header = [0, 97, 115, 109, 1, 0, 0, 0] as const; // \0asm, version 1
const type = [1, 5, 1, 96, 0, 1, 123] as const; // (type (func (result v128)))
const func = [3, 2, 1, 0] as const; // (func (type 0) …
const zero = [67, 0, 0, 0, 0, 253, 19] as const; // f32.const 0  f32x4.splat

export const wasmTargets: readonly WasmTarget[] = [
  {
    name: 'relaxed-simd',
    feature: 'relaxed SIMD',
    // (module (func (result v128)
    //   (f32x4.relaxed_madd (f32x4.splat (f32.const 0)) (f32x4.splat (f32.const 0)) (f32x4.splat (f32.const 0)))))
    probe: Uint8Array.of(...header, ...type, ...func, 10, 28, 1, 26, 0, ...zero, ...zero, ...zero, 253, 133, 2, 11),
  },
  {
    name: 'simd',
    feature: '128-bit SIMD',
    // (module (func (result v128) (f32x4.splat (f32.const 0))))
    probe: Uint8Array.of(...header, ...type, ...func, 10, 11, 1, 9, 0, ...zero, 11),
  },
];

/** @throws {Error} where there is no WebAssembly at all */
export function requireWebAssembly(): void {
  if (typeof WebAssembly === 'undefined') throw new Error('there is no WebAssembly here');
}

/** @throws {Error} naming what the engine lacks */
export function requireFeature({ feature, probe }: WasmTarget): void {
  requireWebAssembly();
  if (!WebAssembly.validate(probe)) throw new Error(`WebAssembly has no ${feature} here`);
}
