#!/usr/bin/env node
/**
 * The `sulcus` command inside a clone: sets up what the wanted command needs, then runs it.
 */
import path from 'node:path';
import { root } from './setup/paths.mjs';
import { handOver } from './setup/process.mjs';
import { ALL_PARTS, setUpOrExit } from './setup.mjs';

/** What a command needs beside packages and the compiled sources: an imaging site's machine downloads no TensorFlow. */
const PARTS = {
  up: ALL_PARTS,
  trainer: ['packages', 'engine', 'build'],
  predictor: ['packages', 'engine', 'build'],
  replay: ['packages', 'engine', 'build'],
};

const args = process.argv.slice(2);
const asksForHelp = args.some((option) => option === '--help' || option === '-h');
const parts = (!asksForHelp && PARTS[args.find((word) => !word.startsWith('-')) ?? '']) || ['packages', 'build'];

await setUpOrExit({ parts });
handOver(process.execPath, ['--enable-source-maps', path.join(root, 'dist/services/cli/main.js'), ...args]);
