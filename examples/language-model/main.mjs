#!/usr/bin/env node
/** Entry of `npm run language-model`. */
import { runProgram } from '../program/program.mjs';
import { parseArguments, usage } from './arguments.mjs';

await runProgram({ name: 'language-model', usage, parseArguments, load: () => import('./run.mjs') });
