/**
 * Asking a predictor as a well-behaved application does: one connection, deadlines, retries where they are safe,
 * cancellation. Imports async, contracts, errors and rpc.
 *
 *     using client = new PredictorClient('127.0.0.1:7002', { timeoutMs: 5_000 });
 *     const { predictedClass } = await client.predict(await readFile('scan.jpg'));
 */
export { PredictorClient, type PredictorClientOptions, type PredictOptions } from './predictor-client.js';
export { mayRetry } from './retry.js';
