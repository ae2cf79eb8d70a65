// @ts-check
/** The sentence encoder of the example, which calls fovea by its name as any program does: on the backend that was chosen. */
import { encoderOps } from '../plain/norms.mjs';
import { sentences } from '../sentences.mjs';
import { jobOf } from './job.mjs';

/** @import { EncoderCase, Job } from '../types.js' */

/** Loaded here and not before, because the example imports fovea, which has to be built first. @param {EncoderCase} item @returns {Promise<Job>} */
export async function encoderJob({ norms }) {
  const { embedAll } = await import('../../examples/sentence-search/embed.mjs');
  const { loadModel } = await import('../../examples/sentence-search/model.mjs');
  const { encode } = loadModel(undefined, norms && encoderOps);
  return jobOf(() => embedAll(encode, sentences));
}
