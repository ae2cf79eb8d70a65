/** Where the model looked at each word. */
import { overlay } from 'fovea/viz';
import { height, width } from './images.mjs';
import { map } from './model.mjs';

/** Screen pixels of a pixel; places of the map between two words, which nothing looks at. */
const [scale, gap] = [3, 1];
const place = height / map[0];

/**
 * The image as often as words were written, one below the other, and over each where the model looked.
 * @param {{ image: import('./images.mjs').Image, written: string, looks: readonly Float32Array[] }} result
 * @returns {string} an SVG
 */
export function drawLooks({ image, written, looks }) {
  const words = written.split(' ').filter(Boolean);
  const shown = looks.slice(0, Math.max(1, words.length));
  const rows = shown.length * (map[0] + gap) - gap;
  const weights = new Float32Array(rows * map[1]);
  const pixels = new Uint8Array(3 * scale ** 2 * rows * place * width).fill(255);
  for (const [i, look] of shown.entries()) {
    const top = i * (map[0] + gap);
    weights.set(look, top * map[1]);
    paint(pixels, image, top * place * scale);
  }
  return overlay(
    { data: weights, shape: [rows, map[1]] },
    { data: pixels, width: width * scale, height: rows * place * scale },
    {
      title: `Where it looked: ${written}`,
      description: `An image of digits, once for each word of "${written}" from the top, with where the model looked when it wrote it.`,
      interpolation: 'nearest',
      opacity: 0.55,
    },
  );
}

/** Ink black on white, from a row of screen pixels on. @param {Uint8Array} pixels @param {import('./images.mjs').Image} image @param {number} top */
function paint(pixels, image, top) {
  for (let y = 0; y < height * scale; y++)
    for (let x = 0; x < width * scale; x++) {
      const ink = image.pixels[Math.floor(y / scale) * width + Math.floor(x / scale)];
      pixels.fill(Math.round(255 * (1 - ink)), 3 * ((top + y) * width * scale + x), 3 * ((top + y) * width * scale + x + 1));
    }
}
