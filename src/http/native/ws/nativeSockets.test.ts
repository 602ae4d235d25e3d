import { once } from 'node:events';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  makeApiKey,
  makeBalance,
  makeOrder,
  makeProfile,
  makeTrade,
  TEST_ACCOUNT_ID,
  TEST_API_KEY,
  TEST_NOW_US,
  TEST_SECRET,
} from '../../../../tests/fixtures/fakeExchange.ts';
import { type ManualTicker, manualTicker } from '../../../../tests/fixtures/manualTicker.ts';
import { SocketClient } from '../../../../tests/fixtures/socketClient.ts';
import { type ConfigChange, type TestServer, testServer } from '../../../../tests/fixtures/testServer.ts';
import type { KLine } from '../../../domain/klineEntry.ts';
import { Side } from '../../../domain/orderTerms.ts';
import type { AccountEvent } from '../../../ports/accountEvents.ts';
import type { DepthDiff } from '../../../ports/marketData.ts';
import { signHmac } from '../../auth/signature.ts';
import type { EdgeApi } from '../../server.ts';
import { nativeSocketsWith } from './nativeSockets.ts';

let server: TestServer;
let ticker: ManualTicker;
let url: string;

async function start(change: ConfigChange = {}, more: readonly EdgeApi[] = []): Promise<void> {
  const clock = { nowUs: 0 };
  ticker = manualTicker(clock);
  server = await testServer([nativeSocketsWith(ticker.start), ...more], change);
  Object.defineProperty(server.exchange, 'nowUs', { get: () => TEST_NOW_US + clock.nowUs });
  url = `${(await server.listen()).replace('http', 'ws')}/ws`;
}

beforeEach(() => start());
afterEach(() => server.close());

const connect = (): Promise<SocketClient> => SocketClient.open(url);
const emitTrade = (tradeId: number): void => server.exchange.emitMarket({ symbol: 'BTCUSDT', trades: [makeTrade({ tradeId })] });

function authFrame(over: object = {}): object {
  const timestamp = String(server.exchange.nowUs / 1000);
  const signature = signHmac(TEST_SECRET, `${timestamp}GET/ws`);
  return { op: 'auth', apiKey: TEST_API_KEY, timestamp, signature, ...over };
}

describe('frames', () => {
  it('are answered with their id', async () => {
    const client = await connect();
    expect(await client.ask({ op: 'ping', id: 'a' })).toEqual({ op: 'pong', time: TEST_NOW_US / 1000, id: 'a' });
    expect(await client.ask({ op: 'ping' })).toEqual({ op: 'pong', time: TEST_NOW_US / 1000 });
    expect(await client.ask({ op: 'subscribe', channels: ['trades:BTCUSDT'], id: 7 })).toEqual({
      ...{ op: 'subscribed', channels: ['trades:BTCUSDT'], id: 7 },
    });
  });

  it.each<[string, unknown, number, unknown?]>([
    ['no JSON', 'hello', -1135],
    ['no object', '[]', -1135],
    ['null', 'null', -1135],
    ['no op', { id: 1 }, -1102, 1],
    ['an unknown op', { op: 'SUBSCRIBE' }, -1102],
    ['an op off the prototype', { op: 'constructor' }, -1102],
    ['an unknown key', { op: 'ping', time: 1, id: 'x' }, -1103, 'x'],
    ['a strange id', { op: 'ping', id: {} }, -1130],
    ['an overlong id', { op: 'ping', id: 'x'.repeat(100) }, -1130],
    ['no channels', { op: 'subscribe' }, -1102],
    ['channels in one text', { op: 'subscribe', channels: 'trades:BTCUSDT' }, -1102],
    ['an empty list', { op: 'subscribe', channels: [] }, -1102],
    ['a channel that is no text', { op: 'subscribe', channels: [1] }, -1130],
    ['very many channels', { op: 'subscribe', channels: Array(201).fill('trades:BTCUSDT') }, -1108],
    ['an unknown channel', { op: 'subscribe', channels: ['quotes:BTCUSDT'] }, -4202],
    ['a channel without symbol', { op: 'subscribe', channels: ['trades'] }, -4202],
    ['a channel with too much', { op: 'subscribe', channels: ['trades:BTCUSDT:1m'] }, -4202],
    ['an unknown symbol', { op: 'subscribe', channels: ['trades:XXX'] }, -1121],
    ['a wrong interval', { op: 'subscribe', channels: ['kline:BTCUSDT:2m'] }, -1120],
    ['no interval', { op: 'subscribe', channels: ['kline:BTCUSDT'] }, -1120],
    ['a private channel', { op: 'subscribe', channels: ['orders'] }, -4200],
    ['half an authentication', { op: 'auth', apiKey: TEST_API_KEY }, -1102],
  ])('with %s get a documented error', async (_name, frame, code, id) => {
    const client = await connect();
    const answer = await client.ask(frame);
    expect(answer).toMatchObject({ op: 'error', code });
    expect(typeof answer.msg).toBe('string');
    expect(answer.id).toBe(id);
    expect(await client.ask({ op: 'ping' })).toMatchObject({ op: 'pong' });
  });

  it('get one answer each, whatever they are, and subscribe to nothing', async () => {
    await server.close();
    await start({ ws: { messagesPerSecondMax: 100_000 } });
    const client = await connect();
    const frame = fc.oneof(
      fc.json(),
      fc.string(),
      fc
        .record({
          op: fc.constantFrom('subscribe', 'auth', 'unsubscribe'),
          channels: fc.jsonValue(),
          apiKey: fc.string(),
          id: fc.jsonValue(),
        })
        .map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(frame, async (text) => {
        expect(await client.ask(text)).toHaveProperty('op');
      }),
      { numRuns: 300 },
    );
    expect(server.exchange.listenerCount()).toEqual({ market: 0, account: 0 });
  });
});

