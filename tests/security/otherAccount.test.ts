// Another account's orders, lists and trades, asked for by id over every API of a whole exchange: each answer is the one for an id
// that does not exist, nothing of the other account is told, and its orders stay as they are.
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { DemoKey } from '../../src/demo.ts';
import { NativeClient } from '../e2e/nativeClient.ts';
import { encode, type Params } from '../fixtures/binanceRest.ts';
import { SocketClient } from '../fixtures/socketClient.ts';

const dir = mkdtempSync(join(tmpdir(), 'sedax-other-'));
let app: App;
let alice: NativeClient;
let bob: NativeClient;
let bobKey: DemoKey;
let bobSession: SocketClient;

interface Ids {
  readonly orderId: number;
  readonly clientOrderId: string;
  readonly orderListId: number;
  readonly listClientOrderId: string;
}
let hers: Ids;
const nobodys: Ids = { orderId: 999_999_999, clientOrderId: 'nobodys-order', orderListId: 999_999_998, listClientOrderId: 'nobodys-list' };
const limit = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', price: '20000.00', quantity: '0.001' };

type Answer = { readonly status: number; readonly body: unknown };

const signed = (key: DemoKey, params: Params): string => {
  const payload = encode({ ...params, timestamp: Date.now(), recvWindow: 60_000 });
  return `${payload}&signature=${createHmac('sha256', key.secret).update(payload).digest('hex')}`;
};

async function rest(method: string, path: string, params: Params): Promise<Answer> {
  const url = `${app.url}/api/v3${path}?${signed(bobKey, params)}`;
  const reply = await fetch(url, { method, headers: { 'x-mbx-apikey': bobKey.apiKey } });
  return { status: reply.status, body: await reply.json() };
}

let ids = 0;
async function socket(method: string, params: Params): Promise<Answer> {
  const { status, result, error } = await bobSession.ask({ id: ++ids, method, params: { ...params, timestamp: Date.now() } });
  return { status, body: error ?? result };
}

beforeAll(async () => {
  const env = { SEDAX_DATA_DIR: dir, SEDAX_HTTP_PORT: '0', SEDAX_JOURNAL_DURABILITY: 'none' };
  app = await startApp({
    config: loadConfig({ env }),
    logger: pino({ level: 'silent' }),
    onFatal: (_stage, error) => Promise.reject(error),
  });
  const [first, second] = app.demoKeys as [DemoKey, DemoKey];
  alice = new NativeClient(app.url, first);
  bob = new NativeClient(app.url, second);
  bobKey = second;
  bobSession = await SocketClient.open(`${app.url.replace('http', 'ws')}/ws-api/v3?returnRateLimits=false`);
  const logon: Record<string, string | number> = { apiKey: bobKey.apiKey, timestamp: Date.now() };
  const payload = encode(logon);
  const signature = createHmac('sha256', bobKey.secret).update(payload).digest('hex');
  expect(await bobSession.ask({ id: 0, method: 'session.logon', params: { ...logon, signature } })).toMatchObject({ status: 200 });

  const order = await alice.place({ ...limit, clientOrderId: 'her-own-order' });
  expect(order.status).toBe(200);
  const list = await alice.request('POST', '/api/spot/v2/lists', {
    symbol: 'BTCUSDT',
    type: 'OCO',
    clientOrderId: 'her-own-list',
    above: { side: 'SELL', type: 'LIMIT_MAKER', price: '90000.00', quantity: '0.001' },
    below: { side: 'SELL', type: 'STOP_LOSS', stopPrice: '10000.00', quantity: '0.001' },
  });
  expect(JSON.stringify(list.body)).toContain('her-own-list');
  // Something traded, between the two: bob's own order is the taker.
  await alice.place({ ...limit, symbol: 'ETHUSDT', price: '2000.00', quantity: '0.1', clientOrderId: 'her-filled-order' });
  const taken = await bob.place({ ...limit, symbol: 'ETHUSDT', side: 'SELL', price: '2000.00', quantity: '0.1', clientOrderId: 'his-own' });
  expect(taken.body).toMatchObject({ status: 'Filled' });
  hers = {
    orderId: order.body.orderId,
    clientOrderId: 'her-own-order',
    orderListId: list.body.orderListId,
    listClientOrderId: 'her-own-list',
  };
});
afterAll(async () => {
  await app.stop();
  rmSync(dir, { recursive: true, force: true });
});

