/**
 * Images as the ops read and write them: pixels in one dimension, channels in the other.
 * @module
 */
import { checkApart, fresh, type Keep, resultIn } from '../ops/steps.js';
import type { ImageLayout, Tensor } from '../types.js';
import { type CheckedImage, checkImage, namedImage } from '../validate/image.js';
import { type Checked, type CheckedFloats, rowMajor } from '../validate/tensor.js';
import { Workspace } from '../validate/workspace.js';

export interface Image {
  readonly layout: ImageLayout;
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** `[b, h·w, c]`, with the strides of its memory. */
  readonly pixels: Tensor;
  /** What the caller gave. */
  readonly x: Checked;
}

/** @throws {FoveaError} ERR_SHAPE, ERR_DTYPE for what is no batch of float32 images */
export function imageOf(op: string, x: unknown, layout: ImageLayout | undefined, keep: Keep): Image {
  const image = checkImage(op, x, layout);
  const { batch, height, width, channels } = image;
  const pixels = isEven(image) ? pixelsIn(image, keep(image.x)) : copied(image, densePixels(op, image));
  return { layout: image.layout, batch, height, width, channels, pixels, x: image.x };
}

/** Where a function writes its image. */
export interface Result {
  /** What the caller gets. */
  readonly tensor: Tensor;
  /** `[b, h·w, c]`, to be written. */
  readonly pixels: Tensor;
  /** To be called when they are. */
  settle(): void;
}

/**
 * The caller's `out`, or new memory, for an image like x with so many channels.
 * @param inputs by name: `out` may lie over none of them, nor over x
 * @throws {FoveaError} ERR_SHAPE, ERR_DTYPE, ERR_OPTION for an `out` that does not fit, ERR_OUT_OF_MEMORY
 */
export function resultOf(
  op: string,
  image: Image,
  channels: number,
  out: CheckedFloats | undefined,
  inputs: Readonly<Record<string, Checked | undefined>>,
): Result {
  const { layout, batch, height, width } = image;
  const shape = layout === 'nhwc' ? [batch, height, width, channels] : [batch, channels, height, width];
  const result = resultIn(op, out, shape, { dtype: 'float32', float16Array: false }, new Workspace());
  for (const [name, input] of Object.entries({ x: image.x, ...inputs })) checkApart(op, out, name, input);
  const tensor = result.source as Tensor;
  const place = namedImage({ ...(result as Checked<ArrayBufferView> as Checked), shape }, layout);
  if (isEven(place)) return { tensor, pixels: pixelsIn(place, place.x), settle: () => undefined };
  const pixels = densePixels(op, place);
  return { tensor, pixels, settle: () => spread(pixels, place) };
}

/** Whether rows follow each other as pixels do. */
function isEven({ height, width, strides }: CheckedImage): boolean {
  return height <= 1 || width <= 1 || strides.row === width * strides.column;
}

/** The pixels of an image whose numbers lie as in `tensor`, which has its strides. */
function pixelsIn({ batch, height, width, channels, strides }: CheckedImage, { data, offset }: Tensor): Tensor {
  const pixel = width > 1 ? strides.column : strides.row;
  return { data, offset, shape: [batch, height * width, channels], strides: [strides.batch, pixel, strides.channel] };
}

/** New memory without gaps, in the order of the layout. */
function densePixels(op: string, { layout, batch, height, width, channels }: CheckedImage): Tensor {
  const count = height * width;
  const shape = [batch, count, channels];
  return { ...fresh(op, shape), strides: layout === 'nhwc' ? [count * channels, channels, 1] : [count * channels, 1, count] };
}

/** The numbers of an image whose rows have gaps, in `pixels`. */
function copied(image: CheckedImage, pixels: Tensor): Tensor {
  eachNumber(image, pixels, (from, to) => {
    pixels.data[to] = image.x.data[from] ?? NaN;
  });
  return pixels;
}

/** The opposite. */
function spread(pixels: Tensor, image: CheckedImage): void {
  eachNumber(image, pixels, (to, from) => {
    image.x.data[to] = pixels.data[from] ?? NaN;
  });
}

/** Where each number lies in an image, and where among pixels without an offset. */
function eachNumber(image: CheckedImage, { strides: among = [] }: Tensor, visit: (inImage: number, inPixels: number) => void): void {
  const { x, batch, height, width, channels, strides } = image;
  const [ofBatch = 0, ofPixel = 0, ofChannel = 0] = among;
  for (let b = 0; b < batch; b++) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const inImage = x.offset + b * strides.batch + row * strides.row + column * strides.column;
        const inPixels = b * ofBatch + (row * width + column) * ofPixel;
        for (let c = 0; c < channels; c++) visit(inImage + c * strides.channel, inPixels + c * ofChannel);
      }
    }
  }
}

/**
 * What a tensor holds of some images of its batch, where it lies. Field by field: to write a spread's fields anew leaves optimised code.
 */
export function imagesFrom(tensor: Tensor, first: number, count: number): Tensor {
  const { data, offset = 0, shape, strides } = tensor;
  const [ofBatch = 0] = strides ?? rowMajor(shape);
  return { data, offset: offset + first * ofBatch, shape: [count, ...shape.slice(1)], strides };
}

/** `[b, m, n]` with the last two dimensions in the other order. */
export function turned({ data, offset, shape, strides = [] }: Tensor): Tensor {
  const [b = 0, m = 0, n = 0] = shape;
  const [ofBatch = m * n, ofM = n, ofN = 1] = strides;
  return { data, offset, shape: [b, n, m], strides: [ofBatch, ofN, ofM] };
}

/** `[b, h·w, c]` or `[b, c, h·w]`, as the memory of the layout runs. */
export function inMemoryOrder({ layout }: Image, pixels: Tensor): Tensor {
  return layout === 'nhwc' ? pixels : turned(pixels);
}
