/**
 * Flags that let this Node run every wasm build: Node 20 hides relaxed SIMD behind one, later ones have it on, and a Node that does not
 * know the flag would not start with it. Used by the test and comparison runners for the processes they start.
 */
import { spawnSync } from 'node:child_process';

/** The smallest module with a relaxed SIMD instruction: (func (result v128) … i32x4.relaxed_trunc_f32x4_s), as bytes. */
const relaxedSimdModule = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7b, 3, 2, 1, 0],
  ...[10, 15, 1, 13, 0, 0x41, 1, 0xfd, 15, 0x41, 2, 0xfd, 15, 0xfd, 0x80, 2, 11],
);

/** @returns {string[]} for `execArgv` of a child process */
export function wasmFlags() {
  const flag = '--experimental-wasm-relaxed-simd';
  return !WebAssembly.validate(relaxedSimdModule) && knowsFlag(flag) ? [flag] : [];
}

function knowsFlag(flag) {
  return spawnSync(process.execPath, [flag, '-e', '0'], { stdio: 'ignore' }).status === 0;
}