const symbol = 'BTCUSDT';
const replaceBody = { ...limit, symbol, price: '20001.00' };
const replaceParams: Params = { ...limit, cancelReplaceMode: 'STOP_ON_FAILURE', price: '20001.00' };

/** Requests about an order or a list by its id. */
const BY_ID: readonly (readonly [string, (ids: Ids) => Promise<Answer>])[] = [
  ['native GET order', ({ orderId }) => bob.request('GET', `/api/spot/v2/${orderId}`)],
  ['native GET order by client id', ({ clientOrderId }) => bob.request('GET', `/api/spot/v2/client/${clientOrderId}?symbol=${symbol}`)],
  ['native GET amendments', ({ orderId }) => bob.request('GET', `/api/spot/v2/${orderId}/amendments`)],
  ['native DELETE order', ({ orderId }) => bob.request('DELETE', `/api/spot/v2/${orderId}?symbol=${symbol}`)],
  ['native DELETE order without symbol', ({ orderId }) => bob.request('DELETE', `/api/spot/v2/${orderId}`)],
  [
    'native DELETE order by client id',
    ({ clientOrderId }) => bob.request('DELETE', `/api/spot/v2/client/${clientOrderId}?symbol=${symbol}`),
  ],
  ['native PATCH order', ({ orderId }) => bob.request('PATCH', `/api/spot/v2/${orderId}`, { symbol, quantity: '0.0005' })],
  [
    'native PATCH by client id',
    ({ clientOrderId }) => bob.request('PATCH', `/api/spot/v2/client/${clientOrderId}`, { symbol, quantity: '0.0005' }),
  ],
  ['native replace', ({ orderId }) => bob.request('POST', `/api/spot/v2/${orderId}/replace`, replaceBody)],
  ['native replace by client id', ({ clientOrderId }) => bob.request('POST', `/api/spot/v2/client/${clientOrderId}/replace`, replaceBody)],
  ['native GET list', ({ orderListId }) => bob.request('GET', `/api/spot/v2/lists/${orderListId}`)],
  ['native GET list by client id', ({ listClientOrderId }) => bob.request('GET', `/api/spot/v2/lists/client/${listClientOrderId}`)],
  ['native DELETE list', ({ orderListId }) => bob.request('DELETE', `/api/spot/v2/lists/${orderListId}`)],
  ['native DELETE list by client id', ({ listClientOrderId }) => bob.request('DELETE', `/api/spot/v2/lists/client/${listClientOrderId}`)],
  ['REST GET /order', ({ orderId }) => rest('GET', '/order', { symbol, orderId })],
  ['REST GET /order by client id', ({ clientOrderId }) => rest('GET', '/order', { symbol, origClientOrderId: clientOrderId })],
  ['REST DELETE /order', ({ orderId }) => rest('DELETE', '/order', { symbol, orderId })],
  ['REST DELETE /order by client id', ({ clientOrderId }) => rest('DELETE', '/order', { symbol, origClientOrderId: clientOrderId })],
  ['REST PUT /order/amend', ({ orderId }) => rest('PUT', '/order/amend/keepPriority', { symbol, orderId, newQty: '0.0005' })],
  ['REST POST /order/cancelReplace', ({ orderId }) => rest('POST', '/order/cancelReplace', { ...replaceParams, cancelOrderId: orderId })],
  [
    'REST POST /order/cancelReplace by client id',
    ({ clientOrderId }) => rest('POST', '/order/cancelReplace', { ...replaceParams, cancelOrigClientOrderId: clientOrderId }),
  ],
  ['REST GET /orderList', ({ orderListId }) => rest('GET', '/orderList', { orderListId })],
  ['REST GET /orderList by client id', ({ listClientOrderId }) => rest('GET', '/orderList', { origClientOrderId: listClientOrderId })],
  ['REST DELETE /orderList', ({ orderListId }) => rest('DELETE', '/orderList', { symbol, orderListId })],
  ['REST DELETE /orderList by client id', ({ listClientOrderId }) => rest('DELETE', '/orderList', { symbol, listClientOrderId })],
  ['WebSocket order.status', ({ orderId }) => socket('order.status', { symbol, orderId })],
  ['WebSocket order.cancel', ({ orderId }) => socket('order.cancel', { symbol, orderId })],
  ['WebSocket order.amend.keepPriority', ({ orderId }) => socket('order.amend.keepPriority', { symbol, orderId, newQty: '0.0005' })],
  ['WebSocket order.cancelReplace', ({ orderId }) => socket('order.cancelReplace', { ...replaceParams, cancelOrderId: orderId })],
  ['WebSocket orderList.status', ({ orderListId }) => socket('orderList.status', { orderListId })],
  ['WebSocket orderList.cancel', ({ orderListId }) => socket('orderList.cancel', { symbol, orderListId })],
];

