/**
 * HTTP servers with TLS, identities and limits, as libs/rpc has them for gRPC: the same policy, files and roles;
 * multipart bodies as streams; asking others. Imports libs/access, async, connections, errors, limits, memory and
 * telemetry.
 *
 *     const server = await startHttpServer({ address: '127.0.0.1:7080', routes, … });
 *     await server.stop();
 */
export { startHttpServer, type HttpServer, type HttpServerConfig } from './server.js';
export type { HttpAnswer, HttpCall, Route } from './route.js';
export type { Body, ReadableBody } from './bodies.js';
export { acceptedMedia } from './accept.js';
export { httpStatusOf } from './status.js';
export { readBody } from './read-body.js';
export { readParts, type Part } from './multipart.js';
export { httpGet, type HttpGetOptions } from './client.js';
