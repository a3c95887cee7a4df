/**
 * Who may do what: identities of peers, their roles, and the TLS files that prove who a service is. It imports config
 * and errors of ours; libs/rpc applies it to calls.
 *
 *     const security = readServerSecurity(process.env);       // undefined TLS and policy: loopback only
 *     const caller = security.policy?.identify({ uris, token });
 */
export { createAuthority, issueCertificate, remainingMs, type CertifiedKey, type Subject } from './authority.js';
export {
  clientSecurityEnvironment,
  readClientSecurity,
  readServerSecurity,
  serverSecurityEnvironment,
  type ClientSecurity,
  type ServerSecurity,
} from './environment.js';
export { type Identity } from './identity.js';
export { isLoopback, requireSecurity } from './loopback.js';
export { isForAnySite, requiredRole } from './methods.js';
export { AccessPolicy, hashOfToken, requireRole, type Credentials } from './policy.js';
export { ROLES, type Role } from './roles.js';
export { readSecretFile } from './secret-file.js';
export { readTlsFiles, watchTlsFiles, type TlsFiles, type TlsMaterial } from './tls-files.js';
export { urisOfCertificate, urisOfPeer, type ShownCertificate } from './uris.js';
