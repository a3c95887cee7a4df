/** Console: the launcher of the whole pipeline and what operators look at. Each command loads its parts when it runs. */
export { doctorMain } from './doctor/doctor-command.js';
export { main } from './main.js';
export { phantomsMain } from './phantoms-command.js';
export { traceMain } from './trace-command.js';
export { brokerReady, createBroker } from './processes/broker.js';
export { choosePort } from './processes/ports.js';
export { SupervisedProcess } from './processes/supervised-process.js';
