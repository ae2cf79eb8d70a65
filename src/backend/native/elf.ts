/**
 * The few fields of a Linux binary that decide whether it may be loaded. The system's loader maps a file by its headers alone, and one
 * that was cut short then kills the process with SIGBUS: so this is asked first.
 * Format: System V ABI, "ELF header", "Program header".
 * @module
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const machines: Readonly<Record<number, string>> = {
  3: 'ia32',
  8: 'mips',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};
const headerBytes = 64;
const programHeaderBytes = 56;
const ptLoad = 1;
const ptInterp = 3;

export interface Elf {
  /** As in `process.arch`. */
  readonly arch: string;
  /** The loader it asks for ('/lib/ld-musl-x86_64.so.1'); '' in a library. */
  readonly interpreter: string;
  readonly bytes: number;
  /** What its headers speak of: more than `bytes` when the file was cut short. */
  readonly bytesNeeded: number;
}

/** @throws {Error} when the file cannot be read or is no 64-bit little-endian ELF file */
export function readElf(path: string): Elf {
  const file = openSync(path, 'r');
  try {
    const bytes = fstatSync(file).size;
    const header = read(file, 0, headerBytes);
    if (header.length < headerBytes || header.readUInt32BE(0) !== 0x7f454c46 || header[4] !== 2 || header[5] !== 1) {
      throw new Error(`${path} is no 64-bit ELF file: damaged, or made for another platform`);
    }
    const sectionsEnd = Number(header.readBigUInt64LE(40)) + header.readUInt16LE(58) * header.readUInt16LE(60);
    let bytesNeeded = Math.max(headerBytes, sectionsEnd);
    let interpreter = '';
    for (const segment of segments(file, header)) {
      bytesNeeded = Math.max(bytesNeeded, segment.end);
      if (segment.type === ptInterp)
        interpreter = read(file, segment.start, segment.end - segment.start)
          .toString('latin1')
          .replace(/\0.*$/s, '');
    }
    const machine = header.readUInt16LE(18);
    return { arch: machines[machine] ?? `machine ${machine}`, interpreter, bytes, bytesNeeded };
  } finally {
    closeSync(file);
  }
}

/** Where the file's PT_LOAD and PT_INTERP segments lie in it. */
function segments(file: number, header: Buffer): { type: number; start: number; end: number }[] {
  const count = header.readUInt16LE(56);
  const table = Number(header.readBigUInt64LE(32));
  const found = [{ type: 0, start: table, end: table + count * programHeaderBytes }];
  for (let i = 0; i < count; i += 1) {
    const entry = read(file, table + i * programHeaderBytes, programHeaderBytes);
    if (entry.length < programHeaderBytes) break;
    const type = entry.readUInt32LE(0);
    const start = Number(entry.readBigUInt64LE(8));
    if (type === ptLoad || type === ptInterp) found.push({ type, start, end: start + Number(entry.readBigUInt64LE(32)) });
  }
  return found;
}

function read(file: number, position: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  return buffer.subarray(0, readSync(file, buffer, 0, bytes, position));
}
