/**
 * Shows what is being done, on stderr (stdout belongs to the program that runs at the end): a line that ticks on a terminal, plain lines elsewhere.
 */
const live = process.stderr.isTTY;

/**
 * Runs one step of work under its title.
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const begin = Date.now();
  const seconds = () => `${((Date.now() - begin) / 1000).toFixed(1)} s`;
  const timer = live
    ? setInterval(() => process.stderr.write(`\r\x1b[2K… ${title} (${seconds()})`), 200)
    : setInterval(() => say(`… ${title}: still at it after ${seconds()}`), 15_000);
  if (live) process.stderr.write(`… ${title}`);
  else say(`… ${title}`);
  const close = (mark) => say(`${live ? '\r\x1b[2K' : ''}${mark} ${title} (${seconds()})`);
  try {
    const result = await work();
    close('✓');
    return result;
  } catch (error) {
    close('✗');
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** Writes a line to stderr. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Runs the main function of a script that was started by name: a failure is printed in words, and ends in exit status 1.
 * @param {() => Promise<number | undefined>} main gives the exit status; undefined is 0
 */
export async function asProgram(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    process.stderr.write(`${error.name === 'Missing' ? error.message : (error.stack ?? error)}\n`);
    process.exitCode = 1;
  }
}
