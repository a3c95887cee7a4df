/** Control flow over promises and abort signals. Imports libs/errors alone. */
export { runTogether, type Task } from './run-together.js';
