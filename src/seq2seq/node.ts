/**
 * fovea/seq2seq in Node.
 * @module
 */
import '../node.js';

export * from './index.js';
