// The limits of the Binance API as an operator sets them and a client meets them, on a running sedax: each at its limit,
// over REST and the WebSocket API, with every header. Windows are of a day, so that no test runs across the end of one;
// each test comes from an address of its own, told by a proxy.
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { SocketClient } from '../fixtures/socketClient.ts';
import { type DemoKey, demoKeys, SedaxProcess } from './sedaxProcess.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape; tests assert on them
type Json = any;
interface Answer {
  readonly status: number;
  readonly body: Json;
  /** Those of the limits. */
  readonly headers: Readonly<Record<string, string>>;
}

const ENV = {
  SEDAX_JOURNAL_DURABILITY: 'none',
  SEDAX_HTTP_TRUSTED_PROXIES: '127.0.0.1',
  SEDAX_BINANCE_RATE_LIMITS_REQUEST_WEIGHT: '50/1d',
  SEDAX_BINANCE_RATE_LIMITS_RAW_REQUESTS: '40/2d',
  SEDAX_BINANCE_RATE_LIMITS_ORDERS: '4/1h,6/1d',
  SEDAX_BINANCE_RATE_LIMITS_CONNECTIONS: '3/1d',
  SEDAX_BINANCE_RATE_LIMITS_MAKER_FILL_CREDIT: '2',
  SEDAX_BINANCE_RATE_LIMITS_REFUSALS_BEFORE_BAN: '2',
  SEDAX_BINANCE_RATE_LIMITS_FIRST_BAN_MS: '1000',
  SEDAX_BINANCE_RATE_LIMITS_LONGEST_BAN_MS: '2000',
  SEDAX_BINANCE_SOCKETS_STREAMS_PER_CONNECTION: '3',
  SEDAX_BINANCE_SOCKETS_STREAM_MESSAGES_PER_SECOND: '4',
  SEDAX_BINANCE_SOCKETS_PING_EVERY_MS: '1000',
  SEDAX_BINANCE_SOCKETS_PONG_WITHIN_MS: '1000',
  SEDAX_BINANCE_SOCKETS_LIFE_MS: '6000',
};
const DAY_S = 86_400;
const LIMIT_HEADER = /^(?:x-mbx-|retry-after)/;

let dir: string;
let sedax: SedaxProcess;
let keys: readonly DemoKey[];
const sockets: SocketClient[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-limits-'));
  sedax = await SedaxProcess.start(dir, ENV);
  keys = demoKeys(dir);
});
afterAll(async () => {
  for (const { webSocket } of sockets) webSocket.terminate();
  await sedax.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function rest(ip: string, verb: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const answer = await fetch(`${sedax.url}${path}`, { method: verb, headers: { 'x-forwarded-for': ip, ...headers } });
  const told = [...answer.headers].filter(([name]) => LIMIT_HEADER.test(name));
  return { status: answer.status, body: await answer.json(), headers: Object.fromEntries(told) };
}

function signed(ip: string, key: DemoKey, verb: string, path: string, params: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const query = new URLSearchParams({ ...params, timestamp: String(Date.now()) }).toString();
  const signature = createHmac('sha256', key.secret).update(query).digest('hex');
  return rest(ip, verb, `/api/v3${path}?${query}&signature=${signature}`, { 'x-mbx-apikey': key.apiKey });
}

async function connect(ip: string, path: string, autoPong = true): Promise<SocketClient> {
  const url = `${sedax.url.replace('http', 'ws')}${path}`;
  const client = await SocketClient.open(url, { headers: { 'x-forwarded-for': ip }, autoPong });
  sockets.push(client);
  return client;
}

/** Seconds left of the day, give or take the one that may pass meanwhile. */
function untilMidnight(retryAfter: string | undefined): void {
  const left = DAY_S - ((Date.now() / 1000) % DAY_S);
  expect(Math.abs(Number(retryAfter) - left)).toBeLessThan(2);
}

describe('request weight', () => {
  const TEXT = /^Too much request weight used; current limit is 50 request weight per 1 DAY\. Please use WebSocket Streams/;

  test('is one count for REST and the WebSocket API; 429 above, then 418 with bans that grow', async () => {
    const ip = '10.1.0.1';
    expect(await rest(ip, 'GET', '/api/v3/exchangeInfo?symbol=BTCUSDT')).toMatchObject({
      status: 200,
      headers: { 'x-mbx-used-weight': '20', 'x-mbx-used-weight-1d': '20' },
    });
    const api = await connect(ip, '/ws-api/v3');
    expect(await api.ask({ id: 1, method: 'exchangeInfo', params: { symbol: 'BTCUSDT' } })).toMatchObject({
      status: 200,
      rateLimits: [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'DAY', intervalNum: 1, limit: 50, count: 42 }],
    });
    expect((await rest(ip, 'GET', '/api/v3/depth?symbol=BTCUSDT')).headers['x-mbx-used-weight-1d']).toBe('47');
    const last = await rest(ip, 'GET', '/api/v3/ticker/price');
    expect(last).toMatchObject({ status: 429, body: { code: -1003, msg: expect.stringMatching(TEXT) } });
    expect(last.headers['x-mbx-used-weight-1d']).toBe('51');
    untilMidnight(last.headers['retry-after']);
    const refused = await api.ask({ id: 2, method: 'ping' });
    expect(refused).toMatchObject({ id: 2, status: 429, error: { code: -1003, msg: expect.stringMatching(TEXT) } });
    expect(refused.error.data.retryAfter % (DAY_S * 1000)).toBe(0);
    expect(Math.abs(refused.error.data.serverTime - Date.now())).toBeLessThan(2_000);

    // Two refusals were let pass; the next is a ban, and the WebSocket API is closed on the address.
    const ban = await rest(ip, 'GET', '/api/v3/ping');
    expect(ban).toMatchObject({ status: 418, body: { code: -1003 }, headers: { 'retry-after': '1' } });
    const untilMs = Number(/IP banned until (\d+)\. Please use WebSocket Streams/.exec(ban.body.msg)?.[1]);
    expect(Math.abs(untilMs - Date.now())).toBeLessThan(2_000);
    expect((await api.closed).code).toBe(1008);
    expect((await rest('10.1.0.2', 'GET', '/api/v3/ping')).status).toBe(200);

    // Whoever goes on after it is banned for twice as long, up to the longest.
    for (const seconds of ['2', '2']) {
      await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000 + 50));
      expect((await rest(ip, 'GET', '/api/v3/ping')).status).toBe(429);
      expect((await rest(ip, 'GET', '/api/v3/ping')).status).toBe(429);
      expect(await rest(ip, 'GET', '/api/v3/ping')).toMatchObject({ status: 418, headers: { 'retry-after': seconds } });
    }
  }, 20_000);
});

