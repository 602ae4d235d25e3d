// The servers that orders are sent to: an edge over an exchange that answers at once, the Binance edge over a whole embedded venue,
// and bare fastify routes that parse and verify the same requests and answer the same bytes.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { ApiKeyKind } from '../../src/domain/accountProfile.ts';
import { BinanceEdge } from '../../src/http/binance/edge.ts';
import { DEFAULT_RATE_LIMITS } from '../../src/http/binance/rateLimits/rateLimitSettings.ts';
import { binanceRestApi } from '../../src/http/binance/rest/restApi.ts';
import { DEFAULT_HTTP_CONFIG } from '../../src/http/httpConfig.ts';
import { nativeApi } from '../../src/http/native/nativeApi.ts';
import { buildServer, type EdgeApi } from '../../src/http/server.ts';
import type { ExchangePort } from '../../src/ports/exchangePort.ts';
import { fakeExchange, makeInstrument, TEST_API_KEY, TEST_SECRET } from '../../tests/fixtures/fakeExchange.ts';
import { Venue } from '../../tests/pipeline/venue.ts';
import { ADMIT_EVERYTHING } from '../measure/admitEverything.ts';
import { BINANCE_PATH, type Key, NATIVE_PATH, type RequestKind } from './requests.ts';

export interface OrderServer {
  readonly kind: RequestKind;
  readonly port: number;
  readonly keys: readonly Key[];
  /** Throws when the exchange behind it is not in order. */
  check(): Promise<void>;
  close(): Promise<void>;
}

const TEST_KEYS: readonly Key[] = [{ apiKey: TEST_API_KEY, secret: TEST_SECRET }];
const SILENT = pino({ level: 'silent' });
/** Of each asset: the buyer spends 50 at a request and is not to run out, however many there are. Near what 64 bits hold. */
const FUNDS = 10_000_000_000n;
/** Limits are checked and never reached. */
const MOST = Number.MAX_SAFE_INTEGER;
const RATE_LIMITS = {
  ...DEFAULT_RATE_LIMITS,
  requestWeight: { ...DEFAULT_RATE_LIMITS.requestWeight, limit: MOST },
  rawRequests: { ...DEFAULT_RATE_LIMITS.rawRequests, limit: MOST },
  orders: DEFAULT_RATE_LIMITS.orders.map((limit) => ({ ...limit, limit: MOST })),
};
const CONFIG = {
  ...DEFAULT_HTTP_CONFIG,
  port: 0,
  auth: { windowMs: 60_000, replayMemoryMax: 10_000_000 },
  rateLimit: { requestsPerSecond: MOST, burst: MOST },
};

function quickExchange(): ExchangePort {
  const fake = fakeExchange();
  const { placeOrder } = fake;
  return {
    ...fake,
    clock: { nowUs: () => Date.now() * 1000 },
    // The fake remembers calls for tests; here they would only grow.
    placeOrder: (command: Parameters<typeof placeOrder>[0]) => {
      fake.calls.length = 0;
      return placeOrder(command);
    },
  };
}

async function serve(kind: RequestKind, exchange: ExchangePort, keys: readonly Key[], api: EdgeApi): Promise<OrderServer> {
  const server = await buildServer({ exchange, config: CONFIG, logger: SILENT, apis: [api] });
  const { port } = new URL(await server.listen());
  return { kind, port: Number(port), keys, check: () => Promise.resolve(), close: () => server.close() };
}

function binanceEdge(exchange: ExchangePort): EdgeApi {
  return binanceRestApi(new BinanceEdge({ exchange, settings: { rateLimits: RATE_LIMITS } }));
}

export function nativeServer(): Promise<OrderServer> {
  return serve('native', quickExchange(), TEST_KEYS, nativeApi);
}

export function binanceServer(): Promise<OrderServer> {
  const exchange = quickExchange();
  return serve('binance', exchange, TEST_KEYS, binanceEdge(exchange));
}

