// @ts-check
/**
 * The roofs, measured while the comparison runs: what the machine gives moves within minutes, so the probes stand ready beside
 * it and are asked right before and after the rows that they are held against.
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onPath, run } from '../scripts/run/command.mjs';
import { root } from '../scripts/run/root.mjs';
import { incremental } from '../scripts/run/stamp.mjs';
import { wasmFlags } from '../scripts/toolchain/wasm-flags.mjs';
import { median } from './percentile.mjs';

/** @import { Peak, Roof } from './types.js' */

const sources = join(dirname(fileURLToPath(import.meta.url)), 'probes');
const program = join(root, '.cache/probes/probe');

/** A process that answers one line of JSON to one line of words, and sleeps in between. */
class Probe {
  #child;
  #answers;

  /** @param {string} command @param {readonly string[]} args */
  constructor(command, args) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true }); // Ctrl-C is the parent's
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#child.stdin.on('error', () => {}); // its end is seen where the answer is missing
  }

  /** @param {string} question @returns {Promise<Record<string, unknown>>} */
  async ask(question) {
    this.#child.stdin.write(`${question}\n`);
    const { value } = await this.#answers.next();
    if (value === undefined) throw new Error(`a probe ended at "${question}"`);
    const answer = JSON.parse(value);
    if (answer.error) throw new Error(`probe "${question}": ${answer.error}`);
    return answer;
  }

  close() {
    this.#child.stdin.end();
  }
}

/**
 * What the comparison asks of the machine. Peaks that cannot be had are undefined.
 * @typedef {object} Probes
 * @property {readonly string[]} isa instruction sets found, best first; empty without a compiler
 * @property {string} made with what the native ones were compiled, or why there are none
 * @property {(roof: Roof, threads: number) => Promise<Peak | undefined>} multiplyAdd
 * @property {(threads: number) => Promise<Peak | undefined>} read
 * @property {() => void} close
 */

/**
 * @param {{ rounds: number, roundMs: number }} each how often and how long a probe runs each time it is asked
 * @returns {Promise<Probes>}
 */
export async function openProbes({ rounds, roundMs }) {
  const { made, native } = await openNative();
  const wasm = new Probe(process.execPath, [...wasmFlags(), join(sources, 'wasm-peak.mjs')]);
  const isa = native ? /** @type {string[]} */ ((await native.ask('isa')).isa) : [];
  return {
    isa,
    made,
    async multiplyAdd(roof, threads) {
      if (roof.startsWith('wasm '))
        return peakOf(await wasm.ask(`${roof.slice(5)} ${threads} ${rounds} ${roundMs}`).catch(() => undefined));
      return native && isa.includes(roof) ? peakOf(await native.ask(`fma ${roof} ${threads} ${rounds} ${roundMs}`)) : undefined;
    },
    read: async (threads) => (native ? peakOf(await native.ask(`read ${threads} ${rounds} ${roundMs}`)) : undefined),
    close() {
      native?.close();
      wasm.close();
    },
  };
}

/** @param {Record<string, unknown> | undefined} answer @returns {Peak | undefined} */
function peakOf(answer) {
  if (!answer) return undefined;
  const rounds = /** @type {number[]} */ (answer.rounds);
  return { unit: /** @type {Peak['unit']} */ (answer.unit), best: Math.max(...rounds), median: median(rounds) };
}

/** Compiles the native probe where it changed. */
async function openNative() {
  const compiler = process.env.CXX || onPath('c++', 'g++', 'clang++');
  if (!compiler)
    return { made: 'no C++ compiler: no native peaks, no bandwidth, no share of them (on Debian: apt-get install g++)', native: undefined };
  try {
    const [version = compiler] = (await run(compiler, ['--version'])).split('\n');
    const inputs = [relative(root, sources)];
    await incremental('probes', { inputs, outputs: [relative(root, program)], settings: version }, async () => {
      mkdirSync(dirname(program), { recursive: true });
      await run(compiler, ['-std=c++17', '-O3', '-pthread', join(sources, 'probe.cc'), '-o', program]);
    });
    return { made: version, native: new Probe(program, []) };
  } catch (error) {
    return {
      made: `the native probes did not compile, so there are no shares: ${/** @type {Error} */ (error).message}`,
      native: undefined,
    };
  }
}
