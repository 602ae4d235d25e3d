// What an operator may set of the Binance-compatible sockets; the defaults are the documented limits.

export interface SocketSettings {
  /** Messages (JSON, ping, pong) a stream socket may send per second; it is disconnected above. */
  readonly streamMessagesPerSecond: number;
  readonly streamsPerConnection: number;
  /** A connection is closed when it is this old. */
  readonly lifeMs: number;
  readonly pingEveryMs: number;
  /** A peer that has not answered a ping for this long is dropped. */
  readonly pongWithinMs: number;
  /** Bytes waiting for a peer to read; it is dropped above. */
  readonly bufferedBytesMax: number;
  /** Longest time stream events are held back under load, so that several share a write; 0 = never. */
  readonly coalesceMsMax: number;
  /** Time a peer has to take the close frame. */
  readonly closeTimeoutMs: number;
  /** Requests of one WS-API connection that have not been answered; more wait for the next turn, unread. */
  readonly requestsInFlightMax: number;
  /** Active user data subscriptions of one WS-API connection, and all it may ever make. */
  readonly subscriptionsMax: number;
  readonly subscriptionIdsMax: number;
}

const HOUR_MS = 3_600_000;

export const DEFAULT_SOCKET_SETTINGS: SocketSettings = Object.freeze<SocketSettings>({
  streamMessagesPerSecond: 5,
  streamsPerConnection: 1024,
  lifeMs: 24 * HOUR_MS,
  pingEveryMs: 20_000,
  pongWithinMs: 60_000,
  bufferedBytesMax: 4_194_304,
  coalesceMsMax: 10,
  closeTimeoutMs: 5_000,
  requestsInFlightMax: 1_000,
  subscriptionsMax: 1_000,
  subscriptionIdsMax: 65_535,
});
