/** What every service process does the same way: start, signals, errors, exit. */
export { reportFailure, runService, type ServiceContext } from './run-service.js';
