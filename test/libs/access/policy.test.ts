import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import {
  AccessPolicy,
  readClientSecurity,
  readServerSecurity,
  requiredRole,
  ROLES,
  urisOfCertificate,
} from '#libs/access';
import { contracts } from '#libs/rpc';

async function policyOf(t: TestContext, content: unknown): Promise<() => AccessPolicy> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-policy-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'policy.json');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return () => AccessPolicy.read(file);
}

/** Every rpc of every service, and the role that it is meant to need. */
const EXPECTED: Readonly<Record<string, string | null>> = {
  'sulcus.v1.Ingest/UploadImages': 'upload',
  'sulcus.v1.Ingest/UploadImagesAcked': 'upload',
  'sulcus.v1.Ingest/Annotate': 'annotate',
  'sulcus.v1.Ingest/ForwardScans': 'upload',
  'sulcus.v1.Ingest/CompleteStudy': 'upload',
  'sulcus.v1.Ingest/FindDurable': 'upload',
  'sulcus.v1.Ingest/Describe': 'upload',
  'sulcus.v1.Predictor/Predict': 'predict',
  'sulcus.v1.Predictor/PredictStream': 'predict',
  'sulcus.v1.Predictor/PredictStudy': 'predict',
  'sulcus.v1.Predictor/PredictStoredStudy': 'predict',
  'inference.GRPCInferenceService/ServerLive': null,
  'inference.GRPCInferenceService/ServerReady': null,
  'inference.GRPCInferenceService/ServerMetadata': null,
  'inference.GRPCInferenceService/ModelReady': null,
  'inference.GRPCInferenceService/ModelMetadata': 'predict',
  'inference.GRPCInferenceService/ModelConfig': 'predict',
  'inference.GRPCInferenceService/ModelStatistics': 'predict',
  'inference.GRPCInferenceService/ModelInfer': 'predict',
  'inference.GRPCInferenceService/ModelStreamInfer': 'predict',
  'inference.GRPCInferenceService/RepositoryIndex': 'predict',
  'inference.GRPCInferenceService/RepositoryModelLoad': 'administer',
  'inference.GRPCInferenceService/RepositoryModelUnload': 'administer',
};

describe('an access policy', () => {
  test('allows each role exactly the methods that need it, of every rpc that is served', () => {
    const served = Object.values(contracts).flatMap(({ fullName, definition }) =>
      Object.keys(definition).map((method) => `${fullName}/${method}`),
    );
    assert.deepEqual(served.sort(), Object.keys(EXPECTED).sort());
    for (const role of ROLES) {
      const policy = new AccessPolicy([{ uri: 'spiffe://sulcus/a/b', roles: [role] }]);
      for (const method of served) {
        const allowed = EXPECTED[method] === null || EXPECTED[method] === role;
        const attempt = () => policy.authorize(method, { uris: ['spiffe://sulcus/a/b'] });
        if (allowed) assert.ok(attempt().roles.has(role));
        else assert.throws(attempt, { code: 'PERMISSION_DENIED' });
        assert.throws(() => policy.authorize(method, { uris: [] }), { code: 'UNAUTHENTICATED' });
      }
    }
  });

  test('denies what it does not know of', () => {
    assert.equal(requiredRole('sulcus.v1.Future/Method'), 'administer');
    const policy = new AccessPolicy([{ uri: 'spiffe://sulcus/site/*', roles: ['upload'] }]);
    for (const uri of [
      'spiffe://sulcus/site',
      'spiffe://sulcus/site/',
      'spiffe://sulcus/site/a/b',
      'spiffe://other/site/a',
    ])
      assert.equal(policy.identify({ uris: [uri] }), undefined, uri);
    assert.ok(policy.identify({ uris: ['spiffe://sulcus/site/a'] }));
  });

  test('that is wrong is refused with every mistake in it', async (t) => {
    const entries = [{ uri: 'no uri', roles: [] }, { tokenSha256: 'abc', roles: ['predict'] }, { roles: ['king'] }];
    const read = await policyOf(t, { identities: entries });
    assert.throws(read, ({ code, message }: { code: string; message: string }) => {
      assert.equal(code, 'INVALID_CONFIG');
      for (const part of ['identities.0.uri', 'identities.1.tokenSha256', 'identities.2.roles.0'])
        assert.ok(message.includes(part), `${part} in ${message}`);
      return true;
    });
    assert.throws(await policyOf(t, '{'), { code: 'INVALID_CONFIG' });
  });
});

describe('URIs of a certificate', () => {
  test('are taken from what an authority has signed as URI alone', () => {
    assert.deepEqual(urisOfCertificate('DNS:a, URI:spiffe://sulcus/site/north, IP Address:127.0.0.1'), [
      'spiffe://sulcus/site/north',
    ]);
    // How Node shows a name with a comma in it.
    assert.deepEqual(urisOfCertificate('DNS:"a, URI:spiffe://sulcus/operator/anna"'), []);
    assert.deepEqual(urisOfCertificate(undefined), []);
  });
});

describe('security from the environment', () => {
  test('is refused where it would not hold', () => {
    const file = import.meta.filename;
    assert.throws(() => readServerSecurity({ SULCUS_ACCESS_POLICY: file }), { code: 'INVALID_CONFIG' });
    assert.throws(() => readServerSecurity({ SULCUS_TLS_CLIENT_CA: file }), { code: 'INVALID_CONFIG' });
    assert.throws(() => readClientSecurity({ SULCUS_TOKEN_FILE: file }), { code: 'INVALID_CONFIG' });
    assert.deepEqual(readClientSecurity({}), {});
    assert.deepEqual(readServerSecurity({}), { insecure: false });
  });
});
