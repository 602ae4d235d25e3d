// Every setting of sedax: its type, bounds, default and what it does. Config files, environment and --help follow from it.

import type { PipelineConfig } from '../actors/pipeline.ts';
import { DEFAULT_HTTP_CONFIG, type HttpConfig } from '../http/httpConfig.ts';
import type { SecretSettings } from '../secrets/secretSettings.ts';
import { BINANCE_SECTION, type BinanceConfig } from './binanceSchema.ts';
import { NATS_SECTION, type NatsConfig } from './natsSchema.ts';
import { flag, list, type Section, section, text, whole } from './setting.ts';

export interface Config {
  readonly mode: 'embedded' | 'distributed';
  readonly roles: string;
  readonly process: string;
  readonly dataDir: string;
  readonly instrumentsFile: string;
  readonly log: { readonly level: string; readonly format: 'json' | 'text' };
  readonly http: Omit<HttpConfig, 'adminToken'>;
  readonly admin: { readonly token: string };
  readonly secrets: SecretSettings;
  readonly binance: BinanceConfig;
  readonly demo: { readonly enabled: boolean };
  readonly fees: { readonly maker: string; readonly taker: string };
  readonly journal: {
    readonly durability: 'always' | 'interval' | 'none';
    readonly intervalMs: number;
    readonly mapSizeBytes: number;
    readonly memoryBytesMax: number;
  };
  readonly nats: NatsConfig;
  readonly history: { readonly mapSizeBytes: number; readonly thread: boolean };
  readonly pipeline: PipelineConfig;
}

const RATE = { pattern: '^0(\\.\\d{1,8})?$', example: '0.001' };
const GIB = 2 ** 30;
const { limits, rateLimit, auth, ws, ...http } = DEFAULT_HTTP_CONFIG;

