import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { createAuthority } from '#libs/access';
import { serialNumber } from '../../../libs/access/serial-number.js';

test('serial numbers are positive and without padding, whatever they are drawn from', () => {
  const drawn = Array.from({ length: 256 }, (_, first) => serialNumber(Buffer.alloc(16).fill(first, 0, 1)));
  for (const number of drawn) assert.match(number, /^[4-7][0-9a-f]0{30}$/);
  assert.equal(new Set(drawn).size, 64);
  assert.equal(Buffer.from(serialNumber(), 'hex').length, 16);
});

test('OpenSSL reads the serial number of a certificate', () => {
  const { serialNumber: read } = new X509Certificate(createAuthority('hospital', 1).certificate);
  assert.match(read, /^[4-7][0-9A-F]{31}$/);
});
