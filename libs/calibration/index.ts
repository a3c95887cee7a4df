/**
 * Probabilities that mean what they say: temperature scaling, fitted on held-out samples, and what calibration is
 * measured by.
 */
export { MIN_PROBABILITY, temperatureScaled } from './temperature.js';
export { CALIBRATION_MIN_SAMPLES, fitTemperature, TEMPERATURE_RANGE, type Calibration } from './fit-temperature.js';
export { expectedCalibrationError, negativeLogLikelihood } from './measures.js';
export { LabelledProbabilities } from './labelled-probabilities.js';
