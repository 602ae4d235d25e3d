// The connection to NATS, and the words of its errors in those of the bus. Nothing else turns client errors into bus errors.

import { JetStreamApiError } from '@nats-io/jetstream';
import { connect, createInbox, errors, type NatsConnection } from '@nats-io/transport-node';
import { BusClosedError, NoRespondersError, RequestTimeoutError } from '../bus.ts';

export interface ConnectionOptions {
  /** host:port, several for a cluster. */
  readonly servers: readonly string[];
  /** Shown by the server's monitoring. */
  readonly name: string;
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
  /** Files in PEM. Absent: TLS only when a server asks for it, trusted as the system trusts. */
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
}

/** Two missed pings: a half-open connection is noticed within 4 s, not within the client's default of 4 minutes. */
const PING_MS = 2000;
const RECONNECT_MS = 200;

export async function openConnection(options: ConnectionOptions): Promise<NatsConnection> {
  const { servers, ...rest } = options;
  // Answers to a user come on subjects that only it may listen to (config/nats/users.conf).
  const inboxPrefix = options.user === undefined ? undefined : `_INBOX_${options.user.replace(/[^A-Za-z0-9_-]/g, '_')}`;
  const connecting = connect({
    ...rest,
    ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
    servers: [...servers],
    noAsyncTraces: true,
    // For ever: a process that has lost the bus is of no use, and whoever runs it sees its health.
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_MS,
    reconnectJitter: RECONNECT_MS,
    pingInterval: PING_MS,
    maxPingOut: 2,
  });
  try {
    const connection = await connecting;
    if (inboxPrefix !== undefined) inboxPrefixes.set(connection, inboxPrefix);
    return connection;
  } catch (error) {
    throw new Error(`no connection to NATS at ${servers.join(', ')}: ${(error as Error).message}`, { cause: error });
  }
}

const inboxPrefixes = new WeakMap<NatsConnection, string>();

/** A subject of the connection's own to get answers on. */
export function newInbox(connection: NatsConnection): string {
  return createInbox(inboxPrefixes.get(connection));
}

/** Codes of the JetStream API that decide what happens next. */
export const ApiCode = {
  NO_MESSAGE_FOUND: 10037,
  STREAM_NOT_FOUND: 10059,
  WRONG_LAST_SEQUENCE: 10071,
  WRONG_LAST_SEQUENCE_UNKNOWN: 10164,
  CONSUMER_NOT_FOUND: 10014,
} as const;

export function apiCode(error: unknown): number | undefined {
  return error instanceof JetStreamApiError ? error.code : undefined;
}

/** The stream's last sequence as the refusal of an append names it; undefined when it does not. */
export function sequenceOfRefusal(description: string): number | undefined {
  const [, sequence] = /wrong last sequence: (\d+)/.exec(description) ?? [];
  return sequence === undefined ? undefined : Number(sequence);
}

/** What a request or a call to the API failed with, as a bus error; other errors stay what they are. */
export function busError(error: unknown, what: string): Error {
  if (error instanceof errors.RequestError && error.isNoResponders()) {
    return new NoRespondersError(`nobody answers: ${what}`, { cause: error });
  }
  if (error instanceof errors.TimeoutError) return new RequestTimeoutError(`no answer in time: ${what}`, { cause: error });
  if (error instanceof errors.ClosedConnectionError || error instanceof errors.DrainingConnectionError) {
    return new BusClosedError('the connection to NATS is closed', { cause: error });
  }
  return error instanceof Error ? error : new Error(`${what}: ${String(error)}`);
}

export function isClosed(error: unknown): boolean {
  return error instanceof BusClosedError || busError(error, '') instanceof BusClosedError;
}

const ACK_TOKENS_OLD = 9;

/** Positions of a delivered message, from its reply subject ($JS.ACK...., in its old and its new form). */
export interface Delivery {
  readonly streamSequence: number;
  readonly consumerSequence: number;
  /** Matching messages behind it. */
  readonly pending: number;
}

export function parseDelivery(reply: string): Delivery | undefined {
  const tokens = reply.split('.');
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK' || tokens.length < ACK_TOKENS_OLD) return undefined;
  const at = tokens.length === ACK_TOKENS_OLD ? 5 : 7;
  return {
    streamSequence: Number(tokens[at]),
    consumerSequence: Number(tokens[at + 1]),
    pending: Number(tokens[at + 3]),
  };
}
