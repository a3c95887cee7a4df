/** The predictor: answers over gRPC with the newest model version that has earned promotion. */
export { main } from './main.js';
export { readConfig, type PredictorConfig } from './config.js';
export { PredictorService, type PredictorDependencies } from './service.js';
export { predictMain } from './client/predict-command.js';
export { predictionsMain } from './records/predictions-command.js';
export { replayMain } from './replay/replay-command.js';
export { studyMain } from './client/study-command.js';
