// The edge's price of a Binance order: POST /api/v3/order over a fake exchange, against a bare fastify route that parses and
// verifies the same request and answers the same bytes. Goal: at least 60 % of the bare route's rate, in CPU time of the
// server. Needs nothing else; not part of the test suite.
// Run: npm run bench:build && node .cache/bench/benchmarks/binanceOrder/main.js
import { fork } from 'node:child_process';
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import fastify, { type FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { BinanceEdge } from '../../src/http/binance/edge.ts';
import { DEFAULT_RATE_LIMITS } from '../../src/http/binance/rateLimits/rateLimitSettings.ts';
import { binanceRestApi } from '../../src/http/binance/rest/restApi.ts';
import { DEFAULT_HTTP_CONFIG } from '../../src/http/httpConfig.ts';
import { buildServer } from '../../src/http/server.ts';
import { fakeExchange, TEST_API_KEY, TEST_SECRET } from '../../tests/fixtures/fakeExchange.ts';

const REQUESTS = 40_000;
const ROUNDS = 3;

async function binanceServer(): Promise<FastifyInstance> {
  const fake = fakeExchange();
  const { placeOrder } = fake;
  const exchange = {
    ...fake,
    clock: { nowUs: () => Date.now() * 1000 },
    // The fake remembers calls for tests; here they would only grow.
    placeOrder: (command: Parameters<typeof placeOrder>[0]) => {
      fake.calls.length = 0;
      return placeOrder(command);
    },
  };
  // Limits are checked and never reached.
  const most = Number.MAX_SAFE_INTEGER;
  const rateLimits = {
    ...DEFAULT_RATE_LIMITS,
    requestWeight: { ...DEFAULT_RATE_LIMITS.requestWeight, limit: most },
    rawRequests: { ...DEFAULT_RATE_LIMITS.rawRequests, limit: most },
    orders: DEFAULT_RATE_LIMITS.orders.map((limit) => ({ ...limit, limit: most })),
  };
  const edge = new BinanceEdge({ exchange, settings: { rateLimits } });
  const config = { ...DEFAULT_HTTP_CONFIG, port: 0 };
  const server = await buildServer({ exchange, config, logger: pino({ level: 'silent' }), apis: [binanceRestApi(edge)] });
  await server.listen();
  return server.app;
}

async function bareServer(answer: string): Promise<FastifyInstance> {
  const app = fastify({ logger: false });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.post('/api/v3/order', async (request, reply) => {
    const raw = request.body as string;
    const order = new URLSearchParams(raw);
    const mac = createHmac('sha256', TEST_SECRET)
      .update(raw.slice(0, raw.lastIndexOf('&signature=')))
      .digest();
    const good = timingSafeEqual(mac, Buffer.from(order.get('signature') as string, 'hex'));
    if (!good || order.get('symbol') === null) return reply.code(400).send('');
    return reply.type('application/json;charset=UTF-8').send(answer);
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app;
}

/** Requests per second of the server's CPU time. */
async function measure(app: FastifyInstance): Promise<number> {
  const { port } = app.server.address() as AddressInfo;
  const client = fork(fileURLToPath(new URL('./client.js', import.meta.url)), [String(port), TEST_SECRET, TEST_API_KEY, String(REQUESTS)]);
  const before = process.cpuUsage();
  const result = await new Promise<{ answered: number; failed: number }>((resolve) => client.on('message', (m) => resolve(m as never)));
  const { user, system } = process.cpuUsage(before);
  if (result.failed > 0 || result.answered !== REQUESTS) throw new Error(`failed: ${JSON.stringify(result)}`);
  return (REQUESTS * 1e6) / (user + system);
}

/** What the server answers, so that both send as many bytes. */
const ANSWER = JSON.stringify({
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

const binance = await binanceServer();
const bare = await bareServer(ANSWER);
const rates: { readonly binance: number[]; readonly bare: number[] } = { binance: [], bare: [] };
for (let round = 0; round < ROUNDS; round++) {
  rates.bare.push(await measure(bare));
  rates.binance.push(await measure(binance));
}
// The first round warms up.
const best = (list: readonly number[]): number => Math.max(...list.slice(1));
const share = best(rates.binance) / best(rates.bare);
process.stdout.write(`bare route    ${best(rates.bare).toFixed(0)} requests/s of CPU\n`);
process.stdout.write(`binance order ${best(rates.binance).toFixed(0)} requests/s of CPU\n`);
process.stdout.write(`share         ${(share * 100).toFixed(0)} % (goal: 60 %)\n`);
await Promise.all([binance.close(), bare.close()]);
process.exit(0);
