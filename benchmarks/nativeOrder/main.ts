// The edge's price of an order: POST /api/spot/v2/ over a fake exchange, against a bare fastify route that parses and verifies
// the same request and answers the same bytes. Goal: at least 60 % of the bare route's rate, in CPU time of the server.
// Needs nothing else; not part of the test suite. Run: npm run bench:build && node .cache/bench/benchmarks/nativeOrder/main.js
import { fork } from 'node:child_process';
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import fastify, { type FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { DEFAULT_HTTP_CONFIG } from '../../src/http/httpConfig.ts';
import { nativeApi } from '../../src/http/native/nativeApi.ts';
import { buildServer } from '../../src/http/server.ts';
import { fakeExchange, TEST_API_KEY, TEST_SECRET } from '../../tests/fixtures/fakeExchange.ts';

const REQUESTS = 40_000;
const ROUNDS = 3;

async function nativeServer(): Promise<FastifyInstance> {
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
  const rateLimit = { requestsPerSecond: 0, burst: 1 };
  const config = { ...DEFAULT_HTTP_CONFIG, port: 0, rateLimit, auth: { windowMs: 5000, replayMemoryMax: 10_000_000 } };
  const server = await buildServer({ exchange, config, logger: pino({ level: 'silent' }), apis: [nativeApi] });
  await server.listen();
  return server.app;
}

async function bareServer(answer: string): Promise<FastifyInstance> {
  const app = fastify({ logger: false });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.post('/api/spot/v2/', async (request, reply) => {
    const raw = request.body as Buffer;
    const order = JSON.parse(raw.toString()) as { symbol?: string };
    const { headers } = request;
    const prefix = `${headers['x-sedax-timestamp']}${request.method}${request.url}`;
    const mac = createHmac('sha256', TEST_SECRET).update(prefix).update(raw).digest();
    const good = timingSafeEqual(mac, Buffer.from(headers['x-sedax-signature'] as string, 'hex'));
    if (!good || order.symbol === undefined) return reply.code(400).send('');
    return reply.type('application/json; charset=utf-8').send(answer);
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

const native = await nativeServer();
const sample = await fakeExchange().placeOrder({ accountId: 1000, symbol: 'BTCUSDT', order: {} as never });
const answer = JSON.stringify(sample.ok ? { ...sample.report.order, reservedUnits: '', cumQuoteUnits: '', origQuoteUnits: '' } : {});
const bare = await bareServer(answer);
const rates: { readonly native: number[]; readonly bare: number[] } = { native: [], bare: [] };
for (let round = 0; round < ROUNDS; round++) {
  rates.bare.push(await measure(bare));
  rates.native.push(await measure(native));
}
// The first round warms up.
const best = (list: readonly number[]): number => Math.max(...list.slice(1));
const share = best(rates.native) / best(rates.bare);
process.stdout.write(`bare route   ${best(rates.bare).toFixed(0)} requests/s of CPU\n`);
process.stdout.write(`native order ${best(rates.native).toFixed(0)} requests/s of CPU\n`);
process.stdout.write(`share        ${(share * 100).toFixed(0)} % (goal: 60 %)\n`);
await Promise.all([native.close(), bare.close()]);
process.exit(0);
