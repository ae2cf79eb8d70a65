/**
 * The header of a safetensors file, read as if somebody had made it to do harm: every number in it is held against the file and against the
 * others before anybody uses it.
 * @see https://github.com/huggingface/safetensors, "Format"
 * @module
 */
import { FoveaError, formatError } from '../errors.js';
import { list, received } from '../validate/describe.js';

/** A tensor's place: bytes of the file. */
export interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const op = 'readSafetensors';

/** What the format's own library takes. */
const longestHeader = 100_000_000;

const bitsOf: ReadonlyMap<string, number> = new Map([
  ...['F64', 'I64', 'U64', 'C64'].map((dtype) => [dtype, 64] as const),
  ...['F32', 'I32', 'U32'].map((dtype) => [dtype, 32] as const),
  ...['F16', 'BF16', 'I16', 'U16'].map((dtype) => [dtype, 16] as const),
  ...['I8', 'U8', 'BOOL', 'F8_E4M3', 'F8_E5M2', 'F8_E8M0', 'F8_E4M3FNUZ', 'F8_E5M2FNUZ'].map((dtype) => [dtype, 8] as const),
  ...['F6_E2M3', 'F6_E3M2'].map((dtype) => [dtype, 6] as const),
  ['F4', 4],
]);

/** Every tensor of the file, in the order of its bytes: no byte belongs to two, and none to nobody. @throws {FoveaError} ERR_FORMAT */
export function readHeader(file: Uint8Array): readonly Entry[] {
  const { text, end } = headerText(file);
  const header = parsed(text);
  const repeated = repeatedName(text);
  if (repeated !== undefined) throw formatError(op, `the header has the name ${received(repeated)} twice`, 'each name once');
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') checkMetadata(value);
    else entries.push(entryOf(name, value, end));
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkCovered(entries, end, file.length);
  return entries;
}

/** 8 bytes that say how long it is, little-endian, then the header itself. */
function headerText(file: Uint8Array): { text: string; end: number } {
  if (file.length < 8) throw formatError(op, `the file has ${file.length} bytes`, 'at least 8, the length of its header');
  const view = new DataView(file.buffer, file.byteOffset, 8);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  const most = Math.min(longestHeader, file.length - 8);
  if (length > most) throw formatError(op, `the header has ${length} bytes`, `at most ${most}`, `the file has ${file.length}`);
  const end = 8 + length;
  if (file[8] !== 0x7b || length === 0) throw formatError(op, 'the header begins with something else', "'{'");
  try {
    // A copy, since text of shared memory is refused in browsers.
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file.slice(8, end)), end };
  } catch (cause) {
    throw new FoveaError('ERR_FORMAT', `${op}: the header is no UTF-8`, { cause });
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text); // an object, since it begins with a brace
  } catch (cause) {
    throw new FoveaError('ERR_FORMAT', `${op}: the header is no JSON`, { cause });
  }
}

/** A name that some object of the text has twice, of which JSON.parse keeps the last. The text is known to be JSON. */
function repeatedName(text: string): string | undefined {
  const open: Set<string>[] = []; // the names of every object that has begun, none of arrays
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '{' || char === '[') open.push(new Set());
    else if (char === '}' || char === ']') open.pop();
    else if (char === '"') {
      const begin = at;
      for (at += 1; text[at] !== '"'; at++) if (text[at] === '\\') at += 1;
      let next = at + 1;
      while (text[next] === ' ' || text[next] === '\t' || text[next] === '\n' || text[next] === '\r') next += 1;
      if (text[next] !== ':') continue;
      const name: string = JSON.parse(text.slice(begin, at + 1));
      if (open.at(-1)?.has(name)) return name;
      open.at(-1)?.add(name);
    }
  }
  return undefined;
}

function checkMetadata(value: unknown): void {
  if (!isObject(value)) throw formatError(op, `__metadata__ is ${received(value)}`, 'an object of strings');
  for (const [name, text] of Object.entries(value))
    if (typeof text !== 'string') throw formatError(op, `__metadata__ has ${received(text)} as ${received(name)}`, 'a string');
}

function entryOf(name: string, value: unknown, headerEnd: number): Entry {
  const tensor = `tensor ${received(name)}`;
  if (!isObject(value)) throw formatError(op, `${tensor} is ${received(value)}`, '{ dtype, shape, data_offsets }');
  const { dtype, shape, data_offsets: offsets } = value;
  const bits = typeof dtype === 'string' ? bitsOf.get(dtype) : undefined;
  if (typeof dtype !== 'string' || bits === undefined)
    throw formatError(op, `${tensor} has dtype ${received(dtype)}`, `one of ${[...bitsOf.keys()].join(', ')}`);
  if (!isCounts(shape)) throw formatError(op, `${tensor} has shape ${quoted(shape)}`, 'a list of whole numbers from 0');
  if (!isCounts(offsets) || offsets.length !== 2)
    throw formatError(op, `${tensor} has data_offsets ${quoted(offsets)}`, 'two whole numbers from 0');
  const [begin = 0, end = 0] = offsets;
  const bytes = (shape.reduce((size, n) => size * n, 1) * bits) / 8;
  if (end - begin !== bytes)
    throw formatError(op, `${tensor} has data_offsets ${list(offsets)}`, `${bytes} bytes`, `it is ${dtype} ${list(shape)}`);
  return { name, dtype, shape, begin: headerEnd + begin, end: headerEnd + end };
}

/** Whether each begins where the one before it ends, and the last one ends with the file: neither overlaps nor holes. */
function checkCovered(entries: readonly Entry[], headerEnd: number, fileEnd: number): void {
  let end = headerEnd;
  for (const [i, entry] of entries.entries()) {
    if (entry.begin !== end) {
      const before = entries[i - 1];
      const where = before === undefined ? 'where the data does' : `where ${received(before.name)} ends`;
      throw formatError(op, `tensor ${received(entry.name)} begins at ${entry.begin - headerEnd}`, `${end - headerEnd}, ${where}`);
    }
    end = entry.end;
  }
  if (end !== fileEnd)
    throw formatError(op, `the file has ${fileEnd - headerEnd} bytes of data`, `${end - headerEnd}, those of its tensors`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0 && !Object.is(n, -0));
}

function quoted(value: unknown): string {
  return Array.isArray(value) ? list(value) : received(value);
}
