// User data over listenKeys, the way Binance retired: with the option on, clients of that time work as they did. Off is
// tested with each client's other routes.
import { createRequire } from 'node:module';
import { type DefaultLogger, WebsocketClient } from 'binance';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Inbox } from './inbox.ts';
import { ClientVenue } from './venue.ts';

/** What is used of @binance/connector, which comes without types. */
interface Connector {
  readonly Spot: new (
    apiKey: string,
    apiSecret: string,
    options: object,
  ) => {
    createListenKey(): Promise<{ readonly data: { readonly listenKey: string } }>;
    renewListenKey(listenKey: string): Promise<{ readonly data: object }>;
    closeListenKey(listenKey: string): Promise<{ readonly data: object }>;
  };
  readonly WebsocketStream: new (
    options: object,
  ) => {
    userData(listenKey: string): void;
    disconnect(): void;
  };
  readonly WebsocketAPI: new (
    apiKey: string,
    apiSecret: string,
    options: object,
  ) => {
    startUserDataStream(): void;
    pingUserDataStream(listenKey: string): void;
    stopUserDataStream(listenKey: string): void;
    disconnect(): void;
  };
}
const { Spot, WebsocketAPI, WebsocketStream } = createRequire(import.meta.url)('@binance/connector') as Connector;

type Event = Readonly<Record<string, unknown>>;
const symbol = 'BTCUSDT';
let venue: ClientVenue;

beforeAll(async () => {
  venue = await ClientVenue.start({ SEDAX_BINANCE_LEGACY_LISTEN_KEYS: 'true' });
  await venue.makes('SELL', '50000', '2');
});
afterAll(() => venue.stop());

const buys = (quantity: string) => venue.taker.place({ symbol, side: 'BUY', type: 'MARKET', quantity });

/** A fill of alice's is told whole: the report of the new order, of the trade, and the balances after it. */
async function seesAFill(inbox: Inbox<Event>, quantity: string): Promise<void> {
  const { body } = await buys(quantity);
  const { orderId } = body as { orderId: number };
  const report = (x: string) => inbox.first((event) => event.e === 'executionReport' && event.i === orderId && event.x === x);
  const size = Number(quantity).toFixed(8);
  expect(await report('NEW')).toMatchObject({ s: symbol, S: 'BUY', o: 'MARKET', X: 'NEW', q: size, z: '0.00000000' });
  expect(await report('TRADE')).toMatchObject({ X: 'FILLED', l: size, L: '50000.00000000', N: 'BTC', m: false });
  const assets = (event: Event) => (event.B as readonly { readonly a: string }[]).map(({ a }) => a).sort();
  const settled = await inbox.first((event) => event.e === 'outboundAccountPosition' && assets(event).includes('BTC'));
  expect(assets(settled)).toEqual(['BTC', 'USDT']);
}

test('@binance/connector: created, listened to, renewed, closed', async () => {
  const client = new Spot(venue.alice.apiKey, venue.alice.secret, { baseURL: venue.url });
  const { listenKey } = (await client.createListenKey()).data;
  expect(listenKey).toMatch(/^[a-zA-Z0-9]{64}$/);
  expect((await client.createListenKey()).data).toEqual({ listenKey });
  const inbox = new Inbox<Event>();
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const quiet = { info() {}, debug() {}, warn() {}, error() {}, log() {} };
  const callbacks = { open: () => open(), message: (text: string) => inbox.put(JSON.parse(text) as Event) };
  const stream = new WebsocketStream({ wsURL: venue.wsUrl, callbacks, logger: quiet });
  try {
    stream.userData(listenKey);
    await opened;
    await seesAFill(inbox, '0.01');
    expect((await client.renewListenKey(listenKey)).data).toEqual({});
    expect((await client.closeListenKey(listenKey)).data).toEqual({});
    await expect(client.renewListenKey(listenKey)).rejects.toMatchObject({
      response: { status: 400, data: { code: -1125, msg: 'This listenKey does not exist.' } },
    });
    // The stream is silent from now on: a fill and its answer pass, and nothing comes.
    const heard = inbox.messages.length;
    await buys('0.01');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(inbox.messages).toHaveLength(heard);
  } finally {
    stream.disconnect();
  }
});

