// Every Binance method, over REST and over the WebSocket API, against every way to have no right to it. The REST routes are those
// that are registered, the methods those of the tables: one that forgot its check fails here.
import type { RouteOptions } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signHmac } from '../../src/http/auth/signature.ts';
import { binanceApi } from '../../src/http/binance/binanceApi.ts';
import type { Verb } from '../../src/http/binance/methods/binanceMethod.ts';
import { BINANCE_METHODS, METHODS_BY_NAME } from '../../src/http/binance/methods/index.ts';
import { DEFAULT_RATE_LIMITS } from '../../src/http/binance/rateLimits/rateLimitSettings.ts';
import { FOREIGN_ROUTES, TRADE_FEE } from '../../src/http/binance/rest/foreignRoutes.ts';
import { LISTEN_KEY_PATH } from '../../src/http/binance/rest/listenKeyRoutes.ts';
import { SESSION_METHODS } from '../../src/http/binance/wsApi/sessionMethods.ts';
import { forget, makeApiKey, makeProfile, TEST_ACCOUNT_ID, TEST_API_KEY, TEST_NOW_US, TEST_SECRET } from '../fixtures/fakeExchange.ts';
import { SocketClient } from '../fixtures/socketClient.ts';
import { type TestServer, testServer } from '../fixtures/testServer.ts';

type Needs = 'nothing' | 'key' | 'signature' | 'signature of a trader';

const registered: string[] = [];
const server: TestServer = await testServer([
  ({ app }) => {
    app.addHook('onRoute', ({ method, url }: RouteOptions) => {
      registered.push(`${String(method)} ${url}`);
    });
  },
  binanceApi({ settings: { legacyListenKeys: true, rateLimits: { ...DEFAULT_RATE_LIMITS, enforced: false } } }),
]);
const { exchange } = server;
const NOW_MS = TEST_NOW_US / 1000;
const OTHER_SECRET = 'x'.repeat(64);

const needsOf = (security: string): Needs => {
  if (security === 'NONE') return 'nothing';
  return security === 'TRADE' ? 'signature of a trader' : 'signature';
};
const rest = new Map<string, Needs>();
for (const { restRoutes, security } of [...BINANCE_METHODS, TRADE_FEE]) {
  for (const { verb, path } of restRoutes) rest.set(`${verb} ${path}`, needsOf(security));
}
for (const { path } of FOREIGN_ROUTES) rest.set(`GET ${path}`, 'nothing');
for (const verb of ['POST', 'PUT', 'DELETE']) rest.set(`${verb} ${LISTEN_KEY_PATH}`, 'key');

const webSocket = new Map<string, Needs>();
for (const [name, { security }] of METHODS_BY_NAME) webSocket.set(name, needsOf(security));
for (const [name, { signed }] of SESSION_METHODS) webSocket.set(name, signed === undefined ? 'nothing' : 'signature');

let client: SocketClient;
beforeAll(async () => {
  client = await SocketClient.open(`${(await server.listen()).replace('http', 'ws')}/ws-api/v3?returnRateLimits=false`);
});
beforeEach(() => {
  forget(exchange);
  exchange.keys.set(TEST_API_KEY, makeApiKey());
  exchange.profiles.set(TEST_ACCOUNT_ID, makeProfile());
});
afterAll(() => server.close());

interface Attempt {
  readonly apiKey?: string | null;
  readonly secret?: string;
  readonly timestamp?: number | null;
  readonly signature?: string | null;
  /** Parameters that are sent and not signed. */
  readonly unsigned?: Readonly<Record<string, string>>;
}

/** The parameters in the order they are sent over REST; over the WebSocket API they are signed in the order of the alphabet. */
function paramsOf(attempt: Attempt, withKey: boolean): Record<string, string | number> {
  const { apiKey = TEST_API_KEY, secret = TEST_SECRET, timestamp = NOW_MS, signature, unsigned = {} } = attempt;
  const params: Record<string, string | number> = {};
  if (withKey && apiKey !== null) params.apiKey = apiKey;
  if (timestamp !== null) params.timestamp = timestamp;
  const payload = Object.entries(params)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  if (signature !== null) params.signature = signature ?? signHmac(secret, payload);
  return { ...params, ...unsigned };
}

/** '401 -2014' of a REST request. */
async function askRest(route: string, attempt: Attempt): Promise<string> {
  const [method, path] = route.split(' ') as [Verb, string];
  const query = Object.entries(paramsOf(attempt, false))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  const { apiKey = TEST_API_KEY } = attempt;
  const headers = apiKey === null ? {} : { 'x-mbx-apikey': apiKey };
  const reply = await server.app.inject({ method, url: `${path}?${query}`, headers });
  return `${reply.statusCode} ${reply.json().code ?? ''}`;
}

let ids = 0;
async function askSocket(method: string, attempt: Attempt): Promise<string> {
  const { status, error } = await client.ask({ id: ++ids, method, params: paramsOf(attempt, true) });
  return `${status} ${error?.code ?? ''}`;
}

