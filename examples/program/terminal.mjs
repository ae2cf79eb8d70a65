/** What every example shows on a terminal: its colours, and what computes. */
import picocolors from 'picocolors';

/** On a terminal only: picocolors itself also colours what a CI server collects. */
export const colors = picocolors.createColors(picocolors.isColorSupported && process.stdout.isTTY === true);

/** The chosen backend, and what kept each better one out. @param {import('fovea').BackendInfo} info */
export function formatBackend({ name, target, reason, rejected }) {
  const kept = rejected.map(({ name, target, error }) => `not ${[name, target].filter(Boolean).join(' ')}: ${error.message}`);
  return [`${colors.bold(`${name} (${target})`)}: ${reason}`, ...kept.map((line) => colors.dim(line))].join('\n');
}

/** What is said before the work begins, on stderr. @param {string} work such as "embedding 12 paragraphs" @param {import('fovea').BackendInfo} info */
export function announce(work, { name, target }) {
  const slow = name === 'reference' ? '; this is the slow one, in plain JavaScript: minutes, not seconds' : '';
  process.stderr.write(`${work} on ${name} (${target})${slow}\n`);
}