test('@binance/connector: start, ping and stop over the WebSocket API', async () => {
  const inbox = new Inbox<Event>();
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const quiet = { info() {}, debug() {}, warn() {}, error() {}, log() {} };
  const callbacks = { open: () => open(), message: (text: string) => inbox.put(JSON.parse(text) as Event) };
  const api = new WebsocketAPI(venue.alice.apiKey, venue.alice.secret, { wsURL: `${venue.wsUrl}/ws-api/v3`, callbacks, logger: quiet });
  // The client makes up its own ids: answers are told by their order.
  const answer = (position: number) => inbox.first((message) => inbox.messages.indexOf(message) === position);
  try {
    await opened;
    api.startUserDataStream();
    const { status, result } = await answer(0);
    expect([status, result]).toEqual([200, { listenKey: expect.stringMatching(/^[a-zA-Z0-9]{64}$/) }]);
    const { listenKey } = result as { listenKey: string };
    api.pingUserDataStream(listenKey);
    expect(await answer(1)).toMatchObject({ status: 200, result: {} });
    api.stopUserDataStream(listenKey);
    expect(await answer(2)).toMatchObject({ status: 200, result: {} });
    api.pingUserDataStream(listenKey);
    expect(await answer(3)).toMatchObject({ status: 400, error: { code: -1125, msg: 'This listenKey does not exist.' } });
  } finally {
    api.disconnect();
  }
});

test('npm binance: subscribeSpotUserDataStream()', async () => {
  const quiet: DefaultLogger = { trace() {}, info() {}, error() {} };
  const ws = new WebsocketClient(
    { api_key: venue.alice.apiKey, api_secret: venue.alice.secret, wsUrl: venue.wsUrl, restOptions: { baseUrl: venue.url } },
    quiet,
  );
  const inbox = new Inbox<Event>();
  const opened = new Promise<void>((resolve) => ws.on('open', () => resolve()));
  ws.on('message', (message) => inbox.put(message as unknown as Event));
  ws.on('exception', (exception) => inbox.put({ exception }));
  try {
    await ws.subscribeSpotUserDataStream();
    await opened;
    await seesAFill(inbox, '0.02');
    expect(inbox.messages.filter(({ exception }) => exception !== undefined)).toEqual([]);
  } finally {
    await ws.unsubscribeSpotUserDataStream();
    ws.closeAll(true);
  }
});

// ccxt until 4.5.5: POST with the key header alone, the key in the path behind the stream base, PUT with a form.
test.each(['/stream/ws', '/ws'])('ccxt as it was, streams at %s', async (base) => {
  const path = `${venue.url}/api/v3/userDataStream`;
  const headers = { 'X-MBX-APIKEY': venue.alice.apiKey, 'Content-Type': 'application/x-www-form-urlencoded' };
  const answer = await fetch(path, { method: 'POST', headers });
  const { listenKey } = (await answer.json()) as { listenKey: string };
  const inbox = new Inbox<Event>();
  const socket = new WebSocket(`${venue.wsUrl}${base}/${listenKey}`);
  socket.on('message', (data) => inbox.put(JSON.parse(data.toString()) as Event));
  await new Promise((resolve) => socket.once('open', resolve));
  try {
    await seesAFill(inbox, '0.03');
    const kept = await fetch(path, { method: 'PUT', headers, body: `listenKey=${listenKey}` });
    expect([kept.status, await kept.json()]).toEqual([200, {}]);
    // cryptofeed and others name it in the query.
    const closed = await fetch(`${path}?listenKey=${listenKey}`, { method: 'DELETE', headers });
    expect([closed.status, await closed.json()]).toEqual([200, {}]);
  } finally {
    socket.terminate();
  }
});
