// @ts-check
/** Numbers that norms and rotary embeddings are made with: fovea's defaults, said to everybody. */

/** Added to the variance, or to the mean of the squares. */
export const epsilons = { layerNorm: 1e-5, rmsNorm: 1e-6 };

export const rotaryBase = 10_000;
