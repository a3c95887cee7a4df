import { blobOwners } from '#libs/bus';
import { SulcusError } from '#libs/errors';
import { hasWeights, Registry, type ModelCard } from '#libs/registry';
import type { AuditContext } from './context.js';

/** Every card can be read, a version that says so has its weights, an alias points to a version that can serve. */
export async function auditVersions(context: AuditContext): Promise<ModelCard[]> {
  const { bus, findings } = context;
  const registry = new Registry(bus);
  const models = await bus.keyValue('models');
  const cards: ModelCard[] = [];
  for (const key of await models.keys('version.')) {
    const version = key.slice('version.'.length);
    const card = await readable(context, `version ${version}`, () => registry.get(version));
    if (card) cards.push(card);
  }
  for (const card of cards.filter(hasWeights)) {
    const areThere = await bus.isBlobWhole(card.weights, { owner: blobOwners.model(card.run, card.step) });
    // What was pruned since is no loss.
    if (!areThere && (await registry.get(card.version)))
      findings.add({
        kind: 'lost',
        where: `version ${card.version}`,
        what: 'its card says that its weights are kept, and they are not there, or not all of them',
      });
    else if (areThere && context.readsContents)
      await readable(context, `version ${card.version}`, () => registry.loadWeights(card));
  }
  for (const key of await models.keys('alias.')) {
    const alias = key.slice('alias.'.length);
    const record = await readable(context, `alias ${alias}`, () => registry.alias(alias));
    if (!record) continue;
    const card = cards.find(({ version }) => version === record.version);
    if (!card || !hasWeights(card))
      findings.add({
        kind: 'wrong',
        where: `alias ${alias}`,
        what: `it points to ${record.version}, which ${card ? 'has no weights' : 'does not exist'}`,
      });
  }
  return cards;
}

/** What can be read; what cannot is told, unless the broker is away. */
async function readable<T>({ findings }: AuditContext, where: string, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (thrown) {
    const { transient, code, rawMessage } = SulcusError.from(thrown);
    if (transient || code === 'CANCELLED') throw thrown;
    findings.add({ kind: 'unreadable', where, what: rawMessage });
    return undefined;
  }
}
