// Who a WS-API connection is logged on as, and the user data it hears: sessions, subscriptions and their ends.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SocketServer, socketServer, type TestClient } from '../../../../tests/fixtures/binanceSocketServer.ts';
import {
  makeApiKey,
  makeBalance,
  makeProfile,
  TEST_ACCOUNT_ID,
  TEST_API_KEY,
  TEST_NOW_US,
  TEST_SECRET,
} from '../../../../tests/fixtures/fakeExchange.ts';
import { signedParams } from '../../../../tests/fixtures/signedParams.ts';
import type { AccountEvent } from '../../../ports/accountEvents.ts';

const NOW_MS = TEST_NOW_US / 1000;
const OTHER_KEY = 'B'.repeat(64);
const OTHER_ACCOUNT_ID = 1001;

let server: SocketServer;
let client: TestClient;

async function start(options: Parameters<typeof socketServer>[0] = {}): Promise<void> {
  server = await socketServer(options);
  server.exchange.profiles.set(OTHER_ACCOUNT_ID, makeProfile({ accountId: OTHER_ACCOUNT_ID }));
  server.exchange.keys.set(OTHER_KEY, makeApiKey({ apiKey: OTHER_KEY, accountId: OTHER_ACCOUNT_ID }));
  client = await server.connect('/ws-api/v3?returnRateLimits=false');
}
beforeEach(() => start());
afterEach(async () => {
  await server.stop();
  expect(server.unexpected).toEqual([]);
  expect(server.exchange.listenerCount().account).toBe(0);
});

const ask = (method: string, params?: Record<string, unknown>, id: unknown = 1) =>
  client.ask(params === undefined ? { id, method } : { id, method, params });
const logon = (key = TEST_API_KEY) => ask('session.logon', signedParams({}, key));
const subscribeBySignature = (key = TEST_API_KEY) => ask('userDataStream.subscribe.signature', signedParams({}, key, TEST_SECRET));

function emit(accountId = TEST_ACCOUNT_ID): void {
  const events: AccountEvent[] = [{ kind: 'positions', timeUs: TEST_NOW_US, balances: [makeBalance({ accountId })] }];
  server.exchange.emitAccount(accountId, events);
}

const ended = (subscriptionId: number) => ({ subscriptionId, event: { e: 'eventStreamTerminated', E: NOW_MS } });
const notLoggedOn = {
  apiKey: null,
  authorizedSince: null,
  connectedSince: NOW_MS,
  returnRateLimits: false,
  serverTime: NOW_MS,
  userDataStream: false,
};

