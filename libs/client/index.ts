/**
 * Asking a predictor as a well-behaved application does: one connection, deadlines, retries where they are safe,
 * cancellation.
 */
export { PredictorClient, type PredictorClientOptions, type PredictOptions } from './predictor-client.js';
export { mayAskAgain } from './retry.js';
