import type { Bus } from '#libs/bus';

/**
 * For commands that would make streams where there are none, or take their absence for an answer.
 *
 * @throws NOT_FOUND when the broker holds no state of ours, as one that was named by mistake
 */
export async function requireState(bus: Bus): Promise<void> {
  await bus.keyValue('models');
}
