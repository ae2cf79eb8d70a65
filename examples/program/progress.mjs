/** How far the work is: a bar on a terminal, a line now and then elsewhere. On stderr, so that stdout holds the answers alone. */
import { Presets, SingleBar } from 'cli-progress';

/** Between two lines where there is no terminal. */
const secondsBetweenLines = 5;

/**
 * @typedef {{ advance: (count: number, note?: string) => void, stop: () => void }} Progress note: what there is to say of the work so far
 */

/**
 * @param {string} label what is done, such as "native avx2"
 * @param {number} total
 * @param {number} [done] of it, before
 * @returns {Progress}
 */
export function startProgress(label, total, done = 0) {
  const stream = process.stderr;
  return stream.isTTY && process.env.TERM !== 'dumb' ? startBar(label, total, done, stream) : startLines(label, total, done, stream);
}

/** @param {string} label @param {number} total @param {number} done @param {NodeJS.WriteStream} stream @returns {Progress} */
function startBar(label, total, done, stream) {
  const bar = new SingleBar(
    {
      stream,
      format: `${label} {bar} {value}/{total}{note}, {eta_formatted} left`,
      barsize: 30,
      clearOnComplete: true,
      // Most work blocks the event loop: a handler for Ctrl-C would wait for its end, the system's own does not. What yields has a handler of its own.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  bar.start(total, done, { note: '' });
  return {
    advance: (count, note) => bar.increment(count, { note: note === undefined ? '' : `, ${note}` }),
    stop: () => bar.stop(),
  };
}

/** @param {string} label @param {number} total @param {number} before @param {NodeJS.WriteStream} stream @returns {Progress} */
function startLines(label, total, before, stream) {
  let done = before;
  let last = performance.now();
  return {
    advance(count, note) {
      done += count;
      if (performance.now() - last < secondsBetweenLines * 1000) return;
      last = performance.now();
      stream.write(`${label}: ${done} of ${total}${note === undefined ? '' : `, ${note}`}\n`);
    },
    stop() {},
  };
}
