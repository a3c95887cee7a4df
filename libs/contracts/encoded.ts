const encoded = new WeakMap<object, Buffer>();

/**
 * Remembers the bytes that a message was decoded from, for who sends it on as it is: an image need not be copied to be
 * encoded again. The message is not to be changed.
 */
export function rememberBytes<T extends object>(message: T, bytes: Buffer): T {
  encoded.set(message, bytes);
  return message;
}

/** The bytes of a message that {@link rememberBytes} was called with; undefined for all others. */
export const rememberedBytes = (message: object): Buffer | undefined => encoded.get(message);