describe('a session', () => {
  it('stands for its key until logout, with a timestamp still', async () => {
    expect(await ask('session.status')).toEqual({ id: 1, status: 200, result: notLoggedOn });
    expect(await ask('account.status', { timestamp: NOW_MS })).toMatchObject({ status: 401, error: { code: -2014 } });
    server.ticker.advance(1_000);
    const params = { ...signedParams({ timestamp: NOW_MS + 1_000 }) };
    const loggedOn = {
      ...notLoggedOn,
      apiKey: TEST_API_KEY,
      authorizedSince: NOW_MS + 1_000,
      serverTime: NOW_MS + 1_000,
    };
    expect(await ask('session.logon', params)).toEqual({ id: 1, status: 200, result: loggedOn });
    expect(await ask('session.status')).toEqual({ id: 1, status: 200, result: loggedOn });
    expect(await ask('account.status', { timestamp: NOW_MS + 1_000 })).toMatchObject({
      status: 200,
      result: { uid: TEST_ACCOUNT_ID },
    });
    expect(await ask('account.status', {})).toMatchObject({ status: 400, error: { code: -1102 } });
    expect(await ask('session.logout')).toMatchObject({ result: { apiKey: null, authorizedSince: null } });
    expect(await ask('account.status', { timestamp: NOW_MS + 1_000 })).toMatchObject({ error: { code: -2014 } });
    expect(await ask('session.logout')).toMatchObject({ status: 200 });
  });

  it('gives way to a key named in a request, and changes by another logon', async () => {
    await logon();
    expect(await ask('account.status', signedParams({}, OTHER_KEY))).toMatchObject({ result: { uid: OTHER_ACCOUNT_ID } });
    expect(await ask('account.status', { timestamp: NOW_MS })).toMatchObject({ result: { uid: TEST_ACCOUNT_ID } });
    expect(await logon(OTHER_KEY)).toMatchObject({ result: { apiKey: OTHER_KEY } });
    expect(await ask('account.status', { timestamp: NOW_MS })).toMatchObject({ result: { uid: OTHER_ACCOUNT_ID } });
  });

  it('needs a good signature', async () => {
    const params = { ...signedParams(), signature: '0'.repeat(64) };
    expect(await ask('session.logon', params)).toMatchObject({ status: 400, error: { code: -1022 } });
    expect(await ask('session.logon', { timestamp: NOW_MS })).toMatchObject({ status: 401, error: { code: -2014 } });
    expect(await ask('session.status')).toMatchObject({ result: { apiKey: null } });
    await logon();
    // A session is no signature for the next logon.
    expect(await ask('session.logon', { timestamp: NOW_MS })).toMatchObject({ error: { code: -2014 } });
  });

  it('counts for what is sent right after the logon', async () => {
    client.send({ id: 1, method: 'session.logon', params: signedParams() });
    client.send({ id: 2, method: 'account.status', params: { timestamp: NOW_MS } });
    client.send({ id: 3, method: 'userDataStream.subscribe' });
    expect(await client.json()).toMatchObject({ id: 1, status: 200 });
    expect((await Promise.all([client.json(), client.json()])).sort((a, b) => Number(a.id) - Number(b.id))).toMatchObject([
      { id: 2, status: 200 },
      { id: 3, status: 200, result: { subscriptionId: 0 } },
    ]);
  });

  it.each([
    ['revoked', { revoked: true }],
    ['bound to other addresses', { ipAllowList: ['203.0.113.7'] }],
  ])('ends with the next request when its key is %s', async (_name, change) => {
    await logon();
    await ask('userDataStream.subscribe');
    server.exchange.keys.set(TEST_API_KEY, makeApiKey(change));
    client.send({ id: 7, method: 'ping' });
    expect(await client.json()).toEqual(ended(0));
    expect(await client.json()).toEqual({
      id: null,
      status: 401,
      error: { code: -2015, msg: 'Invalid API-key, IP, or permissions for action.' },
    });
    expect(await ask('ping')).toEqual({ id: 1, status: 200, result: {} });
    expect(await ask('session.status')).toMatchObject({ result: { apiKey: null, userDataStream: false } });
  });

  it('costs two for each of its requests', async () => {
    expect(server.edge.limits.addresses.usedWeight('127.0.0.1', server.exchange.nowUs)).toBe(2);
    await ask('session.status');
    await ask('session.subscriptions');
    await logon();
    await ask('session.logout');
    expect(server.edge.limits.addresses.usedWeight('127.0.0.1', server.exchange.nowUs)).toBe(10);
  });
});

