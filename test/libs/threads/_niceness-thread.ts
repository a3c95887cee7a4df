import os from 'node:os';
import { serveThread, setThreadNiceness } from '#libs/threads';

const methods = {
  /** @returns the thread's nice value then; undefined when the system refuses */
  set: async (niceness: number): Promise<number | undefined> => {
    try {
      setThreadNiceness(niceness);
    } catch {
      return undefined;
    }
    return os.getPriority();
  },
};

export type NicenessMethods = typeof methods;

serveThread(methods);
