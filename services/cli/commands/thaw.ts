import { parseCommandLine } from '#libs/service';
import { hasWeights, type ModelCard } from '#libs/registry';
import { ALIAS_OPTIONS, withRegistry } from '../shared/registry-access.js';

/** `sulcus thaw`. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = 'Lets trainers move a frozen alias again.';
  const parsed = parseCommandLine({ name: 'sulcus thaw', description, options: ALIAS_OPTIONS }, argv);
  if (!parsed) return;
  const { alias, reason, json, nats } = parsed.options;
  await withRegistry('thaw', nats, async (registry) => {
    const frozen = await registry.frozen(alias);
    const thawed = await registry.thaw(alias, reason);
    if (json) return console.log(JSON.stringify({ alias, thawed }));
    if (!frozen) return console.log(`${alias} was not frozen`);
    const held = (await registry.list()).filter((card) => isHeldBack(card, frozen.sinceUnixMs)).at(-1);
    const advice = held
      ? `; ${held.version} was better meanwhile: sulcus promote ${held.version}, or wait for what is judged next`
      : '';
    console.log(`${alias} may move again${advice}`);
  });
}

/** Whether a version would have been promoted, had there not been the freeze since that time. */
const isHeldBack = (card: ModelCard, sinceUnixMs: number): boolean =>
  card.metrics.gate?.frozen === true && hasWeights(card) && card.createdUnixMs >= sinceUnixMs;
