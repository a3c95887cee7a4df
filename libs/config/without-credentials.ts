/** A text in which addresses may carry a user and a password (RFC 3986, 3.2.1), without these. */
export const withoutCredentials = (text: string): string =>
  text.replace(/:\/\/[^/?#\s,]*@/g, '://').replace(/(^|[\s,])[^/?#\s,:@]+:[^/?#\s,]+@/g, '$1');
