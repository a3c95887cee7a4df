import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ERROR_CODES, SulcusError } from '#libs/errors';

describe('SulcusError', () => {
  it('puts the code in front of the message and carries policy and details as fields', () => {
    const error = new SulcusError('IMAGE_EMPTY', 'a.jpg has no bytes', { details: { source: 'a.jpg' } });
    assert.equal(error.message, 'IMAGE_EMPTY: a.jpg has no bytes');
    assert.equal(error.retryable, false);
    assert.equal(error.details.source, 'a.jpg');
  });

  it('makes the matching code of system errors, aborts and time-outs', () => {
    const system = (code: string): Error => Object.assign(new Error(code), { code });
    assert.equal(SulcusError.from(system('ENOSPC')).code, 'STORAGE_FULL');
    assert.equal(SulcusError.from(system('EADDRINUSE')).code, 'PORT_IN_USE');
    assert.equal(SulcusError.from(AbortSignal.abort().reason).code, 'CANCELLED');
    assert.equal(SulcusError.from(new DOMException('late', 'TimeoutError')).code, 'DEADLINE_EXCEEDED');
    assert.equal(SulcusError.from('odd').code, 'INTERNAL');
  });

  it('keeps a SulcusError as it is', () => {
    const error = new SulcusError('CONFLICT', 'x');
    assert.equal(SulcusError.from(error), error);
  });

  it('maps every code to a real gRPC status', () => {
    for (const [code, { grpcStatus }] of Object.entries(ERROR_CODES))
      assert.ok(grpcStatus >= 1 && grpcStatus <= 16, code);
  });
});
