/**
 * A filter over images, one place of it at a time: for what is done to each channel by itself.
 * @module
 */
import { backend_util, util } from '@tensorflow/tfjs-core';

/** @throws {Error} of TensorFlow.js where a filter makes both steps and dilations above 1 */
export function assertOneOfBoth(name: string, strides: number | number[], dilations: number | number[]): void {
  util.assert(
    backend_util.eitherStridesOrDilationsAreOne(strides, dilations),
    () => `Error in ${name}: Either strides or dilations must be 1. Got strides ${strides} and dilations '${dilations}'`,
  );
}

/** Where a place of the filter lies within the result, the image (the first channel of either) and the filter. */
type Visit = (out: number, image: number, tap: number) => void;

/** Calls `visit` for each place of the result and each place of the filter there that lies within the image; `[b, h, w, c]`, all row-major. */
export function forTaps(info: backend_util.Conv2DInfo, visit: Visit): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info;
  const { filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
  const { top, left } = info.padInfo;
  for (let image = 0; image < batchSize; image++)
    for (let outY = 0; outY < outHeight; outY++)
      for (let tapY = 0; tapY < filterHeight; tapY++) {
        const y = outY * strideHeight + tapY * dilationHeight - top;
        if (y < 0 || y >= inHeight) continue;
        for (let outX = 0; outX < outWidth; outX++)
          for (let tapX = 0; tapX < filterWidth; tapX++) {
            const x = outX * strideWidth + tapX * dilationWidth - left;
            if (x < 0 || x >= inWidth) continue;
            const out = ((image * outHeight + outY) * outWidth + outX) * outChannels;
            visit(out, ((image * inHeight + y) * inWidth + x) * inChannels, tapY * filterWidth + tapX);
          }
      }
}
