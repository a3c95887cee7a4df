/** Does what needs room at the broker, and waits for room while there is none. @param what is stored, for people */
export type WithRoom = <T>(what: string, work: () => Promise<T>) => Promise<T>;