/** Attempts that no signed method takes, and what each is told. */
const DENIED: readonly (readonly [string, Attempt, string])[] = [
  ['no key', { apiKey: null }, '401 -2014'],
  ['an empty key', { apiKey: '' }, '401 -2014'],
  ['a key of another form', { apiKey: 'not a key' }, '401 -2014'],
  ['a key that is a name of every object', { apiKey: 'constructor00000' }, '401 -2015'],
  ['an unknown key', { apiKey: 'B'.repeat(64) }, '401 -2015'],
  ['no signature', { signature: null }, '400 -1102'],
  ['no timestamp', { timestamp: null }, '400 -1102'],
  ['a wrong signature', { signature: '0'.repeat(64) }, '400 -1022'],
  ['a signature cut short', { signature: '0'.repeat(63) }, '400 -1022'],
  ['a signature of another form', { signature: 'none' }, '400 -1022'],
  ['the signature of another secret', { secret: OTHER_SECRET }, '400 -1022'],
  ['a parameter that was not signed', { unsigned: { recvWindow: '60000' } }, '400 -1022'],
  ['an old timestamp', { timestamp: NOW_MS - 5_001 }, '400 -1021'],
  ['a timestamp ahead of time', { timestamp: NOW_MS + 1_000 }, '400 -1021'],
  ['an old timestamp under a window that is too long', { timestamp: NOW_MS - 61_000, unsigned: { recvWindow: '61000' } }, '400 -1131'],
];
const BAD_KEYS: readonly (readonly [string, Parameters<typeof makeApiKey>[0]])[] = [
  ['a revoked key', { revoked: true }],
  ['a key of another address', { ipAllowList: ['203.0.113.1'] }],
  ['a key whose address list names no address', { ipAllowList: ['nowhere'] }],
];
/** What only the checks of a caller answer. */
const BY_THE_CHECKS = /^401 |-(1021|1022|1131|2014|2015)$/;

it('knows every route there is', () => {
  expect(registered.sort()).toEqual([...rest.keys()].sort());
  expect([...rest.values()].filter((needs) => needs !== 'nothing').length).toBeGreaterThan(25);
  expect([...webSocket.values()].filter((needs) => needs !== 'nothing').length).toBeGreaterThan(25);
});

const every = [
  ...[...rest].map(([name, needs]) => [`REST ${name}`, needs, (attempt: Attempt) => askRest(name, attempt)] as const),
  ...[...webSocket].map(([name, needs]) => [`WebSocket ${name}`, needs, (attempt: Attempt) => askSocket(name, attempt)] as const),
];

describe.each(every.filter(([, needs]) => needs.startsWith('signature')))('%s', (_name, needs, ask) => {
  it.each(DENIED)('is denied with %s', async (_case, attempt, expected) => {
    expect(await ask(attempt)).toBe(expected);
    expect(exchange.calls).toEqual([]);
  });

  it.each(BAD_KEYS)('is denied with %s', async (_case, over) => {
    exchange.keys.set(TEST_API_KEY, makeApiKey(over));
    expect(await ask({})).toBe('401 -2015');
    expect(exchange.calls).toEqual([]);
  });

  it('takes a key that may not trade only where nothing is changed', async () => {
    exchange.keys.set(TEST_API_KEY, makeApiKey({ canTrade: false }));
    const answer = await ask({});
    if (needs === 'signature of a trader') {
      expect(answer).toBe('401 -2015');
      expect(exchange.calls).toEqual([]);
    } else expect(answer).not.toMatch(BY_THE_CHECKS);
  });

  it('is refused before its signature is looked at while the door is shut, where it changes something', async () => {
    Object.assign(exchange, { sheds: () => true });
    const answers = [await ask({ signature: '0'.repeat(64) }), await ask({})];
    Object.assign(exchange, { sheds: () => false });
    if (needs === 'signature of a trader') {
      expect(answers).toEqual(['503 -1008', '503 -1008']);
      expect(exchange.calls).toEqual([]);
    } else {
      expect(answers[0]).toBe('400 -1022');
      expect(answers[1]).not.toMatch(BY_THE_CHECKS);
    }
  });

  it('lets the signer in', async () => {
    expect(await ask({})).not.toMatch(BY_THE_CHECKS);
  });
});

describe.each(every.filter(([, needs]) => needs === 'key'))('%s', (_name, _needs, ask) => {
  it('wants a good key and no signature', async () => {
    for (const apiKey of [null, '', 'not a key']) expect(await ask({ apiKey, signature: null })).toBe('401 -2014');
    expect(await ask({ apiKey: 'B'.repeat(64) })).toBe('401 -2015');
    for (const [, over] of BAD_KEYS) {
      exchange.keys.set(TEST_API_KEY, makeApiKey(over));
      expect(await ask({})).toBe('401 -2015');
    }
    exchange.keys.set(TEST_API_KEY, makeApiKey());
    expect(await ask({ signature: null })).not.toMatch(BY_THE_CHECKS);
  });
});

describe.each(every.filter(([name, needs]) => needs === 'nothing' && !name.includes('userDataStream')))('%s', (_name, _needs, ask) => {
  it('is open to everybody and tells nothing of an account', async () => {
    expect(await ask({ apiKey: null, signature: null, timestamp: null })).not.toMatch(BY_THE_CHECKS);
    expect(exchange.calls.filter(({ method }) => !/^history\.(trades|aggTrades|klines)$/.test(method))).toEqual([]);
  });
});

it('user data wants a session or a signature of its own', async () => {
  const before = exchange.listenerCount().account;
  const stranger = await SocketClient.open(`${urlOf()}/ws-api/v3?returnRateLimits=false`);
  expect(await stranger.ask({ id: 1, method: 'userDataStream.subscribe' })).toMatchObject({ status: 401, error: { code: -1002 } });
  expect(exchange.listenerCount().account).toBe(before);
});

function urlOf(): string {
  const { port } = server.app.server.address() as { readonly port: number };
  return `ws://127.0.0.1:${port}`;
}
