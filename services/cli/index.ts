/** The command line: `sulcus <command>`. */
export { main } from './main.js';

// ---- to run a broker and services of one's own
export { brokerReady, createBroker } from './launcher/processes/broker.js';
export { choosePort } from './launcher/processes/ports.js';
export { SupervisedProcess } from './launcher/processes/supervised-process.js';
export { brokerKeys, credentialsOf } from './shared/broker-keys.js';