/** Lists that hold what is one's own alone: of hers, nothing. */
const EMPTY: readonly (readonly [string, (ids: Ids) => Promise<Answer>])[] = [
  ['native open orders', () => bob.request('GET', '/api/spot/v2/open')],
  ['native orders', () => bob.request('GET', `/api/spot/v2/?symbol=${symbol}`)],
  ['native lists', () => bob.request('GET', '/api/spot/v2/lists')],
  ['native open lists', () => bob.request('GET', '/api/spot/v2/lists/open')],
  ['native trades of an order', ({ orderId }) => bob.request('GET', `/api/spot/user/trades?symbol=${symbol}&orderId=${orderId}`)],
  ['REST /openOrders', () => rest('GET', '/openOrders', {})],
  ['REST /allOrders', () => rest('GET', '/allOrders', { symbol })],
  ['REST /allOrders from her id', ({ orderId }) => rest('GET', '/allOrders', { symbol, orderId })],
  ['REST /allOrderList', () => rest('GET', '/allOrderList', {})],
  ['REST /openOrderList', () => rest('GET', '/openOrderList', {})],
  ['REST /myTrades of an order', ({ orderId }) => rest('GET', '/myTrades', { symbol, orderId })],
  ['REST /myPreventedMatches', ({ orderId }) => rest('GET', '/myPreventedMatches', { symbol, orderId })],
  ['WebSocket openOrders.status', () => socket('openOrders.status', {})],
  ['WebSocket allOrders', ({ orderId }) => socket('allOrders', { symbol, orderId })],
  ['WebSocket allOrderLists', () => socket('allOrderLists', {})],
  ['WebSocket openOrderLists.status', () => socket('openOrderLists.status', {})],
  ['WebSocket myTrades', ({ orderId }) => socket('myTrades', { symbol, orderId })],
  ['WebSocket myPreventedMatches', ({ orderId }) => socket('myPreventedMatches', { symbol, orderId })],
];

/** Client order ids that the server makes up differ from answer to answer. */
const shape = (answer: Answer): string =>
  JSON.stringify(answer).replace(/"(transactTime|time|clientOrderId|newClientOrderId)":("[^"]*"|\d+)/g, '"$1":0');

async function herOrders(): Promise<string> {
  const [order, list, open] = await Promise.all([
    alice.request('GET', `/api/spot/v2/${hers.orderId}`),
    alice.request('GET', `/api/spot/v2/lists/${hers.orderListId}`),
    alice.request('GET', '/api/spot/v2/open'),
  ]);
  expect([order.status, list.status, open.status, open.body.length]).toEqual([200, 200, 200, 3]);
  return JSON.stringify([order.body, list.body, open.body]);
}

describe('what is hers', () => {
  it.each(BY_ID)('%s: is as unknown as what is nobody’s', async (_name, request) => {
    const before = await herOrders();
    const answer = await request(hers);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(shape(answer)).toBe(shape(await request(nobodys)));
    for (const fact of ['her-own', '20000.00', '90000']) expect(JSON.stringify(answer.body)).not.toContain(fact);
    expect(await herOrders()).toBe(before);
  });

  it.each(EMPTY)('%s: has nothing of it', async (_name, request) => {
    expect(await request(hers)).toEqual({ status: 200, body: [] });
  });

  it('cancelling everything cancels what is one’s own', async () => {
    const before = await herOrders();
    await bob.request('DELETE', `/api/spot/v2/?symbol=${symbol}`);
    await rest('DELETE', '/openOrders', { symbol });
    await socket('openOrders.cancelAll', { symbol });
    expect(await herOrders()).toBe(before);
  });

  it('a trade tells either side of itself and not of the other', async () => {
    for (const answer of [
      await bob.request('GET', '/api/spot/user/trades?symbol=ETHUSDT'),
      await rest('GET', '/myTrades', { symbol: 'ETHUSDT' }),
      await socket('myTrades', { symbol: 'ETHUSDT' }),
    ]) {
      expect(answer.body).toHaveLength(1);
      expect(JSON.stringify(answer.body)).not.toMatch(/her-|counterparty/);
    }
  });
});
