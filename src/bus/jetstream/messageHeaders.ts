// Headers as NATS carries them (text without line ends, one line a header) <-> headers of the bus.
// Text stays readable in `nats stream view`; only what a header can't hold is percent-encoded.
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import type { Headers } from '../bus.ts';

/** Names the unit a message was published in, so that its writer recognises it after an unknown outcome. */
export const UNIT_HEADER = 'Sedax-Unit';
const RESERVED = 'Nats-';

// Visible ASCII and inner spaces, and no '%', which says that the rest is encoded.
const PLAIN = /^(?:[\x21-\x24\x26-\x7e](?:[\x20-\x24\x26-\x7e]*[\x21-\x24\x26-\x7e])?)?$/;

export function writeHeaders(from: Headers): MsgHdrs {
  const to = headers();
  for (const name in from) {
    const value = from[name]!;
    to.set(name, PLAIN.test(value) ? value : encodeURIComponent(value));
  }
  return to;
}

/** Leaves out what the server and this bus added. */
export function readHeaders(from: MsgHdrs | undefined): Headers {
  const to: Record<string, string> = {};
  if (from === undefined) return to;
  for (const [name, values] of from) {
    if (name.startsWith(RESERVED) || name === UNIT_HEADER) continue;
    const value = values[0] ?? '';
    to[name] = value.includes('%') ? decode(value) : value;
  }
  return to;
}

/** Headers of other programs may hold a bare '%'. */
function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