/** The Binance edge over every stage, journalled: two accounts that trade with each other. */
export async function embeddedServer(): Promise<OrderServer> {
  const dir = mkdtempSync(join(tmpdir(), 'sedax-rest-'));
  const { filters } = makeInstrument();
  const instruments = [makeInstrument({ filters: { ...filters, maxNumOrders: 0 } })];
  const venue = await Venue.open({
    dir,
    durability: 'interval',
    historyThread: true,
    // As shipped.
    intervalMs: 100,
    instruments,
    config: { acquiring: ADMIT_EVERYTHING },
  });
  const keys: Key[] = [];
  for (const name of ['buyer', 'seller']) {
    const accountId = await venue.fundedAccount(name, FUNDS);
    keys.push(await venue.exchange.admin.createApiKey({ accountId, kind: ApiKeyKind.HMAC }));
  }
  const server = await serve('binance', venue.exchange, keys, binanceEdge(venue.exchange));
  return {
    ...server,
    check: async () => {
      await venue.pipeline.barrier();
      for (const row of await venue.exchange.reconcile()) if (!row.ok) throw new Error(`${row.asset} does not add up`);
      if (venue.fatal.length > 0) throw new Error(venue.fatal.join('\n'));
    },
    close: async () => {
      await server.close();
      await venue.close(false);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function listen(kind: RequestKind, app: FastifyInstance): Promise<OrderServer> {
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return { kind, port, keys: TEST_KEYS, check: () => Promise.resolve(), close: () => app.close() };
}

export async function bareNativeServer(): Promise<OrderServer> {
  const sample = await fakeExchange().placeOrder({ accountId: 1000, symbol: 'BTCUSDT', order: {} as never });
  const answer = JSON.stringify(sample.ok ? { ...sample.report.order, reservedUnits: '', cumQuoteUnits: '', origQuoteUnits: '' } : {});
  const app = fastify({ logger: false });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.post(NATIVE_PATH, async (request, reply) => {
    const raw = request.body as Buffer;
    const order = JSON.parse(raw.toString()) as { symbol?: string };
    const { headers } = request;
    const prefix = `${headers['x-sedax-timestamp']}${request.method}${request.url}`;
    const mac = createHmac('sha256', TEST_SECRET).update(prefix).update(raw).digest();
    const good = timingSafeEqual(mac, Buffer.from(headers['x-sedax-signature'] as string, 'hex'));
    if (!good || order.symbol === undefined) return reply.code(400).send('');
    return reply.type('application/json; charset=utf-8').send(answer);
  });
  return listen('native', app);
}

export function bareBinanceServer(): Promise<OrderServer> {
  const app = fastify({ logger: false });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.post(BINANCE_PATH, async (request, reply) => {
    const raw = request.body as string;
    const order = new URLSearchParams(raw);
    const mac = createHmac('sha256', TEST_SECRET)
      .update(raw.slice(0, raw.lastIndexOf('&signature=')))
      .digest();
    const good = timingSafeEqual(mac, Buffer.from(order.get('signature') as string, 'hex'));
    if (!good || order.get('symbol') === null) return reply.code(400).send('');
    return reply.type('application/json;charset=UTF-8').send(BINANCE_ANSWER);
  });
  return listen('binance', app);
}

/** What the edge answers, so that both send as many bytes. */
const BINANCE_ANSWER = JSON.stringify({
  symbol: 'BTCUSDT',
  orderId: 12345,
  orderListId: -1,
  clientOrderId: 'x-TKT5PX2F12345',
  transactTime: 1700000000000,
  price: '50000.01000000',
  origQty: '1.00000000',
  executedQty: '0.00000000',
  origQuoteOrderQty: '0.00000000',
  cummulativeQuoteQty: '0.00000000',
  status: 'NEW',
  timeInForce: 'GTC',
  type: 'LIMIT',
  side: 'BUY',
  workingTime: 1700000000000,
  fills: [],
  selfTradePreventionMode: 'EXPIRE_MAKER',
});
