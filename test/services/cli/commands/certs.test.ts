import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { AccessPolicy, urisOfCertificate } from '#libs/access';
import { main } from '../../../../services/cli/commands/certs.js';
import { commandOutput } from '../../../helpers/command-output.js';

describe('sulcus certs', () => {
  test('makes what services, sites and clients need, once', async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-certs-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const args = [folder, '--sites', 'north', '--clients', 'reporting', '--hosts', 'core.example,10.0.0.7'];
    assert.match(await commandOutput(main, args), /6 certificates made, 0 kept/);

    const authority = new X509Certificate(await readFile(path.join(folder, 'ca.pem')));
    const policy = AccessPolicy.read(path.join(folder, 'access-policy.json'));
    for (const [name, role] of [
      ['operator', 'administer'],
      ['site-north', 'upload'],
      ['client-reporting', 'predict'],
    ] as const) {
      const certificate = new X509Certificate(await readFile(path.join(folder, `${name}.pem`)));
      assert.ok(certificate.verify(authority.publicKey), `the authority signed ${name}`);
      assert.ok(policy.identify({ uris: urisOfCertificate(certificate.subjectAltName) })?.roles.has(role), name);
      assert.equal((await stat(path.join(folder, `${name}.key`))).mode & 0o777, 0o600);
    }
    const predictor = new X509Certificate(await readFile(path.join(folder, 'predictor.pem')));
    assert.ok(predictor.checkHost('core.example'));
    assert.ok(predictor.checkIP('10.0.0.7'));

    assert.match(await commandOutput(main, args), /0 certificates made, 6 kept/);
    assert.match(await commandOutput(main, [...args, '--renew']), /6 certificates made/);
  });
});
