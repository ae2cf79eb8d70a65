/**
 * fovea/tfjs in a browser, and wherever there is no addon: to import it registers the backend, which waits for the wasm.
 * @module
 */
import '../browser.js';
import { init } from '../index.js';
import { FoveaBackend } from './backend.js';
import { register } from './register.js';

export * from './index.js';

register(async () => {
  await init();
  return new FoveaBackend();
});
