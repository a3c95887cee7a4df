/**
 * Who is connected to a server: how many, from where, and who makes room. Imports nothing.
 *
 *     const connections = new Connections({ all: 256, perPeer: 64 });
 *     connections.watch(server);
 *     const end = connections.begin(request.socket); // something is under way there
 */
export { connectionKey, Connections, type ConnectionBounds } from './connections.js';
export { peerOf } from './peer-of.js';
