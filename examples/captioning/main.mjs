#!/usr/bin/env node
/** Entry of `npm run captioning`. */
import { runProgram } from '../program/program.mjs';
import { parseArguments, usage } from './arguments.mjs';

await runProgram({ name: 'captioning', usage, parseArguments, load: () => import('./run.mjs') });
