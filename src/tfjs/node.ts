/**
 * fovea/tfjs in Node: to import it registers the backend.
 * @module
 */
import '../node.js';
import { FoveaBackend } from './backend.js';
import { registerFileSystem } from './file-system.js';
import { register } from './register.js';

export * from './index.js';

register(() => new FoveaBackend());
registerFileSystem();
