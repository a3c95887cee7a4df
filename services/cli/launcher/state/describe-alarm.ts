import type { PipelineEvent } from '#libs/contracts';
import { percent } from '../../shared/percent.js';

/** The alarm in an event as a sentence; undefined when there is none. */
export function describeAlarm({ drift, calibration, constant }: PipelineEvent): string | undefined {
  if (drift) {
    const { site, className, errorRateBefore, answersSinceChange, step, worseThanOthers } = drift;
    if (worseThanOthers)
      return (
        `answers to images of site ${site} are worse than those of others: ${answersSinceChange} images ` +
        `(${percent(errorRateBefore)} wrong over all; step ${step})`
      );
    const where = site !== '' ? `site ${site}` : className !== '' ? `class ${className}` : 'the whole stream';
    return (
      `answers to new images of ${where} have become worse since about ${answersSinceChange} images ` +
      `(${percent(errorRateBefore)} wrong before; step ${step})`
    );
  }
  if (calibration) {
    const { version, meanProbability, accuracy, answers } = calibration;
    return (
      `${version || 'the network in training'} says ${percent(meanProbability)} and is right in ${percent(accuracy)} ` +
      `of the last ${answers} images`
    );
  }
  if (constant) {
    const { version, className, answers } = constant;
    return `${version} answered the last ${answers} images all as "${className}"`;
  }
  return undefined;
}
