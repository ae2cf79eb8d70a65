/**
 * The worker of Node that helps with sync calls: a file of its own in dist/, started by backend/worker-thread.ts.
 * @module
 */
import { workerData } from 'node:worker_threads';
import { help } from './backend/wasm/help.js';

help(workerData);
