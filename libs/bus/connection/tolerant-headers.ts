import { MsgHdrsImpl } from '@nats-io/nats-core';

/** What may stand in the name of a header: the client throws at anything else. */
const NAME = /^[!-9;-~]+$/;
const STRAY_LINE_END = /[\r\n]/;
const LINE_END = '\r\n';
/** What every block of headers begins with, before a status where it has one. */
const VERSION = 'NATS/1.0';

let isTolerant = false;

/**
 * Makes the client read what it can of the headers of a message. By itself it throws at a malformed one, in the loop
 * that reads the connection, which then stands still without a word and without end: whoever may publish a single
 * message could silence everybody who reads its stream. The broker checks no headers.
 */
export function tolerateMalformedHeaders(): void {
  if (isTolerant) return;
  isTolerant = true;
  const decode = MsgHdrsImpl.decode.bind(MsgHdrsImpl);
  MsgHdrsImpl.decode = (bytes) => {
    try {
      return decode(bytes);
    } catch {
      return decode(wellFormed(bytes));
    }
  };
}

/** The block without lines that are no header. */
function wellFormed(bytes: Uint8Array): Uint8Array {
  const [version = VERSION, ...lines] = Buffer.from(bytes).toString('utf8').split(LINE_END);
  const headers = lines.filter((line) => {
    const colon = line.indexOf(':');
    return colon > 0 && NAME.test(line.slice(0, colon)) && !STRAY_LINE_END.test(line);
  });
  return Buffer.from([version, ...headers, '', ''].join(LINE_END));
}
