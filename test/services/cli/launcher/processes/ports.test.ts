import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choosePort } from '../../../../../services/cli/launcher/processes/ports.js';
import { isCode } from '../../../../helpers/errors.js';
import { freePort } from '../../../../helpers/nats.js';

const skip = process.platform === 'linux' ? false : 'names of ports are held on Linux only';

test('of two launchers that begin at once one takes the usual port, the other a free one', { skip }, async () => {
  const wanted = { port: await freePort(), explicit: false, purpose: 'ingest', option: '--port-ingest' };
  const chosen = await Promise.all([choosePort(wanted), choosePort(wanted)]);
  assert.equal(chosen.filter((port) => port === wanted.port).length, 1, String(chosen));
});

test('of two launchers that begin at once with the same ports one is refused, and told why', { skip }, async () => {
  const wanted = { port: await freePort(), explicit: true, purpose: 'NATS', option: '--port-nats' };
  const chosen = await Promise.allSettled([choosePort(wanted), choosePort(wanted)]);
  const [refused, ...others] = chosen.filter((each) => each.status === 'rejected');
  assert.equal(others.length, 0);
  assert.ok(isCode('PORT_IN_USE', /choose another with --port-nats/)(refused?.reason));
});