describe('market channels', () => {
  it('give trades to their subscribers, until they unsubscribe', async () => {
    const [one, two] = [await connect(), await connect()];
    for (const client of [one, two]) await client.ask({ op: 'subscribe', channels: ['trades:BTCUSDT'] });
    emitTrade(1);
    server.exchange.emitMarket({ symbol: 'ETHUSDT', trades: [makeTrade({ symbol: 'ETHUSDT' })] });
    const expected = {
      channel: 'trades:BTCUSDT',
      data: [
        {
          tradeId: 1,
          price: '50000.00000000',
          quantity: '1.00000000',
          quoteQuantity: '50000.00000000',
          takerSide: 'BUY',
          time: TEST_NOW_US / 1000,
        },
      ],
    };
    expect(await one.next()).toEqual(expected);
    expect(await two.next()).toEqual(expected);
    await one.ask({ op: 'unsubscribe', channels: ['trades:BTCUSDT', 'never:had'] });
    emitTrade(2);
    expect((await two.next()).data[0].tradeId).toBe(2);
    expect(await one.ask({ op: 'ping' })).toMatchObject({ op: 'pong' });
    expect(server.exchange.listenerCount().market).toBe(1);
  });

  it('listen once a symbol however many subscribe, and not at all when nobody does', async () => {
    const clients = await Promise.all([connect(), connect(), connect()]);
    for (const client of clients) {
      await client.ask({ op: 'subscribe', channels: ['trades:BTCUSDT', 'kline:BTCUSDT:1m', 'kline:BTCUSDT:1h'] });
    }
    expect(server.exchange.listenerCount().market).toBe(1);
    for (const client of clients) {
      client.webSocket.close();
      await client.closed;
    }
    // The server sees the closes a moment later: its own connection count tells.
    while (server.router.counts().open > 0) await new Promise(setImmediate);
    expect(server.exchange.listenerCount().market).toBe(0);
  });

  it('do not subscribe twice, and take all of a frame or none', async () => {
    const client = await connect();
    await client.ask({ op: 'subscribe', channels: ['trades:BTCUSDT', 'trades:BTCUSDT'] });
    await client.ask({ op: 'subscribe', channels: ['trades:BTCUSDT'] });
    expect(await client.ask({ op: 'subscribe', channels: ['trades:ETHUSDT', 'trades:XXX'] })).toMatchObject({ op: 'error' });
    server.exchange.emitMarket({ symbol: 'ETHUSDT', trades: [makeTrade({ symbol: 'ETHUSDT' })] });
    emitTrade(1);
    expect(await client.next()).toMatchObject({ channel: 'trades:BTCUSDT' });
    expect(await client.ask({ op: 'ping' })).toMatchObject({ op: 'pong' });
  });

  it('are limited per connection', async () => {
    await server.close();
    await start({ ws: { subscriptionsMax: 2 } });
    const client = await connect();
    await client.ask({ op: 'subscribe', channels: ['trades:BTCUSDT', 'trades:ETHUSDT'] });
    const more = { op: 'subscribe', channels: ['kline:BTCUSDT:1m'] };
    expect(await client.ask(more)).toMatchObject({ op: 'error', code: -4201 });
    await client.ask({ op: 'unsubscribe', channels: ['trades:ETHUSDT'] });
    expect(await client.ask(more)).toMatchObject({ op: 'subscribed' });
  });

  it('give klines of their interval, the running one first', async () => {
    const kline = (over: Partial<KLine>): KLine => ({
      ...{
        symbol: 'BTCUSDT',
        interval: '1m',
        openUs: TEST_NOW_US,
        closeUs: TEST_NOW_US + 59_999_999,
        openTicks: 1,
        highTicks: 3,
        lowTicks: 1,
      },
      ...{
        closeTicks: 2,
        volumeLots: 5,
        quoteUnits: 100n,
        trades: 2,
        takerBuyLots: 1,
        takerBuyQuoteUnits: 20n,
        firstTradeId: 1,
        lastTradeId: 2,
      },
      closed: false,
      ...over,
    });
    const view = server.exchange.views.get('BTCUSDT');
    if (view !== undefined) view.klineNow = kline({});
    const client = await connect();
    await client.ask({ op: 'subscribe', channels: ['kline:BTCUSDT:1m'] });
    expect(await client.next()).toMatchObject({ channel: 'kline:BTCUSDT:1m', data: { trades: 2, closed: false } });
    server.exchange.emitMarket({ symbol: 'BTCUSDT', klines: [kline({ interval: '1h' }), kline({ closed: true, trades: 3 })] });
    expect((await client.next()).data).toEqual({
      openTime: TEST_NOW_US / 1000,
      closeTime: TEST_NOW_US / 1000 + 59_999,
      open: '0.01000000',
      high: '0.03000000',
      low: '0.01000000',
      close: '0.02000000',
      volume: '0.00005000',
      quoteVolume: '0.00000100',
      trades: 3,
      takerBuyVolume: '0.00001000',
      takerBuyQuoteVolume: '0.00000020',
      closed: true,
    });
  });

  it('give tickers at a steady pace, when something changed', async () => {
    const client = await connect();
    await client.ask({ op: 'subscribe', channels: ['ticker:BTCUSDT'] });
    expect(await client.next()).toMatchObject({ channel: 'ticker:BTCUSDT', data: { bidPrice: '0.00000000' } });
    const view = server.exchange.views.get('BTCUSDT');
    if (view !== undefined) view.bookTickerNow = { updateId: 4, bidTicks: 100, bidLots: 1, askTicks: 200, askLots: 2 };
    for (let i = 0; i < 5; i++) emitTrade(i);
    ticker.advance(250);
    expect(await client.next()).toMatchObject({ data: { updateId: 4, bidPrice: '1.00000000', askQuantity: '0.00002000' } });
    ticker.advance(1000);
    expect(await client.ask({ op: 'ping' })).toMatchObject({ op: 'pong' });
  });
});

