/**
 * Whether a stream gets colours: NO_COLOR (https://no-color.org) and FORCE_COLOR say so, else a terminal does. picocolors itself also colours what a CI
 * server collects.
 * @module
 */
import picocolors from 'picocolors';

export function hasColours(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR) return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return stream.isTTY === true && TERM !== 'dumb';
}

/** For stdout. */
export const colours = picocolors.createColors(hasColours(process.stdout));
