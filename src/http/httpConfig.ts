// Every setting of the HTTP edge with its default. config/*.json names them the same way; src/config.ts checks the values.

import type { RateLimitConfig } from './addressRate.ts';

/** Bounds that protect the process from any one client. */
export interface HttpLimits {
  /** Largest request body; 413 above. */
  readonly bodyBytesMax: number;
  /** Request line and headers together; 431 above. */
  readonly headerBytesMax: number;
  /** Headers of a request; 431 above. */
  readonly headersMax: number;
  /** Path and query as sent; 414 above. */
  readonly urlLengthMax: number;
  /** TCP connections, HTTP and WebSocket together; more are refused at once. */
  readonly connectionsMax: number;
  /** Of them, those of one address (of one /64 for IPv6); more are cut at once. Trusted proxies are not limited. */
  readonly connectionsPerAddressMax: number;
  /** For sending the whole request; 408 after it. */
  readonly requestTimeoutMs: number;
  /** For sending the headers. */
  readonly headersTimeoutMs: number;
  /** An idle connection is kept this long. */
  readonly keepAliveTimeoutMs: number;
  /** A connection on which nothing moves for this long is cut: of a client that neither sends nor reads. */
  readonly stalledTimeoutMs: number;
  /** When the server closes: for requests in progress and WebSocket closes; then connections are cut. */
  readonly closeTimeoutMs: number;
}

/** Signed requests of the native API. */
export interface AuthConfig {
  /** How far X-SEDAX-TIMESTAMP may be from the server's time, each way. */
  readonly windowMs: number;
  /** Signatures of mutating requests remembered inside the window; beyond it mutating requests are shed (-1008). */
  readonly replayMemoryMax: number;
}

export interface WsConfig {
  /** Open WebSockets; more are answered 503. */
  readonly connectionsMax: number;
  /** Open WebSockets of one address; more are answered 429. */
  readonly connectionsPerAddressMax: number;
  /** Largest message of a client; it is closed with 1009 above. */
  readonly messageBytesMax: number;
  /** Messages of a client per second, pings and pongs included, as a sustained rate; bursts of twice as many pass. */
  readonly messagesPerSecondMax: number;
  /** Channels of one native connection. */
  readonly subscriptionsMax: number;
  /** Bytes waiting for one client to read; the client is dropped above (1013). */
  readonly bufferedBytesMax: number;
  /** The server pings this often. */
  readonly heartbeatMs: number;
  /** A client from which nothing came for this long is dropped. */
  readonly idleTimeoutMs: number;
}

export interface HttpConfig {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Files in PEM; both or neither ('' = plain HTTP). */
  readonly tlsCertFile: string;
  readonly tlsKeyFile: string;
  /** Bearer token of /admin/v1; '' switches the admin API off. */
  readonly adminToken: string;
  /** Addresses and CIDR ranges of proxies whose X-Forwarded-For is believed; empty = nobody's. */
  readonly trustedProxies: readonly string[];
  /** Serves the API's description at /docs. */
  readonly docs: boolean;
  readonly limits: HttpLimits;
  /** Of the native and the admin API; the Binance-compatible one has its own. */
  readonly rateLimit: RateLimitConfig;
  readonly auth: AuthConfig;
  readonly ws: WsConfig;
}

export const DEFAULT_HTTP_CONFIG: HttpConfig = Object.freeze<HttpConfig>({
  host: '127.0.0.1',
  port: 3001,
  tlsCertFile: '',
  tlsKeyFile: '',
  adminToken: '',
  trustedProxies: [],
  docs: true,
  limits: Object.freeze<HttpLimits>({
    bodyBytesMax: 65_536,
    headerBytesMax: 16_384,
    headersMax: 100,
    urlLengthMax: 8_192,
    connectionsMax: 10_000,
    connectionsPerAddressMax: 2_000,
    requestTimeoutMs: 30_000,
    headersTimeoutMs: 10_000,
    keepAliveTimeoutMs: 72_000,
    stalledTimeoutMs: 120_000,
    closeTimeoutMs: 5_000,
  }),
  rateLimit: Object.freeze<RateLimitConfig>({ requestsPerSecond: 1_000, burst: 5_000 }),
  auth: Object.freeze<AuthConfig>({ windowMs: 5_000, replayMemoryMax: 500_000 }),
  ws: Object.freeze<WsConfig>({
    connectionsMax: 5_000,
    connectionsPerAddressMax: 1_000,
    messageBytesMax: 65_536,
    messagesPerSecondMax: 50,
    subscriptionsMax: 1_024,
    bufferedBytesMax: 4_194_304,
    heartbeatMs: 20_000,
    idleTimeoutMs: 60_000,
  }),
});