describe('depth', () => {
  const diff = (firstUpdateId: number, lastUpdateId: number, over: Partial<DepthDiff> = {}): DepthDiff => ({
    ...{ firstUpdateId, lastUpdateId, timeUs: TEST_NOW_US, bids: [], asks: [] },
    ...over,
  });
  const setBook = (lastUpdateId: number): void => {
    const view = server.exchange.views.get('BTCUSDT');
    if (view !== undefined) view.depthNow = { lastUpdateId, bids: [[100, 1]], asks: [[200, 2]] };
  };
  const emit = (depth: DepthDiff): void => server.exchange.emitMarket({ symbol: 'BTCUSDT', depth });

  it('is a snapshot and then contiguous diffs', async () => {
    setBook(10);
    const client = await connect();
    await client.ask({ op: 'subscribe', channels: ['depth:BTCUSDT'] });
    expect(await client.next()).toEqual({
      channel: 'depth:BTCUSDT',
      type: 'snapshot',
      data: { lastUpdateId: 10, bids: [['1.00000000', '0.00001000']], asks: [['2.00000000', '0.00002000']] },
    });
    emit(diff(9, 10));
    emit(diff(11, 12, { bids: [[100, 0]] }));
    emit(diff(13, 13));
    expect(await client.next()).toEqual({
      channel: 'depth:BTCUSDT',
      type: 'diff',
      data: { firstUpdateId: 11, lastUpdateId: 12, bids: [['1.00000000', '0.00000000']], asks: [], time: TEST_NOW_US / 1000 },
    });
    expect(await client.next()).toMatchObject({ type: 'diff', data: { firstUpdateId: 13, lastUpdateId: 13 } });
  });

  it('starts whoever joins later at its own snapshot', async () => {
    setBook(10);
    const early = await connect();
    await early.ask({ op: 'subscribe', channels: ['depth:BTCUSDT'] });
    await early.next();
    // The view is ahead of what was told: the later one must not be told what its snapshot has.
    setBook(12);
    const late = await connect();
    await late.ask({ op: 'subscribe', channels: ['depth:BTCUSDT'] });
    expect(await late.next()).toMatchObject({ type: 'snapshot', data: { lastUpdateId: 12 } });
    emit(diff(11, 12));
    emit(diff(13, 14));
    expect(await early.next()).toMatchObject({ data: { firstUpdateId: 11 } });
    expect(await early.next()).toMatchObject({ data: { firstUpdateId: 13 } });
    expect(await late.next()).toMatchObject({ data: { firstUpdateId: 13 } });
  });

  it('starts anew rather than with a hole', async () => {
    setBook(10);
    const client = await connect();
    await client.ask({ op: 'subscribe', channels: ['depth:BTCUSDT'] });
    await client.next();
    setBook(20);
    emit(diff(15, 20));
    expect(await client.next()).toMatchObject({ type: 'snapshot', data: { lastUpdateId: 20 } });
    emit(diff(21, 21));
    expect(await client.next()).toMatchObject({ type: 'diff', data: { firstUpdateId: 21 } });
  });

  it('folds to the book under any diffs, however late a client comes', async () => {
    const change = fc.record({ bid: fc.boolean(), price: fc.integer({ min: 1, max: 5 }), lots: fc.integer({ min: 0, max: 9 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 30 }), fc.nat(10), async (changes, joinAt) => {
        const view = server.exchange.views.get('BTCUSDT');
        const book = { bids: new Map<number, number>(), asks: new Map<number, number>() };
        const sides = (): { bids: [number, number][]; asks: [number, number][] } => ({ bids: [...book.bids], asks: [...book.asks] });
        let client: SocketClient | undefined;
        for (const [i, { bid, price, lots }] of changes.entries()) {
          if (i === Math.min(joinAt, changes.length - 1)) {
            client = await connect();
            await client.ask({ op: 'subscribe', channels: ['depth:BTCUSDT'] });
          }
          const side = bid ? book.bids : book.asks;
          if (lots === 0) side.delete(price);
          else side.set(price, lots);
          if (view !== undefined) view.depthNow = { lastUpdateId: i + 1, ...sides() };
          emit(diff(i + 1, i + 1, bid ? { bids: [[price, lots]] } : { asks: [[price, lots]] }));
        }
        const joined = client as SocketClient;
        joined.sendText('{"op":"ping"}');
        const folded = { bids: new Map<string, string>(), asks: new Map<string, string>() };
        for (let message = await joined.next(); message.op !== 'pong'; message = await joined.next()) {
          if (message.type === 'snapshot') for (const side of ['bids', 'asks'] as const) folded[side].clear();
          for (const side of ['bids', 'asks'] as const) {
            for (const [price, quantity] of message.data[side] as [string, string][]) {
              if (Number(quantity) === 0) folded[side].delete(price);
              else folded[side].set(price, quantity);
            }
          }
        }
        for (const side of ['bids', 'asks'] as const) {
          const expected = [...book[side]].map(([ticks, lots]) => [ticks / 100, lots / 1e5]).sort();
          expect([...folded[side]].map(([price, quantity]) => [Number(price), Number(quantity)]).sort()).toEqual(expected);
        }
        joined.webSocket.terminate();
        if (view !== undefined) view.depthNow = { lastUpdateId: 0, bids: [], asks: [] };
        while (server.router.counts().open > 0) await new Promise(setImmediate);
      }),
      { numRuns: 15 },
    );
  });
});

