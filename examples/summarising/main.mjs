#!/usr/bin/env node
/** Entry of `npm run summarise`. */
import { runProgram } from '../program/program.mjs';
import { parseArguments, usage } from './arguments.mjs';

await runProgram({ name: 'summarise', usage, parseArguments, load: () => import('./run.mjs') });
