// @ts-check
/**
 * Measures the most that WebAssembly can multiply and add on one core, or on several at once (each worker times itself), answering one command a line as probe.cc does:
 *
 *   simd <threads> <rounds> <milliseconds>            f32x4.mul and f32x4.add
 *   relaxed-simd <threads> <rounds> <milliseconds>    f32x4.relaxed_madd (needs --experimental-wasm-relaxed-simd on Node 20)
 *
 * Engines differ in which loop they turn into the best machine code, so each name has one or more and a round's figure is that
 * of the fastest. The modules are written here byte by byte, so that the probe needs no compiler. bench/probes.mjs asks it.
 */
import { createInterface } from 'node:readline';
import { parentPort, Worker } from 'node:worker_threads';

const i32 = 0x7f;
const v128 = 0x7b;
const stepsPerCall = 100_000;

/** @param {number} value */
function unsigned(value) {
  const bytes = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** @param {number} value */
function signed(value) {
  const bytes = [];
  for (let rest = value; ; rest >>= 7) {
    if (rest >= -64 && rest < 64) return [...bytes, rest & 0x7f];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** @param {number} id @param {number[]} content */
const section = (id, content) => [id, ...unsigned(content.length), ...content];
/** @param {number} index */
const get = (index) => [0x20, ...unsigned(index)];
/** @param {number} index */
const set = (index) => [0x21, ...unsigned(index)];
/** @param {number} opcode */
const simd = (opcode) => [0xfd, ...unsigned(opcode)];
/** A v128 whose four lanes are the float. @param {number} value */
const splat = (value) => [0x43, ...new Uint8Array(Float32Array.of(value).buffer), ...simd(0x13)];

/** 1, 2, … n. @param {number} n */
const upTo = (n) => Array.from({ length: n }, (_, index) => index + 1);

/**
 * `(func (export "run") (param $steps i32) (result f32))` around the given loop body; local 0 counts the steps down, the
 * vector locals 1 … vectors start near 1, and the sum of the first lanes is returned so that nothing can be left out.
 * @param {number} vectors
 * @param {number[]} body
 */
function moduleOf(vectors, body) {
  const locals = upTo(vectors);
  const code = [
    ...locals.flatMap((local) => [...splat(1 + local / 1000), ...set(local)]),
    ...[0x03, 0x40], // loop
    ...body,
    ...[...get(0), 0x41, ...signed(1), 0x6b, 0x22, 0, 0x0d, 0], // br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))
    0x0b,
    ...[0x43, 0, 0, 0, 0],
    ...locals.flatMap((local) => [...get(local), ...simd(0x1f), 0, 0x92]), // f32.add (f32x4.extract_lane 0 …)
    0x0b,
  ];
  const func = [1, ...unsigned(vectors), v128, ...code];
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, i32, 1, 0x7d]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [1, 3, ...Buffer.from('run'), 0, 0]),
    ...section(10, [1, ...unsigned(func.length), ...func]),
  ]);
}

/** Chains a = a·x + y, a product and a sum after each other: so many that they hide each other's waiting. */
function chains() {
  const sums = 12;
  const [x, y] = [sums + 1, sums + 2];
  const step = (/** @type {number} */ sum) => [...get(sum), ...get(x), ...simd(0xe6), ...get(y), ...simd(0xe4), ...set(sum)];
  return { flopsPerStep: 2 * 4 * sums, bytes: moduleOf(y, upTo(sums).flatMap(step)) };
}

/** As in a matmul, sums that wait for themselves alone: b is loaded anew for every two of them and multiplied by two factors. */
function tile() {
  const sums = 7;
  const [firstFactor, b] = [sums + 1, sums + 3];
  const load = (/** @type {number} */ sum) => [
    ...[...get(0), 0x41, ...signed(0x3f0), 0x71], // i32.and (local.get 0) (i32.const 0x3f0)
    ...[...simd(0), 4, ...unsigned(16 * sum), ...set(b)], // v128.load
  ];
  const step = (/** @type {number} */ sum) => [
    ...(sum % 2 === 1 ? load(sum) : []),
    ...[...get(sum), ...get(b), ...get(firstFactor + (sum % 2)), ...simd(0xe6), ...simd(0xe4), ...set(sum)],
  ];
  return { flopsPerStep: 2 * 4 * sums, bytes: moduleOf(b, upTo(sums).flatMap(step)) };
}

