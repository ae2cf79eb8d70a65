/**
 * The reference backend's kernels: float64 inside, plain loops. The oracle of the tests, and what always works.
 * @module
 */
import type { Plan } from '../../plan/plan.js';
import { activate } from './activate.js';
import { activateBackward } from './activate-backward.js';
import { attention, cacheAttention } from './attention.js';
import { attentionBackward } from './attention-backward.js';
import { append } from './cache.js';
import { convert } from './convert.js';
import { convolve } from './convolve.js';
import { matmul } from './matmul.js';
import { merge } from './merge.js';
import { multiply } from './multiply.js';
import { norm } from './norm.js';
import { normBackward } from './norm-backward.js';
import { patches } from './patches.js';
import { pool } from './pool.js';
import { rotary } from './rotary.js';
import { softmax } from './softmax.js';
import { softmaxBackward } from './softmax-backward.js';

/** Runs a plan now and writes its outputs. */
export function runReference(plan: Plan): void {
  switch (plan.op) {
    case 'attention':
      attention(plan);
      break;
    case 'cacheAttention':
      cacheAttention(plan);
      break;
    case 'attentionBackward':
      attentionBackward(plan);
      break;
    case 'append':
      append(plan);
      break;
    case 'matmul':
      matmul(plan);
      break;
    case 'softmax':
      softmax(plan);
      break;
    case 'convert':
      convert(plan);
      break;
    case 'norm':
      norm(plan);
      break;
    case 'pool':
      pool(plan);
      break;
    case 'multiply':
      multiply(plan);
      break;
    case 'patches':
      patches(plan);
      break;
    case 'convolve':
      convolve(plan);
      break;
    case 'activate':
      activate(plan);
      break;
    case 'rotary':
      rotary(plan);
      break;
    case 'softmaxBackward':
      softmaxBackward(plan);
      break;
    case 'normBackward':
      normBackward(plan);
      break;
    case 'activateBackward':
      activateBackward(plan);
      break;
    case 'merge':
      merge(plan);
      break;
  }
}