describe('user data', () => {
  it('of the session: wrapped events, until logout', async () => {
    expect(await ask('userDataStream.subscribe')).toMatchObject({ status: 401, error: { code: -1002 } });
    await logon();
    expect(await ask('userDataStream.subscribe')).toEqual({ id: 1, status: 200, result: { subscriptionId: 0 } });
    expect(await ask('session.status')).toMatchObject({ result: { userDataStream: true } });
    emit();
    expect(await client.text()).toBe(
      `{"subscriptionId":0,"event":{"e":"outboundAccountPosition","E":${NOW_MS},"u":${NOW_MS},"B":[{"a":"USDT","f":"100000.00000000","l":"0.00000000"}]}}`,
    );
    client.send({ id: 2, method: 'session.logout' });
    expect(await client.json()).toEqual(ended(0));
    expect(await client.json()).toMatchObject({ id: 2, result: { userDataStream: false } });
    emit();
    expect(await client.drain()).toEqual([]);
  });

  it('by signature: several accounts on one connection, and none twice', async () => {
    expect(await subscribeBySignature()).toMatchObject({ result: { subscriptionId: 0 } });
    expect(await subscribeBySignature(OTHER_KEY)).toMatchObject({ result: { subscriptionId: 1 } });
    const already = { error: { code: -2035, msg: 'User Data Stream subscription already active.' } };
    expect(await subscribeBySignature()).toMatchObject(already);
    await logon();
    expect(await ask('userDataStream.subscribe')).toMatchObject(already);
    expect(await ask('session.subscriptions', {})).toMatchObject({ result: [{ subscriptionId: 0 }, { subscriptionId: 1 }] });
    emit();
    expect(await client.json()).toMatchObject({ subscriptionId: 0, event: { e: 'outboundAccountPosition' } });
    emit(OTHER_ACCOUNT_ID);
    expect(await client.json()).toMatchObject({ subscriptionId: 1 });
    // Logging out ends what the session opened, and nothing else.
    await ask('session.logout');
    emit();
    expect(await client.json()).toMatchObject({ subscriptionId: 0 });
  });

  it('ends one by one or all together; ids are not used again', async () => {
    await subscribeBySignature();
    await subscribeBySignature(OTHER_KEY);
    client.send({ id: 5, method: 'userDataStream.unsubscribe', params: { subscriptionId: 0 } });
    expect(await client.json()).toEqual(ended(0));
    expect(await client.json()).toEqual({ id: 5, status: 200, result: {} });
    const inactive = { error: { code: -2036, msg: 'User Data Stream subscription not active.' } };
    expect(await ask('userDataStream.unsubscribe', { subscriptionId: 0 })).toMatchObject(inactive);
    expect(await ask('userDataStream.unsubscribe', { subscriptionId: 'x' })).toMatchObject({ error: { code: -1100 } });
    expect(await subscribeBySignature()).toMatchObject({ result: { subscriptionId: 2 } });
    client.send({ id: 6, method: 'userDataStream.unsubscribe' });
    expect(await Promise.all([client.json(), client.json(), client.json()])).toEqual([
      ended(1),
      ended(2),
      { id: 6, status: 200, result: {} },
    ]);
    expect(await ask('session.subscriptions')).toMatchObject({ result: [] });
    expect(await ask('userDataStream.unsubscribe')).toMatchObject(inactive);
  });

  it('has its limits', async () => {
    await server.stop();
    await start({ sockets: { subscriptionsMax: 1, subscriptionIdsMax: 3 } });
    for (const subscriptionId of [0, 1]) {
      expect(await subscribeBySignature()).toMatchObject({ result: { subscriptionId } });
      await ask('userDataStream.unsubscribe');
      await client.json();
    }
    expect(await subscribeBySignature()).toMatchObject({ result: { subscriptionId: 2 } });
    expect(await subscribeBySignature(OTHER_KEY)).toMatchObject({
      error: { code: -2042, msg: 'Maximum subscription ID reached for this connection.' },
    });
    client = await server.connect('/ws-api/v3?returnRateLimits=false');
    await subscribeBySignature();
    expect(await subscribeBySignature(OTHER_KEY)).toMatchObject({ error: { code: -1191 } });
  });

  it('ends when its key is revoked, before the next event gets out', async () => {
    await subscribeBySignature();
    server.exchange.keys.set(TEST_API_KEY, makeApiKey({ revoked: true }));
    emit();
    expect(await client.json()).toEqual(ended(0));
    emit();
    expect(await client.drain()).toEqual([]);
  });

  it('reaches every connection that asked, in its time unit, and ends with the connection', async () => {
    await subscribeBySignature();
    const micros = await server.connect('/ws-api/v3?timeUnit=MICROSECOND');
    await micros.ask({ id: 1, method: 'userDataStream.subscribe.signature', params: signedParams() });
    emit();
    expect(await client.json()).toMatchObject({ event: { E: NOW_MS } });
    expect(await micros.json()).toMatchObject({ event: { E: TEST_NOW_US } });
    micros.socket.terminate();
    while (server.sockets.connectionCount > 1) await server.settle();
    emit();
    expect(await client.json()).toMatchObject({ event: { E: NOW_MS } });
  });

  it('says good-bye', async () => {
    await subscribeBySignature();
    const closing = server.close();
    expect(await client.json()).toEqual({ event: { e: 'serverShutdown', E: NOW_MS } });
    expect((await client.close()).code).toBe(1001);
    await closing;
  });
});
