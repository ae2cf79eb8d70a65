/** Runs a test program that was compiled to WebAssembly: its stdout and its exit status are ours. Used by run.mjs. */
import { readFileSync } from 'node:fs';
import { argv } from 'node:process';
import { WASI } from 'node:wasi';

const [, , path = ''] = argv;
const wasi = new WASI({ version: 'preview1', args: [path], returnOnExit: true });
const { instance } = await WebAssembly.instantiate(readFileSync(path), wasi.getImportObject());
process.exitCode = wasi.start(instance);
