/**
 * fovea/vision in Node.
 * @module
 */
import '../node.js';

export * from './index.js';
