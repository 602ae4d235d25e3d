// The kline streams over real sockets: pace, closes, intervals without trades, corrections, the zone of UTC+8.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SocketServer, socketServer } from '../../../../tests/fixtures/binanceSocketServer.ts';
import { type FakeMarketView, makeTrade, TEST_NOW_US } from '../../../../tests/fixtures/fakeExchange.ts';
import type { KLine } from '../../../domain/klineEntry.ts';

const NOW_MS = TEST_NOW_US / 1000;
const MINUTE_US = 60_000_000;

let server: SocketServer;
beforeEach(async () => {
  // Tests let minutes pass in one step: no pong could arrive in time.
  server = await socketServer({ sockets: { pongWithinMs: 1e9 } });
});
afterEach(async () => {
  await server.stop();
  expect(server.unexpected).toEqual([]);
});

function view(): FakeMarketView {
  return server.exchange.views.get('BTCUSDT') as FakeMarketView;
}

const kline: KLine = {
  symbol: 'BTCUSDT',
  interval: '1m',
  openUs: 1_699_999_980_000_000,
  closeUs: 1_700_000_039_999_999,
  openTicks: 4_990_000,
  highTicks: 5_010_000,
  lowTicks: 4_980_000,
  closeTicks: 5_000_000,
  volumeLots: 250_000,
  quoteUnits: 12_500_000_000_000n,
  trades: 3,
  takerBuyLots: 150_000,
  takerBuyQuoteUnits: 7_500_000_000_000n,
  firstTradeId: 15,
  lastTradeId: 17,
  closed: false,
};

