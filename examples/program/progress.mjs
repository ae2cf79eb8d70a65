/** How far the work is: a bar on a terminal, a line now and then elsewhere. On stderr, so that stdout holds the answers alone. */
import { Presets, SingleBar } from 'cli-progress';

/** Between two lines where there is no terminal. */
const secondsBetweenLines = 5;

/**
 * @typedef {{ advance: (count: number) => void, stop: () => void }} Progress
 */

/**
 * @param {string} label what is done, such as "native avx2"
 * @param {number} total
 * @param {NodeJS.WriteStream} [stream]
 * @returns {Progress}
 */
export function startProgress(label, total, stream = process.stderr) {
  return stream.isTTY && process.env.TERM !== 'dumb' ? startBar(label, total, stream) : startLines(label, total, stream);
}

/** @param {string} label @param {number} total @param {NodeJS.WriteStream} stream @returns {Progress} */
function startBar(label, total, stream) {
  const bar = new SingleBar(
    {
      stream,
      format: `${label} {bar} {value}/{total}, {eta_formatted} left`,
      barsize: 30,
      clearOnComplete: true,
      // The work blocks the event loop: a handler for Ctrl-C would wait for its end, the system's own does not.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return { advance: (count) => bar.increment(count), stop: () => bar.stop() };
}

/** @param {string} label @param {number} total @param {NodeJS.WriteStream} stream @returns {Progress} */
function startLines(label, total, stream) {
  let done = 0;
  let last = performance.now();
  return {
    advance(count) {
      done += count;
      if (performance.now() - last < secondsBetweenLines * 1000) return;
      last = performance.now();
      stream.write(`${label}: ${done} of ${total}\n`);
    },
    stop() {},
  };
}
