/** Prints the help of every command named on the command line, in one process: starting each apart would take long. */
import { main } from '../../../../services/cli/main.js';

for (const command of process.argv.slice(2)) await main([command, '--help']);