describe('klines', () => {
  it('tells the running kline every two seconds when it changed', async () => {
    view().klineNow = kline;
    const client = await server.connect('/ws/btcusdt@kline_1m');
    server.ticker.advance(100);
    const text = await client.text();
    expect(text.replace(/"E":\d+/, '"E":0')).toBe(
      '{"e":"kline","E":0,"s":"BTCUSDT","k":{"t":1699999980000,"T":1700000039999,"s":"BTCUSDT","i":"1m","f":15,"L":17,' +
        '"o":"49900.00000000","c":"50000.00000000","h":"50100.00000000","l":"49800.00000000","v":"2.50000000","n":3,' +
        '"x":false,"q":"125000.00000000","V":"1.50000000","Q":"75000.00000000","B":"0"}}',
    );
    server.ticker.advance(5_000);
    expect(await client.drain()).toEqual([]);
    for (let i = 0; i < 10; i++) {
      server.exchange.emitMarket({ symbol: 'BTCUSDT', klines: [{ ...kline, trades: 4 + i }] });
      server.ticker.advance(200);
    }
    const told = (await client.drain()).map((message) => (JSON.parse(message) as { k: { n: number } }).k.n);
    expect(told.length).toBeGreaterThanOrEqual(1);
    expect(told.length).toBeLessThanOrEqual(2);
  });

  it('tells a close at once, then the empty kline after it', async () => {
    view().klineNow = kline;
    const client = await server.connect('/ws/btcusdt@kline_1m');
    server.ticker.advance(100);
    await client.text();
    server.exchange.emitMarket({ symbol: 'BTCUSDT', klines: [{ ...kline, trades: 9, closed: true }] });
    expect(await client.json()).toMatchObject({ k: { t: 1_699_999_980_000, x: true, n: 9 } });
    server.ticker.advance(2_000);
    expect(await client.json()).toMatchObject({
      k: { t: 1_700_000_040_000, T: 1_700_000_099_999, o: '50000.00000000', l: '50000.00000000', n: 0, f: -1, L: -1 },
    });
  });

  it('closes intervals nobody traded in, and corrects one whose last trades came late', async () => {
    view().lastTradeNow = makeTrade({ priceTicks: 4_000_000 });
    const client = await server.connect('/ws/btcusdt@kline_1m');
    server.ticker.advance(40_400);
    expect((await client.drain()).map((text) => JSON.parse(text))).toMatchObject([{ k: { n: 0, x: false } }]);
    server.ticker.advance(200);
    const closed = await client.json();
    expect(closed).toMatchObject({
      k: { t: 1_699_999_980_000, x: true, n: 0, f: -1, L: -1, o: '40000.00000000', h: '40000.00000000', v: '0.00000000' },
    });
    expect(await client.json()).toMatchObject({ k: { t: 1_700_000_040_000, n: 0, o: '40000.00000000' } });
    server.exchange.emitMarket({ symbol: 'BTCUSDT', klines: [{ ...kline, closed: true }] });
    expect(await client.json()).toMatchObject({ k: { t: 1_699_999_980_000, x: true, n: 3, c: '50000.00000000' } });
    server.ticker.advance(2_000);
    expect(await client.json()).toMatchObject({ k: { t: 1_700_000_040_000, n: 0, o: '50000.00000000' } });
    server.ticker.advance(600_000);
    const closes = (await client.drain()).map((text) => JSON.parse(text) as { k: { t: number; x: boolean } });
    expect(closes.filter(({ k }) => k.x).map(({ k }) => k.t)).toEqual(Array.from({ length: 10 }, (_, i) => 1_700_000_040_000 + i * 60_000));
  });

  it('a kline of the next interval closes the one before', async () => {
    view().klineNow = kline;
    const client = await server.connect('/ws/btcusdt@kline_1m');
    const next = { ...kline, openUs: kline.openUs + MINUTE_US, closeUs: kline.closeUs + MINUTE_US, trades: 1 };
    server.exchange.emitMarket({ symbol: 'BTCUSDT', klines: [next] });
    expect(await client.json()).toMatchObject({ k: { t: 1_699_999_980_000, x: true, n: 3 } });
    server.ticker.advance(100);
    expect(await client.json()).toMatchObject({ k: { t: 1_700_000_040_000, x: false, n: 1 } });
  });

  it('in UTC+8: from the history, then folded from the trades', async () => {
    const day = { ...kline, interval: '1d' as const, openUs: 1_699_977_600_000_000, closeUs: 1_700_063_999_999_999 };
    server.exchange.historyAnswers.klines = () => [day];
    const client = await server.connect('/ws/btcusdt@kline_1d@+08:00');
    await server.settle();
    expect(server.exchange.calls.at(-1)).toEqual({
      method: 'history.klines',
      args: ['BTCUSDT', '1d', { limit: 1, timeZoneMinutes: 480, nowUs: TEST_NOW_US }],
    });
    server.exchange.emitMarket({
      symbol: 'BTCUSDT',
      trades: [makeTrade({ tradeId: 17 }), makeTrade({ tradeId: 18, priceTicks: 6_000_000 })],
    });
    server.ticker.advance(2_000);
    expect(await client.json()).toMatchObject({
      k: { t: 1_699_977_600_000, i: '1d', n: 4, L: 18, h: '60000.00000000', v: '3.50000000', V: '2.50000000' },
    });
    server.exchange.emitMarket({
      symbol: 'BTCUSDT',
      trades: [makeTrade({ tradeId: 19, tradeUs: day.closeUs + 1, priceTicks: 7_000_000 })],
    });
    expect(await client.json()).toMatchObject({ k: { t: 1_699_977_600_000, x: true, c: '60000.00000000' } });
    server.ticker.advance(2_000);
    expect(await client.json()).toMatchObject({ k: { t: 1_700_064_000_000, n: 1, o: '70000.00000000', x: false } });
  });

  it('tells one-second klines every second', async () => {
    view().lastTradeNow = makeTrade();
    const client = await server.connect('/ws/btcusdt@kline_1s');
    server.ticker.advance(3_700);
    const told = (await client.drain()).map((text) => JSON.parse(text) as { k: { t: number; x: boolean } });
    expect(told.filter(({ k }) => k.x).map(({ k }) => k.t)).toEqual([NOW_MS, NOW_MS + 1_000, NOW_MS + 2_000]);
  });

  it('says nothing of a symbol that has never traded', async () => {
    const client = await server.connect('/ws/btcusdt@kline_1m');
    server.ticker.advance(120_000);
    expect(await client.drain()).toEqual([]);
  });
});
