import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FrameReader } from '../../../scripts/laboratory/observe/frames.js';

const CONVERSATION = Buffer.concat([
  Buffer.from('CONNECT {"name":"trainer"}\r\nPING\r\n'),
  Buffer.from('PUB event.v1.trainer 4\r\nPUB \r\n'),
  Buffer.from('HPUB scan.v1.local.ab _INBOX.1 12 17\r\nNATS/1.0\r\n\r\na\r\nbc\r\n'),
  Buffer.from('SUB _INBOX.1 7\r\n'),
]);

describe('the reader of the broker protocol', () => {
  for (const chunkBytes of [1, 3, 7, CONVERSATION.length])
    it(`finds the same operations whichever way their bytes arrive: ${chunkBytes} at a time`, () => {
      const reader = new FrameReader();
      const frames = [];
      for (let at = 0; at < CONVERSATION.length; at += chunkBytes)
        frames.push(...reader.push(CONVERSATION.subarray(at, at + chunkBytes)));
      assert.deepEqual(
        frames.map(({ verb, subject }) => [verb, subject]),
        [
          ['CONNECT', ''],
          ['PING', ''],
          ['PUB', 'event.v1.trainer'],
          ['HPUB', 'scan.v1.local.ab'],
          ['SUB', ''],
        ],
      );
      assert.deepEqual(Buffer.concat(frames.map(({ bytes }) => bytes)), CONVERSATION);
    });
});
