#!/usr/bin/env node
/** Entry of `npm run translation`. */
import { runProgram } from '../program/program.mjs';
import { parseArguments, usage } from './arguments.mjs';

await runProgram({ name: 'translation', usage, parseArguments, load: () => import('./run.mjs') });
