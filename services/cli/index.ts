/** The command line: `sulcus <command>`. */
export { main } from './main.js';
