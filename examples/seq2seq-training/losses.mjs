/** The losses of models that are trained beside each other, as a picture. */
import { drawCurves, smoothed } from '../training/curve.mjs';

/**
 * @param {{ title: string, unit: string }} of unit: what a loss is the mean of, such as "character"
 * @param {readonly { name: string, losses: readonly number[] }[]} trained three at most
 * @returns {string} an SVG
 */
export function drawLosses({ title, unit }, trained) {
  const curves = trained.map(({ name, losses }) => ({ name, points: smoothed(losses) }));
  const ends = curves.map(({ name, points }) => `${name} ends at ${(points.at(-1)?.[1] ?? Number.NaN).toPrecision(2)}`);
  return drawCurves({
    title,
    description: `The loss of each step, nats a ${unit}, the mean of a few steps a point: ${ends.join('; ')}.`,
    x: 'step',
    y: `nats a ${unit}`,
    curves,
  });
}