test('raw requests are counted whatever they weigh, and shown in exchangeInfo', async () => {
  const ip = '10.2.0.1';
  const { body } = await rest('10.2.0.2', 'GET', '/api/v3/exchangeInfo');
  expect(body.rateLimits).toEqual([
    { rateLimitType: 'REQUEST_WEIGHT', interval: 'DAY', intervalNum: 1, limit: 50 },
    { rateLimitType: 'ORDERS', interval: 'HOUR', intervalNum: 1, limit: 4 },
    { rateLimitType: 'ORDERS', interval: 'DAY', intervalNum: 1, limit: 6 },
    { rateLimitType: 'RAW_REQUESTS', interval: 'DAY', intervalNum: 2, limit: 40 },
  ]);
  for (let i = 1; i <= 40; i++) {
    const { status, headers } = await rest(ip, 'GET', '/api/v3/ping');
    expect([status, headers['x-mbx-used-weight']]).toEqual([200, String(i)]);
  }
  const refused = await rest(ip, 'GET', '/api/v3/ping');
  expect(refused).toMatchObject({ status: 429, body: { code: -1003, msg: 'Too many requests queued.' } });
  expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(2 * DAY_S);
});

test('unfilled orders of an account, over keys, addresses and APIs; fills give back', async () => {
  const [alice, bob] = keys as [DemoKey, DemoKey];
  const limit = { symbol: 'BTCUSDT', side: 'SELL', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.01', price: '50000' };
  const counts = ({ headers }: Answer) => [headers['x-mbx-order-count-1h'], headers['x-mbx-order-count-1d']];
  // Asking costs 40: each question comes from an address of its own.
  let asked = 0;
  const counted = async (key: DemoKey) =>
    (await signed(`10.3.9.${++asked}`, key, 'GET', '/rateLimit/order')).body.map(({ count }: { count: number }) => count);

  for (let i = 1; i <= 3; i++) {
    const placed = await signed(`10.3.0.${i}`, alice, 'POST', '/order', limit);
    // Placing is free of weight when it succeeds.
    expect([placed.status, ...counts(placed), placed.headers['x-mbx-used-weight']]).toEqual([200, String(i), String(i), '0']);
  }
  // The order's first fill gives 2 back to the maker, 1 to the taker.
  const taken = await signed('10.3.0.4', bob, 'POST', '/order', { symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quantity: '0.01' });
  expect(taken).toMatchObject({ status: 200, body: { status: 'FILLED' } });
  await expect.poll(() => counted(alice)).toEqual([1, 1]);
  await expect.poll(() => counted(bob)).toEqual([0, 0]);

  const api = await connect('10.3.0.5', '/ws-api/v3');
  const params = (key: DemoKey) => {
    const named: Record<string, string> = { ...limit, apiKey: key.apiKey, timestamp: String(Date.now()) };
    const payload = Object.keys(named)
      .sort()
      .map((name) => `${name}=${named[name]}`)
      .join('&');
    return { ...named, signature: createHmac('sha256', key.secret).update(payload).digest('hex') };
  };
  for (let i = 2; i <= 4; i++) {
    expect(await api.ask({ id: i, method: 'order.place', params: params(alice) })).toMatchObject({
      status: 200,
      rateLimits: [
        { rateLimitType: 'ORDERS', interval: 'HOUR', intervalNum: 1, limit: 4, count: i },
        { rateLimitType: 'ORDERS', interval: 'DAY', intervalNum: 1, limit: 6, count: i },
        { rateLimitType: 'REQUEST_WEIGHT', count: 2 },
      ],
    });
  }
  const text = 'Too many new orders; current limit is 4 orders per 1 HOUR.';
  const overWs = await api.ask({ id: 9, method: 'order.place', params: params(alice) });
  expect(overWs).toMatchObject({ status: 429, error: { code: -1015, msg: text } });
  expect(overWs.error.data.retryAfter % 3_600_000).toBe(0);
  const over = await signed('10.3.0.6', alice, 'POST', '/order', limit);
  expect(over).toMatchObject({ status: 429, body: { code: -1015, msg: text } });
  expect(Number(over.headers['retry-after'])).toBeLessThanOrEqual(3600);
  // Cancels give nothing back, tests cost nothing, and the other account is not concerned.
  expect((await signed('10.3.0.6', alice, 'DELETE', '/openOrders', { symbol: 'BTCUSDT' })).status).toBe(200);
  expect((await signed('10.3.0.6', alice, 'POST', '/order/test', limit)).status).toBe(200);
  expect(await counted(alice)).toEqual([4, 4]);
  expect((await signed('10.3.0.6', alice, 'POST', '/order', limit)).status).toBe(429);
  expect(counts(await signed('10.3.0.7', bob, 'POST', '/order', limit))).toEqual(['1', '1']);
});

test('connections are counted as they are tried, streams and WebSocket API together', async () => {
  const ip = '10.4.0.1';
  await connect(ip, '/ws/btcusdt@trade');
  await connect(ip, '/stream?streams=btcusdt@trade');
  const api = await connect(ip, '/ws-api/v3');
  const { result } = await api.ask({ id: 1, method: 'exchangeInfo' });
  expect(result.rateLimits).toContainEqual({ rateLimitType: 'CONNECTIONS', interval: 'DAY', intervalNum: 1, limit: 3 });
  const refused = await connect(ip, '/ws-api/v3');
  expect(await refused.next()).toMatchObject({
    id: null,
    status: 429,
    error: { code: -1034, msg: "Too many connection attempts from IP; current limit is 3 per '1 DAY'." },
  });
  await refused.closed;
  expect((await connect('10.4.0.2', '/ws/btcusdt@trade')).webSocket.readyState).toBe(WebSocket.OPEN);
});

describe('a socket', () => {
  test('has so many streams', async () => {
    const socket = await connect('10.5.0.1', '/ws/btcusdt@trade/btcusdt@depth');
    expect(await socket.ask({ method: 'SUBSCRIBE', params: ['ethusdt@trade'], id: 1 })).toEqual({ result: null, id: 1 });
    expect(await socket.ask({ method: 'SUBSCRIBE', params: ['ethusdt@depth'], id: 2 })).toEqual({
      code: 2,
      msg: 'Invalid request: a connection can listen to a maximum of 3 streams',
    });
  });

  test('takes so many messages a second', async () => {
    const socket = await connect('10.5.0.2', '/ws/btcusdt@depth');
    for (let id = 1; id <= 5; id++) socket.sendText(JSON.stringify({ method: 'LIST_SUBSCRIPTIONS', id }));
    expect(await socket.closed).toEqual({ code: 1008, reason: 'too many messages' });
  });

  test.concurrent.each(['/ws/btcusdt@aggTrade', '/ws-api/v3'])(
    'is pinged, dropped without a pong, and ended at its age: %s',
    async (path) => {
      const [answers, silent] = await Promise.all([connect('10.5.0.3', path), connect('10.5.0.4', path, false)]);
      const startMs = Date.now();
      let pings = 0;
      answers.webSocket.on('ping', () => {
        pings++;
      });
      expect((await silent.closed).code).toBe(1008);
      expect(answers.webSocket.readyState).toBe(WebSocket.OPEN);
      expect((await answers.closed).code).toBe(1001);
      expect(Date.now() - startMs).toBeGreaterThan(5_000);
      expect(pings).toBeGreaterThanOrEqual(3);
    },
    15_000,
  );
});