export const CONFIG_SCHEMA: Section = section({
  mode: text('embedded', 'embedded: everything in this process; distributed: over NATS JetStream', {
    enum: ['embedded', 'distributed'],
  }),
  roles: text('all', 'what this process does, distributed mode only: all, or some of acquiring,admin,settlement,match,kline,push,history', {
    pattern: '^(all|acquiring|admin|settlement|match|kline|push|history)(,(all|acquiring|admin|settlement|match|kline|push|history))*$',
    example: 'match,kline',
  }),
  process: text('', "name of this process in logs, headers and monitoring; '' = host and process id. No two may share one", {
    pattern: '^[A-Za-z0-9_-]{0,64}$',
    example: 'match-1',
  }),
  dataDir: text('./data', 'folder of the journal, the history and the keys; one process at a time'),
  instrumentsFile: text('', "symbols listed on the first start; '' = config/instruments.json of the package"),
  log: section({
    level: text('info', 'least severe level logged', {
      enum: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    }),
    format: text('text', 'text for people, json for machines', { enum: ['text', 'json'] }),
  }),
  http: section({
    host: text(http.host, 'address to listen on'),
    port: whole(http.port, 'port to listen on; 0 = any free one', 0, 65_535),
    tlsCertFile: text('', "certificate chain in PEM; '' = plain HTTP"),
    tlsKeyFile: text('', 'private key in PEM, with tlsCertFile'),
    trustedProxies: list('addresses and CIDR ranges of proxies whose X-Forwarded-For is believed'),
    docs: flag(http.docs, 'serve the API description at /docs'),
    limits: section({
      bodyBytesMax: whole(limits.bodyBytesMax, 'largest request body in bytes', 1024),
      headerBytesMax: whole(limits.headerBytesMax, 'request line and headers in bytes', 1024),
      headersMax: whole(limits.headersMax, 'headers of a request', 10, 2000),
      urlLengthMax: whole(limits.urlLengthMax, 'longest URL', 256),
      connectionsMax: whole(limits.connectionsMax, 'TCP connections at once'),
      connectionsPerAddressMax: whole(
        limits.connectionsPerAddressMax,
        'TCP connections of one address (of one /64 for IPv6); trusted proxies are not limited',
      ),
      requestTimeoutMs: whole(limits.requestTimeoutMs, 'time to send a whole request'),
      headersTimeoutMs: whole(limits.headersTimeoutMs, 'time to send the headers'),
      keepAliveTimeoutMs: whole(limits.keepAliveTimeoutMs, 'how long an idle connection is kept'),
      stalledTimeoutMs: whole(limits.stalledTimeoutMs, 'how long nothing may move on a connection before it is cut', 1000),
      closeTimeoutMs: whole(limits.closeTimeoutMs, 'time for requests in progress when the server stops'),
    }),
    rateLimit: section({
      requestsPerSecond: whole(
        rateLimit.requestsPerSecond,
        'requests of one address to the native and the admin API per second; 0 = no limit',
        0,
      ),
      burst: whole(rateLimit.burst, 'requests that an address may make at once after a pause'),
    }),
    auth: section({
      windowMs: whole(auth.windowMs, 'how far the timestamp of a signed native request may be off, each way'),
      replayMemoryMax: whole(auth.replayMemoryMax, 'signatures remembered against replay'),
    }),
    ws: section({
      connectionsMax: whole(ws.connectionsMax, 'WebSockets at once'),
      connectionsPerAddressMax: whole(ws.connectionsPerAddressMax, 'WebSockets of one address'),
      messageBytesMax: whole(ws.messageBytesMax, 'largest message of a client', 256),
      messagesPerSecondMax: whole(ws.messagesPerSecondMax, 'messages of a client per second'),
      subscriptionsMax: whole(ws.subscriptionsMax, 'channels of one native WebSocket'),
      bufferedBytesMax: whole(ws.bufferedBytesMax, 'bytes waiting for a slow reader before it is dropped', 4096),
      heartbeatMs: whole(ws.heartbeatMs, 'pause between pings', 100),
      idleTimeoutMs: whole(ws.idleTimeoutMs, 'silence after which a WebSocket is dropped', 200),
    }),
  }),
  admin: section({
    token: text('', "bearer token of /admin/v1; '' = made on the first embedded start and kept in the data folder", { isSecret: true }),
  }),
  secrets: section({
    key: text('', "keys that seal the API keys' secrets in the log, 32 bytes in hex or base64; several: the first seals, all open", {
      isSecret: true,
    }),
    keyFile: text('', "file of these keys, one a line; '' = sedax/secrets.key in the user's settings folder, made on the first start"),
    unreadable: text('fail', 'secrets no key opens: fail = do not start; refuse = start, and refuse their API keys', {
      enum: ['fail', 'refuse'],
    }),
  }),
  binance: BINANCE_SECTION,
  demo: section({
    enabled: flag(true, 'make funded demo accounts on the first embedded start; never in distributed mode'),
  }),
  fees: section({
    maker: text('0.001', 'maker commission of new accounts, as a fraction', RATE),
    taker: text('0.001', 'taker commission of new accounts, as a fraction', RATE),
  }),
  journal: section({
    durability: text('always', 'always: an answer waits for fsync; interval: fsync every intervalMs; none: no fsync', {
      enum: ['always', 'interval', 'none'],
    }),
    intervalMs: whole(100, 'pause between fsyncs with durability interval'),
    mapSizeBytes: whole(64 * GIB, 'most bytes the journal may grow to', 2 ** 20),
    memoryBytesMax: whole(256 * 2 ** 20, 'bytes of recent messages kept in memory for readers', 2 ** 20),
  }),
  nats: NATS_SECTION,
  history: section({
    mapSizeBytes: whole(64 * GIB, 'most bytes the history store may grow to', 2 ** 20),
    thread: flag(true, 'keep the history in a thread of its own, unless it is all this process does'),
  }),
  pipeline: section({
    accountPartitions: whole(1, 'partitions of the accounts; fixed once there is data', 1, 64),
    marketPartitions: whole(1, 'partitions of the symbols; fixed once there is data', 1, 64),
    partition: section({
      maxBatch: whole(1024, 'most inputs in one batch of a partition'),
      maxInFlight: whole(16, 'most steps of a partition appended and not yet persisted'),
      maxQueued: whole(8192, 'inputs queued at a partition before its readers wait'),
      poisonAttempts: whole(3, 'crashes over one input before it counts as poison'),
      passivateAfterMs: whole(60_000, 'idle time after which an actor is given up'),
      snapshotEverySteps: whole(20_000, 'steps of a partition between snapshots; 0 = only at the stop', 0),
      snapshotSliceRows: whole(500, 'orders and accounts a snapshot takes in before the next batch has its turn'),
    }),
    acquiring: section({
      timeoutMs: whole(10_000, 'longest wait for the outcome of a command', 10),
      admission: section({
        maxPending: whole(8192, 'most commands in flight'),
        minPending: whole(32, 'commands let in at once, however slow answers get'),
        targetMs: whole(250, 'response time that the door keeps to: what would wait longer is refused'),
      }),
    }),
    consumerBatch: whole(1024, 'most messages push and history take at once'),
    pushSnapshotEveryMessages: whole(50_000, 'messages between snapshots of push; 0 = only at the stop', 0),
    tickMs: whole(100, 'pause between ticks of expiry and klines', 5),
    accountLimits: section({
      maxNumOrders: whole(0, 'open orders of one account over all symbols (EXCHANGE_MAX_NUM_ORDERS); 0 = any number', 0),
      maxNumAlgoOrders: whole(0, 'open stop orders of one account over all symbols; 0 = any number', 0),
      maxNumIcebergOrders: whole(0, 'open iceberg orders of one account over all symbols; 0 = any number', 0),
      maxNumOrderLists: whole(0, 'open order lists of one account over all symbols; 0 = any number', 0),
    }),
    leaseTtlMs: whole(3_000, 'life of a partition lease that is not renewed: how long a dead writer is waited for', 100),
    memberTtlMs: whole(2_000, 'silence after which a process counts as gone, distributed mode only', 200),
    retention: section({
      everyMs: whole(0, 'pause between looks for what no snapshot and no history needs any more, distributed mode only; 0 = keep all', 0),
      keepMessages: whole(100_000, 'newest messages of every stream that stay in any case'),
      histories: whole(1, 'history processes there are: when fewer answer, nothing is trimmed'),
    }),
  }),
});
