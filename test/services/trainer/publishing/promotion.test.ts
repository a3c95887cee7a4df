import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { connectBus, Streams, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { Registry, type ModelCard } from '#libs/registry';
import { cardDraft, randomContent } from '../../../helpers/cards.js';
import { assertFiniteLoss, offeredAlias, settle } from '../../../../services/trainer/publishing/promotion.js';
import { startNats, type TestNats } from '../../../helpers/nats.js';

let nats: TestNats;
let bus: Bus;
let registry: Registry;
let cards: ModelCard[];
before(async () => {
  nats = await startNats();
  bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
  registry = new Registry(bus);
  cards = [
    await registry.publish(cardDraft({ step: 1 }), randomContent(100)),
    await registry.publish(cardDraft({ step: 2 }), randomContent(100)),
  ];
});
after(async () => {
  await bus.drain();
  await nats.stop();
});

const pointsTo = async (alias: string): Promise<string | undefined> => (await registry.alias(alias))?.version;

it('a decision moves the alias it names and no other; one without, of an older checkpoint, the champion', async () => {
  await settle(registry, cards[0]!, { promote: true, reason: 'first' });
  await settle(registry, cards[1]!, { promote: true, alias: 'candidate', reason: 'better' });
  assert.deepEqual([await pointsTo('champion'), await pointsTo('candidate')], [cards[0]!.version, cards[1]!.version]);
});

it('a candidate that was judged beside another version than the alias points to by now is declined', async () => {
  const third = await registry.publish(cardDraft({ step: 3 }), randomContent(100));
  const decision = { promote: true, alias: 'champion' as const, reason: 'better' };
  const early = await settle(registry, third, { ...decision, opponent: null });
  assert.equal(early.promote, false);
  assert.match(early.reason, /champion moved to main-000001 while it was judged beside none: better/);
  assert.equal(await pointsTo('champion'), cards[0]!.version);
  const right = await settle(registry, third, { ...decision, opponent: cards[0]!.version });
  assert.equal(right.promote, true);
  assert.equal(await pointsTo('champion'), third.version);
});

it('a frozen alias stays where it is, and the record says why; people still move it', async () => {
  const card = await registry.publish(cardDraft({ step: 4 }), randomContent(100));
  const before = await pointsTo('champion');
  await registry.freeze('champion', 'the scanner is being repaired');
  const decision = { promote: true, alias: 'champion', opponent: before!, reason: 'better' } as const;
  const frozen = await settle(registry, card, decision);
  assert.equal(frozen.promote, false);
  assert.match(frozen.reason, /champion is frozen \(the scanner is being repaired\), it would be promoted: better/);
  assert.equal(await pointsTo('champion'), before);
  await registry.promote('champion', card.version, 'by hand');
  await registry.rollback('champion', 'back');
  assert.equal(await registry.thaw('champion', 'repaired'), true);
  assert.equal(await registry.thaw('champion', 'repaired'), false);
  assert.equal((await settle(registry, card, decision)).promote, true);
});

it('the trainer moves the champion, or the candidate where people decide', () => {
  assert.deepEqual([offeredAlias('auto'), offeredAlias('manual')], ['champion', 'candidate']);
});

it('a loss that is not finite decides nothing: it is an error', () => {
  for (const loss of [NaN, Infinity])
    assert.throws(() => assertFiniteLoss('it', { loss, accuracy: 1, samples: 1 }), { code: 'MODEL_INVALID' });
});

it('a decision that is carried out again after a crash changes nothing and is told once', async () => {
  const before = await registry.alias('candidate');
  await settle(registry, cards[1]!, { promote: true, alias: 'candidate', reason: 'better' });
  assert.deepEqual(await registry.alias('candidate'), before);
  const kinds: string[] = [];
  for await (const { message, pending } of bus.follow({
    stream: Streams.MODELS,
    codec: codecs.ModelEvent,
    signal: AbortSignal.timeout(10_000),
  })) {
    if (message!.version === cards[1]!.version) kinds.push(`${message!.kind} ${message!.alias}`.trim());
    if (pending === 0) break;
  }
  assert.deepEqual(kinds, ['KIND_PUBLISHED', 'KIND_PROMOTED candidate']);
});
