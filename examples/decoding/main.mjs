#!/usr/bin/env node
/** Entry of `npm run decode`. */
import { runProgram } from '../program/program.mjs';
import { parseArguments, usage } from './arguments.mjs';

await runProgram({ name: 'decode', usage, parseArguments, load: () => import('./run.mjs') });
