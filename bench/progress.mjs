// @ts-check
/** How far a comparison is: one line that changes on a terminal, a line a row elsewhere; on stderr, so that stdout is the report's. */
import { Presets, SingleBar } from 'cli-progress';

/** @returns {{ onRow: (done: number, total: number, name: string) => void, stop: () => void }} */
export function startProgress() {
  if (!process.stderr.isTTY || process.env.TERM === 'dumb') {
    return {
      onRow: (done, total, name) => process.stderr.write(`${done + 1} of ${total}: ${name}\n`),
      stop() {},
    };
  }
  const bar = new SingleBar(
    // Ctrl-C is the comparison's: it prints what was measured.
    {
      stream: process.stderr,
      format: '{bar} {value}/{total} {name}',
      barsize: 20,
      clearOnComplete: true,
      hideCursor: true,
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  let started = false;
  return {
    onRow(done, total, name) {
      if (!started) bar.start(total, 0, { name });
      started = true;
      bar.update(done, { name });
    },
    stop() {
      if (started) bar.stop();
    },
  };
}
