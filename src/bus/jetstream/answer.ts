// Answers to requests, failures included. A failure travels in the headers that NATS services use (ADR-32), so that `nats req`
// and every client library show it as one.
import { headers, type Msg } from '@nats-io/transport-node';
import type { RequestHandler } from '../bus.ts';
import { isClosed } from './connection.ts';

const ERROR = 'Nats-Service-Error';
const ERROR_CODE = 'Nats-Service-Error-Code';
/** A header holds visible ASCII in one line; '%' says that the text is encoded. */
const PLAIN = /^[\x21-\x24\x26-\x7e](?:[\x20-\x24\x26-\x7e]*[\x21-\x24\x26-\x7e])?$/;
const ERROR_LENGTH_MAX = 2000;

export async function answerRequest(handler: RequestHandler, message: Msg): Promise<void> {
  let reply: Uint8Array | undefined;
  let failure = '';
  try {
    reply = await handler(message.data, message.subject);
  } catch (error) {
    failure = (error instanceof Error ? error.message : String(error)) || 'failed without a message';
  }
  try {
    if (reply === undefined) message.respond(undefined, { headers: failureHeaders(failure) });
    else message.respond(reply);
  } catch (error) {
    // The connection was closed meanwhile: whoever asked sees a time-out.
    if (!isClosed(error)) throw error;
  }
}

function failureHeaders(failure: string): ReturnType<typeof headers> {
  // By way of bytes: halves of characters can't be encoded.
  const text = Buffer.from(failure.slice(0, ERROR_LENGTH_MAX)).toString();
  const to = headers();
  to.set(ERROR, PLAIN.test(text) ? text : encodeURIComponent(text));
  to.set(ERROR_CODE, '500');
  return to;
}

/** What the responder failed with; undefined when it did not. */
export function failureOf(reply: Msg): string | undefined {
  const text = reply.headers?.get(ERROR);
  if (!text) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    // Another program's words, with a bare '%'.
    return text;
  }
}