describe('account channels', () => {
  it('need a signature over the timestamp and GET/ws', async () => {
    const client = await connect();
    expect(await client.ask(authFrame({ signature: '0'.repeat(64) }))).toMatchObject({ op: 'error', code: -1022 });
    expect(await client.ask(authFrame({ apiKey: 'B'.repeat(64) }))).toMatchObject({ op: 'error', code: -2015 });
    expect(await client.ask(authFrame({ timestamp: '1600000000000' }))).toMatchObject({ op: 'error', code: -1021 });
    expect(await client.ask(authFrame({ id: 3 }))).toEqual({ op: 'authenticated', accountId: TEST_ACCOUNT_ID, id: 3 });
    expect(await client.ask({ op: 'subscribe', channels: ['orders', 'balances'] })).toMatchObject({ op: 'subscribed' });
  });

  it.each([
    ['a revoked key', { revoked: true }],
    ['a key of another address', { ipAllowList: ['203.0.113.1'] }],
    ['a key of no account', { accountId: 4711 }],
    ['a key with another secret', { secret: 'x'.repeat(64) }],
  ])('do not open for %s', async (_case, over) => {
    server.exchange.keys.set(TEST_API_KEY, makeApiKey(over));
    const client = await connect();
    const code = 'secret' in over ? -1022 : -2015;
    expect(await client.ask(authFrame())).toMatchObject({ op: 'error', code });
    expect(await client.ask({ op: 'subscribe', channels: ['orders'] })).toMatchObject({ op: 'error', code: -4200 });
    expect(server.exchange.listenerCount().account).toBe(0);
    server.exchange.keys.set(TEST_API_KEY, makeApiKey());
  });

  it("tell an account's executions and balances to its own connections alone", async () => {
    server.exchange.keys.set('C'.repeat(64), makeApiKey({ apiKey: 'C'.repeat(64), accountId: 1001 }));
    server.exchange.profiles.set(1001, makeProfile({ accountId: 1001 }));
    const [mine, theirs] = [await connect(), await connect()];
    await mine.ask(authFrame());
    await theirs.ask(authFrame({ apiKey: 'C'.repeat(64) }));
    for (const client of [mine, theirs]) await client.ask({ op: 'subscribe', channels: ['orders', 'balances'] });
    const execution: AccountEvent = {
      kind: 'execution',
      executionType: 'TRADE',
      order: makeOrder({ side: Side.SELL }),
      trade: makeTrade({ buyerIsMaker: true, sellerAccountId: TEST_ACCOUNT_ID }),
      isMaker: false,
      preventedMatch: null,
      requestClientOrderId: '',
      origClientOrderId: '',
      executionId: 8,
      timeUs: TEST_NOW_US,
    };
    server.exchange.emitAccount(TEST_ACCOUNT_ID, [
      execution,
      { kind: 'positions', timeUs: TEST_NOW_US, balances: [makeBalance({ free: 150_000_000n, locked: 1n })] },
      { kind: 'balanceUpdate', timeUs: TEST_NOW_US, asset: 'BTC', deltaUnits: -5n, balance: makeBalance({ asset: 'BTC', free: 0n }) },
    ]);
    expect(await mine.next()).toMatchObject({
      channel: 'orders',
      data: {
        event: 'TRADE',
        executionId: 8,
        order: { orderId: 1, side: 'SELL' },
        fill: { tradeId: 1, fee: '50.00000000', feeAsset: 'USDT', isMaker: false },
      },
    });
    expect(await mine.next()).toEqual({
      channel: 'balances',
      data: {
        event: 'POSITION',
        time: TEST_NOW_US / 1000,
        balances: [{ asset: 'USDT', free: '1.50000000', locked: '0.00000001', updateTime: TEST_NOW_US / 1000 }],
      },
    });
    expect((await mine.next()).data).toMatchObject({ event: 'TRANSFER', asset: 'BTC', delta: '-0.00000005' });
    expect(await theirs.ask({ op: 'ping' })).toMatchObject({ op: 'pong' });
  });

  it('belong to one account for the life of the connection', async () => {
    server.exchange.keys.set('C'.repeat(64), makeApiKey({ apiKey: 'C'.repeat(64), accountId: 1001 }));
    server.exchange.profiles.set(1001, makeProfile({ accountId: 1001 }));
    const client = await connect();
    await client.ask(authFrame());
    expect(await client.ask(authFrame({ apiKey: 'C'.repeat(64) }))).toMatchObject({ op: 'error', code: -1128 });
  });

  it('end when the key is revoked', async () => {
    const client = await connect();
    await client.ask(authFrame());
    server.exchange.keys.set(TEST_API_KEY, makeApiKey({ revoked: true }));
    ticker.advance(20_000);
    expect(await client.closed).toMatchObject({ code: 1008, reason: 'the key may not be used any more' });
  });
});

