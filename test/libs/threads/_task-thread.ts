import { serveThread } from '#libs/threads';

const methods = {
  /** Waits until another thread writes to the memory, then answers. */
  hold: async ({ gate, name }: { gate: Int32Array; name: string }): Promise<string> => {
    Atomics.wait(gate, 0, 0);
    return name;
  },
  /** Ends the thread. */
  end: async (_: null): Promise<void> => process.exit(1),
};

export type TaskMethods = typeof methods;

serveThread(methods);
