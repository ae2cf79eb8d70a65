/**
 * The parts that are built, in the order in which `npm start` and `npm test` build them.
 */
import { buildDist, distFiles } from './build.mjs';
import { addonFiles, buildNative } from './build-native.mjs';
import { buildWasm, wasmFiles } from './build-wasm.mjs';

export const parts = [
  { name: 'native backend', make: buildNative, outputs: addonFiles },
  { name: 'WebAssembly backend', make: buildWasm, outputs: wasmFiles },
  { name: 'library', make: buildDist, outputs: distFiles },
];
