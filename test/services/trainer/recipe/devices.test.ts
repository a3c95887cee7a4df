import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseDevices } from '#libs/engine';
import { describeDevices } from '../../../../services/trainer/recipe/devices.js';

const ONE = ['CPU:0'];
const TWO = ['CPU:0', 'CPU:1'];
const described = (asked: string, used: readonly string[], shards: number): string | undefined =>
  describeDevices(parseDevices(asked), used, shards);

it('several devices are counted and named, one that nobody asked more of is not', () => {
  assert.equal(described('cpu:2', TWO, 4), 'training on 2 devices (CPU:0, CPU:1)');
  assert.equal(described('auto', ['GPU:0', 'GPU:1'], 2), 'training on 2 devices (GPU:0, GPU:1)');
  assert.equal(described('auto', ONE, 2), undefined);
  assert.equal(described('cpu', ONE, 1), undefined);
});

it('fewer devices than were named are said with the reason', () => {
  assert.equal(described('cpu:4', TWO, 2), 'training on 2 devices (CPU:0, CPU:1), not on 4: the recipe has 2 shards');
  assert.equal(described('cpu:2', ONE, 1), 'training on one device (CPU:0), not on 2: the recipe has no shards');
  assert.equal(described('cpu:2', ONE, 2), 'training on one device (CPU:0), not on 2: the engine has no more');
});
