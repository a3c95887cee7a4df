/**
 * `npm start`: sets up what is missing, builds, and runs the whole system (`sulcus up`) with the given options.
 */
import path from 'node:path';
import { root } from './setup/paths.mjs';
import { handOver } from './setup/process.mjs';
import { ALL_PARTS, setUpOrExit } from './setup.mjs';

const args = process.argv.slice(2);
const asksForHelp = args.some((option) => option === '--help' || option === '-h');

await setUpOrExit({ parts: asksForHelp ? ['packages', 'build'] : ALL_PARTS });
handOver(process.execPath, ['--enable-source-maps', path.join(root, 'dist/services/cli/main.js'), 'up', ...args]);
