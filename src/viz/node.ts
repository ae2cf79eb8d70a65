/**
 * fovea/viz in Node.
 * @module
 */
import '../node.js';

export * from './index.js';