describe('a connection', () => {
  it('is pinged, and dropped when nothing comes back', async () => {
    const [alive, dead] = [await connect(), await connect()];
    dead.webSocket.pong = () => undefined;
    Object.assign(dead.webSocket, { _autoPong: false });
    for (let i = 0; i < 4; i++) {
      const pinged = Promise.all([once(alive.webSocket, 'ping'), once(dead.webSocket, 'ping')]);
      ticker.advance(20_000);
      if (i < 3) await pinged;
      // Both round trips are over once the server answers.
      await alive.ask({ op: 'ping' });
    }
    expect(await dead.closed).toMatchObject({ code: 1008, reason: 'no answer to pings' });
    expect(await alive.ask({ op: 'ping' })).toMatchObject({ op: 'pong' });
  });

  it('ends with 1008 when it sends too much', async () => {
    await server.close();
    await start({ ws: { messagesPerSecondMax: 5 } });
    const client = await connect();
    for (let i = 0; i < 10; i++) expect(await client.ask({ op: 'ping' })).toMatchObject({ op: 'pong' });
    client.sendText('{"op":"ping"}');
    expect(await client.closed).toMatchObject({ code: 1008, reason: 'too many messages' });
  });

  it('earns new messages as time passes', async () => {
    await server.close();
    await start({ ws: { messagesPerSecondMax: 5 } });
    const client = await connect();
    for (let second = 0; second < 4; second++) {
      for (let i = 0; i < 5; i++) expect(await client.ask({ op: 'ping' })).toMatchObject({ op: 'pong' });
      ticker.advance(1000);
    }
  });

  it('that does not read is dropped with a reason, and the others miss nothing', async () => {
    await server.close();
    await start({ ws: { bufferedBytesMax: 200_000 }, limits: { closeTimeoutMs: 10_000 } });
    const [slow, quick] = [await connect(), await connect()];
    for (const client of [slow, quick]) await client.ask({ op: 'subscribe', channels: ['trades:BTCUSDT'] });
    slow.webSocket.pause();
    const trades = Array.from({ length: 200 }, (_, i) => makeTrade({ tradeId: i + 1 }));
    // More than the kernel's buffers and ours hold together.
    const batches = 500;
    for (let i = 0; i < batches; i++) {
      server.exchange.emitMarket({ symbol: 'BTCUSDT', trades });
      expect((await quick.next()).data).toHaveLength(200);
    }
    slow.webSocket.resume();
    expect(await slow.closed).toEqual({ code: 1013, reason: 'slow reader: too much data is waiting' });
    expect(slow.unread).toBeLessThan(batches);
    expect(await quick.ask({ op: 'ping' })).toMatchObject({ op: 'pong' });
  });

  it('may not send binary frames', async () => {
    const client = await connect();
    client.webSocket.send(Buffer.from('{"op":"ping"}'));
    expect(await client.next()).toMatchObject({ op: 'error', code: -1135 });
  });

  it("is Binance's when its first message has a method, and only then", async () => {
    await server.close();
    const binance: EdgeApi = ({ router }) =>
      router.route(
        (path) => path.startsWith('/ws'),
        (webSocket) => webSocket.on('message', (data) => webSocket.send(JSON.stringify({ binance: String(data) }))),
      );
    await start({}, [binance]);
    const client = await connect();
    const frame = '{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}';
    expect(await client.ask(frame)).toEqual({ binance: frame });
    expect(await client.ask('{"op":"ping"}')).toEqual({ binance: '{"op":"ping"}' });
    const native = await connect();
    expect(await native.ask({ op: 'ping' })).toMatchObject({ op: 'pong' });
    expect(await native.ask(frame)).toMatchObject({ op: 'error', code: -1102 });
  });
});
