/**
 * The predictor: answers over gRPC with the newest model version that has earned promotion. Imports libs alone.
 *
 *     await using predictor = await PredictorService.start({ bus, config: readConfig(), log, instance });
 *     predictor.address; // host:port of sulcus.v1.Predictor and inference.GRPCInferenceService
 */
export { main } from './main.js';
export { environment, readConfig, type PredictorConfig } from './config.js';
export { PredictorService, runPredictor, type PredictorContext } from './service.js';

// ---- records of predictions, and making one again
export { RecordStore, type BadRecord, type StoredRecord } from './recording/record-store.js';
export { describeRetention } from './recording/retention.js';
export { compare, type Comparison } from './recording/replay/compare.js';
export { recall, type Recalled } from './recording/replay/recall.js';
export { replay, type Replayed } from './recording/replay/replay.js';

// ---- what a request for a study may ask for
export { AGGREGATIONS, type Aggregation } from './studies/aggregate.js';
export { toWireAggregation } from './studies/options.js';
export { MAX_VIEWS } from './studies/views.js';
