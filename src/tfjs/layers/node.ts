/**
 * fovea/tfjs/layers in Node: to import it registers the backend, too.
 * @module
 */
import '../node.js';

export * from './index.js';
