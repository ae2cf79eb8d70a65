/** Where a trained example keeps its checkpoint unless it is told otherwise. Imports nothing that must be built first. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** In node_modules/.cache, as other tools do: nobody commits it. @param {string} name of the example */
export const checkpointOf = (name) => path.join(root, 'node_modules', '.cache', 'fovea', `${name}.safetensors`);
