#!/usr/bin/env node
/** Entry of `npm start`. */
import { runProgram } from '../program/program.mjs';
import { parseArguments, usage } from './arguments.mjs';

await runProgram({ name: 'sentence-search', usage, parseArguments, load: () => import('./run.mjs') });
