/** `npm run verify`: brings the packages when they are missing, and checks all but the tests, in under a minute. */
import { setUpOrExit } from './setup.mjs';
import { runChecks } from './verify/checks.mjs';

await setUpOrExit({ parts: ['packages'] });
process.exitCode = (await runChecks()) > 0 ? 1 : 0;
