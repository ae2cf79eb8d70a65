// @ts-check
/** What the training steps are made with: the weights of each model, in the order in which results have them, and the optimizer's numbers. */

/** @import { ConvnetCase, TrainingCase } from './types.js' */

/** Of Adam (Kingma & Ba 2015), as TensorFlow.js has them if nobody says otherwise. */
export const adam = { rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

/** Along each side of a convolution's filter. */
export const filterSize = 3;

/** @typedef {readonly (readonly [name: string, shape: readonly number[]])[]} Weights */

/** @param {TrainingCase} item @returns {Weights} */
export function weightsOf(item) {
  if (item.op === 'convnetStep') return convnetWeights(item);
  const { hidden, embedding, vocabulary } = item;
  return [
    ['source', [vocabulary, embedding]],
    ...gates('encoder', embedding, hidden),
    ['key', [hidden, hidden]],
    ['target', [vocabulary, embedding]],
    ['query', [hidden, hidden]],
    ['score', [hidden, 1]],
    ...gates('decoder', embedding + hidden, hidden),
    ['output', [hidden, vocabulary]],
    ['outputBias', [vocabulary]],
  ];
}

/** Of a GRU, whose gates are columns of each: update, reset, and the new state. @param {string} name @param {number} width @param {number} hidden @returns {Weights} */
const gates = (name, width, hidden) => [
  [name, [width, 3 * hidden]],
  [`${name}Recurrent`, [hidden, 3 * hidden]],
  [`${name}Bias`, [3 * hidden]],
];

/** @param {ConvnetCase} item @returns {Weights} */
function convnetWeights(item) {
  const convolutions = convolutionsOf(item);
  const flat = convolutions.slice(-1).map(({ places, to }) => places * to);
  return [
    ...convolutions.flatMap(
      ({ from, to }, layer) =>
        /** @type {Weights} */ ([
          [`filter${layer}`, [filterSize, filterSize, from, to]],
          [`bias${layer}`, [to]],
        ]),
    ),
    ['output', [...flat, item.classes]],
    ['outputBias', [item.classes]],
  ];
}

/** Each with the channels that it takes and gives, and the places of its result in an image. @param {ConvnetCase} item */
export function convolutionsOf({ shape: [, height, width], filters }) {
  let from = 1;
  const [heights, widths] = [sidesOf(height), sidesOf(width)];
  return filters.map((to, layer) => {
    const convolution = { from, to, places: (heights[layer] ?? 0) * (widths[layer] ?? 0) };
    from = to;
    return convolution;
  });
}

/** After each of the convolutions, of which the third and the fourth see halves. A filter without padding takes a pixel at either end. @param {number} side */
function sidesOf(side) {
  const first = side - 2;
  const second = first - 2;
  const third = Math.floor(second / 2) - 2;
  return [first, second, third, Math.floor(third / 2) - 2];
}
