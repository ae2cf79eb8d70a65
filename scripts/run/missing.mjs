/**
 * What a build could not find on this machine. `npm start` prints it and goes on with what there is, `npm test` fails with the same words.
 */
export class Missing extends Error {
  /**
   * @param {{ what: string, why: string, how: string, cause?: unknown }} words what is not there, why it matters, how to get it
   */
  constructor({ what, why, how, cause }) {
    super(`Missing: ${what}\n  why it matters: ${why}\n  how to get it:  ${how}`, { cause });
    this.name = 'Missing';
  }
}
