/** Where objects are kept by key. Keys are words joined by '/'; every operation may be repeated. */
export interface ObjectStore {
  /** What and where it is, for people. */
  readonly description: string;
  /**
   * Stores an object; resolves when it is durable. An object of that key is replaced.
   *
   * @throws STORAGE_FULL when there is no room, SERVICE_UNAVAILABLE when the store cannot be reached
   */
  put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** The object, or undefined when there is none. Throws SERVICE_UNAVAILABLE. */
  get(key: string, signal?: AbortSignal): Promise<Buffer | undefined>;
  /** Every object whose key begins so, in the order of their keys. Throws SERVICE_UNAVAILABLE. */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<{ key: string; sizeBytes: number }>;
  /** Deletes an object; does nothing when there is none. Throws SERVICE_UNAVAILABLE. */
  delete(key: string, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
