import type { InferParameter } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { startDeadline } from '../../serving/deadline.js';

/**
 * Value of a parameter that is a whole number; undefined when it is not there.
 *
 * @throws INVALID_ARGUMENT when it is something else
 */
export function integerParameter(
  parameters: Readonly<Record<string, InferParameter>>,
  name: string,
): number | undefined {
  const parameter = parameters[name];
  if (!parameter) return undefined;
  const value = parameter.int64Param ?? parameter.uint64Param;
  if (value === undefined || !Number.isSafeInteger(value))
    throw new SulcusError('INVALID_ARGUMENT', `Parameter "${name}" is not a whole number`);
  return value;
}

/**
 * Value of a parameter that is a text; undefined when it is not there.
 *
 * @throws INVALID_ARGUMENT when it is something else
 */
export function textParameter(parameters: Readonly<Record<string, InferParameter>>, name: string): string | undefined {
  const parameter = parameters[name];
  if (!parameter) return undefined;
  if (parameter.stringParam === undefined)
    throw new SulcusError('INVALID_ARGUMENT', `Parameter "${name}" is not a text`);
  return parameter.stringParam;
}

/** Every request is answered for itself. @throws UNIMPLEMENTED for one that is part of a sequence */
export function assertNoSequence({ sequence_id: id }: Readonly<Record<string, InferParameter>>): void {
  if (id?.stringParam || id?.int64Param || id?.uint64Param)
    throw new SulcusError('UNIMPLEMENTED', 'Sequences are not served: leave the parameter "sequence_id" out');
}

/**
 * Runs `work` with a signal that also aborts when the request's own time, parameter `timeout`, is over.
 *
 * @throws INVALID_ARGUMENT for a time that is none
 */
export async function withinTimeout<T>(
  parameters: Readonly<Record<string, InferParameter>>,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeoutUs = integerParameter(parameters, 'timeout') ?? 0;
  if (timeoutUs < 0)
    throw new SulcusError('INVALID_ARGUMENT', `Parameter "timeout" is ${timeoutUs}: it is a number of microseconds`);
  if (timeoutUs === 0) return await work(signal);
  const tooLate = `No answer within the request's timeout of ${timeoutUs} microseconds`;
  const deadline = startDeadline(signal, timeoutUs / 1000, tooLate);
  return await work(deadline.signal).finally(() => deadline.clear());
}
