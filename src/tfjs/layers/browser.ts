/**
 * fovea/tfjs/layers in a browser, and wherever there is no addon.
 * @module
 */
import '../browser.js';

export * from './index.js';
