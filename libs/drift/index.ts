/**
 * Noticing that a model has become worse on a stream: change detectors on the errors of answers whose truth became
 * known. Imports nothing.
 *
 *     const monitor = new DriftMonitor();
 *     for (const alarm of monitor.add({ site: 'a', label: 'glioma', wrong: true })) console.log(alarm.stratum);
 */
export {
  BernoulliCusum,
  DEFAULT_CUSUM,
  type CusumAlarm,
  type CusumOptions,
  type CusumRecord,
} from './bernoulli-cusum.js';
export { DriftMonitor, type DriftAlarm, type PrequentialAnswer, type Stratum } from './drift-monitor.js';
export { CalibrationWatch, type CalibrationAlarm, type CalibrationRecord } from './calibration-watch.js';
export { ConstantAnswers } from './constant-answers.js';
