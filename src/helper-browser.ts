/**
 * The worker of browsers that helps with sync calls: a file of its own in dist/, started by backend/web-worker.ts.
 * @module
 */
import { type HelperSetup, help } from './backend/wasm/help.js';

addEventListener('message', ({ data }: MessageEvent<HelperSetup>) => help(data), { once: true });