/** Sums a = x·y + a, fused. */
function fusedChains() {
  const sums = 12;
  const [x, y] = [sums + 1, sums + 2];
  const step = (/** @type {number} */ sum) => [...get(x), ...get(y), ...get(sum), ...simd(0x105), ...set(sum)];
  return { flopsPerStep: 2 * 4 * sums, bytes: moduleOf(y, upTo(sums).flatMap(step)) };
}

/** Returns the flops that one call does. @param {{ flopsPerStep: number, bytes: Uint8Array<ArrayBuffer> }} module */
function loopOf({ flopsPerStep, bytes }) {
  const run = /** @type {Function} */ (new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.run);
  const loop = () => {
    run(stepsPerCall);
    return flopsPerStep * stepsPerCall;
  };
  for (let call = 0; call < 30; call++) loop(); // until the optimising compiler has had its turn
  return loop;
}

const loops = new Map(
  Object.entries({ simd: [chains(), tile()], 'relaxed-simd': [fusedChains()] })
    .filter(([, modules]) => modules.every(({ bytes }) => WebAssembly.validate(bytes)))
    .map(([name, modules]) => [name, modules.map(loopOf)]),
);

/** @param {() => number} run @param {number} milliseconds */
function round(run, milliseconds) {
  let flops = 0;
  const begin = performance.now();
  let elapsed = 0;
  do {
    flops += run();
    elapsed = performance.now() - begin;
  } while (elapsed < milliseconds);
  return flops / elapsed / 1e6;
}

/** @param {string} name @param {number} rounds @param {number} milliseconds @returns {number[] | undefined} GFLOP/s of each round */
function roundsOf(name, rounds, milliseconds) {
  const forms = loops.get(name);
  return forms && upTo(rounds).map(() => Math.max(...forms.map((form) => round(form, milliseconds / forms.length))));
}

/** @type {Worker[]} kept for the next question; they sleep in between */
const workers = [];

/** The same on every thread; they start together, and each round is their sum. @param {number} threads @param {[string, number, number]} question */
async function onThreads(threads, question) {
  while (workers.length < threads - 1) {
    const worker = new Worker(new URL(import.meta.url));
    worker.unref();
    workers.push(worker);
  }
  const waiting = new Int32Array(new SharedArrayBuffer(4)).fill(threads);
  const answers = workers.slice(0, threads - 1).map((worker) => {
    worker.postMessage({ question, waiting });
    return new Promise((resolve) => worker.once('message', resolve));
  });
  const own = together(waiting, question);
  const all = [own, ...(await Promise.all(answers))];
  return own?.map((_, index) => all.reduce((sum, rounds) => sum + rounds[index], 0));
}

/** Waits, busily, for the others to come. @param {Int32Array} waiting @param {[string, number, number]} question */
function together(waiting, question) {
  Atomics.sub(waiting, 0, 1);
  while (Atomics.load(waiting, 0) > 0);
  return roundsOf(...question);
}

if (parentPort) {
  parentPort.on('message', ({ question, waiting }) => parentPort?.postMessage(together(waiting, question)));
} else {
  for await (const line of createInterface({ input: process.stdin })) {
    const [name = '', threads, rounds, milliseconds] = line.split(' ');
    const figures = await onThreads(Number(threads), [name, Number(rounds), Number(milliseconds)]);
    process.stdout.write(`${JSON.stringify(figures ? { unit: 'GFLOP/s', rounds: figures } : { error: `no ${name} in this engine` })}\n`);
  }
}
