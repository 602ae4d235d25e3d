// Every market stream over real sockets: the whole text of each payload, its pace, and who gets it in which shape.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SocketServer, socketServer } from '../../../../tests/fixtures/binanceSocketServer.ts';
import { FakeMarketView, makeInstrument, makeTrade, TEST_NOW_US } from '../../../../tests/fixtures/fakeExchange.ts';
import type { WindowStats } from '../../../ports/marketData.ts';

const NOW_MS = TEST_NOW_US / 1000;

let server: SocketServer;
beforeEach(async () => {
  // Tests let minutes pass in one step: no pong could arrive in time.
  server = await socketServer({ sockets: { pongWithinMs: 1e9 } });
});
afterEach(async () => {
  await server.stop();
  expect(server.exchange.listenerCount().market).toBe(0);
  expect(server.unexpected).toEqual([]);
});

function view(): FakeMarketView {
  return server.exchange.views.get('BTCUSDT') as FakeMarketView;
}

const stats: WindowStats = {
  openUs: TEST_NOW_US - 86_400_000_000,
  closeUs: TEST_NOW_US,
  openTicks: 4_000_000,
  highTicks: 5_100_000,
  lowTicks: 3_900_000,
  closeTicks: 5_000_000,
  volumeLots: 300_000,
  quoteUnits: 14_000_000_000_000n,
  trades: 7,
  firstTradeId: 11,
  lastTradeId: 17,
  prevCloseTicks: 3_999_999,
  lastLots: 100_000,
};

describe('real time', () => {
  it('trade', async () => {
    const client = await server.connect('/ws/btcusdt@trade');
    server.exchange.emitMarket({
      symbol: 'BTCUSDT',
      trades: [makeTrade(), makeTrade({ tradeId: 2, buyerIsMaker: true })],
    });
    expect(await client.text()).toBe(
      `{"e":"trade","E":${NOW_MS},"s":"BTCUSDT","t":1,"p":"50000.00000000","q":"1.00000000","T":${NOW_MS},"m":false,"M":true}`,
    );
    expect(await client.json()).toMatchObject({ t: 2, m: true });
  });

  it('aggTrade: one event per taker order and price, numbered on from the history', async () => {
    server.exchange.historyAnswers.aggTrades = () => [
      {
        aggTradeId: 41,
        priceTicks: 1,
        lots: 1,
        firstTradeId: 99,
        lastTradeId: 99,
        tradeUs: TEST_NOW_US,
        buyerIsMaker: true,
      },
    ];
    const client = await server.connect('/ws/btcusdt@aggTrade');
    await server.settle();
    const fill = (tradeId: number, buyerOrderId: number, priceTicks: number) =>
      makeTrade({ tradeId, buyerOrderId, sellerOrderId: tradeId, priceTicks });
    server.exchange.emitMarket({
      symbol: 'BTCUSDT',
      trades: [fill(100, 1, 5_000_000), fill(101, 1, 5_000_000), fill(102, 1, 5_000_001), fill(103, 2, 5_000_001)],
    });
    expect(await client.text()).toBe(
      `{"e":"aggTrade","E":${NOW_MS},"s":"BTCUSDT","a":42,"p":"50000.00000000","q":"2.00000000","f":100,"l":101,"T":${NOW_MS},"m":false,"M":true}`,
    );
    expect(await client.json()).toMatchObject({ a: 43, p: '50000.01000000', f: 102, l: 102 });
    expect(await client.json()).toMatchObject({ a: 44, f: 103, l: 103 });
  });

  it('aggTrade: nothing is lost or doubled while the history is being asked', async () => {
    let answer: (rows: unknown[]) => void = () => undefined;
    const rows = new Promise<unknown[]>((resolve) => {
      answer = resolve;
    });
    const { history } = server.exchange;
    server.exchange.history = async () => {
      const known = await rows;
      return { ...(await history()), aggTrades: () => known as never };
    };
    const client = await server.connect('/ws/btcusdt@aggTrade');
    const trades = [makeTrade({ tradeId: 7 }), makeTrade({ tradeId: 8, buyerOrderId: 5 })];
    server.exchange.emitMarket({ symbol: 'BTCUSDT', trades });
    const known = { priceTicks: 5_000_000, lots: 1, tradeUs: TEST_NOW_US, buyerIsMaker: false };
    answer([
      { ...known, aggTradeId: 3, firstTradeId: 6, lastTradeId: 6 },
      { ...known, aggTradeId: 4, firstTradeId: 7, lastTradeId: 7 },
    ]);
    expect(await client.json()).toMatchObject({ a: 4, f: 7 });
    expect(await client.json()).toMatchObject({ a: 5, f: 8 });
    expect(await client.drain()).toEqual([]);
  });

  it('bookTicker', async () => {
    const client = await server.connect('/ws/btcusdt@bookTicker');
    server.exchange.emitMarket({
      symbol: 'BTCUSDT',
      bookTicker: { updateId: 77, bidTicks: 4_999_999, bidLots: 5, askTicks: 0, askLots: 0 },
    });
    expect(await client.text()).toBe('{"u":77,"s":"BTCUSDT","b":"49999.99000000","B":"0.00005000","a":"0.00000000","A":"0.00000000"}');
  });

  it('blockTrade: exists and has nothing to say', async () => {
    const client = await server.connect('/ws/btcusdt@blockTrade');
    server.exchange.emitMarket({ symbol: 'BTCUSDT', trades: [makeTrade()] });
    server.ticker.advance(3_000);
    expect(await client.drain()).toEqual([]);
  });
});

describe('order book', () => {
  const diff = (firstUpdateId: number, lastUpdateId: number, bids: [number, number][], asks: [number, number][]) => ({
    symbol: 'BTCUSDT',
    depth: { firstUpdateId, lastUpdateId, timeUs: TEST_NOW_US, bids, asks },
  });

  it.each([
    ['btcusdt@depth@100ms', 100],
    ['btcusdt@depth', 1_000],
  ])('%s: the levels changed in %i ms, contiguous', async (name, everyMs) => {
    const client = await server.connect(`/ws/${name}`);
    server.ticker.advance(1_000 - everyMs);
    server.exchange.emitMarket(diff(10, 11, [[4_999_999, 5]], [[5_000_001, 7]]));
    server.exchange.emitMarket(diff(12, 12, [[4_999_999, 0]], []));
    server.exchange.emitMarket(diff(13, 14, [[5_000_000, 1]], [[5_000_009, 2]]));
    server.ticker.advance(everyMs === 100 ? 100 : 1_000);
    const first = await client.text();
    expect(first).toMatch(/^\{"e":"depthUpdate","E":\d+,"s":"BTCUSDT","U":10,"u":14,"b":/);
    expect(first).toContain(
      '"b":[["50000.00000000","0.00001000"],["49999.99000000","0.00000000"]],' +
        '"a":[["50000.01000000","0.00007000"],["50000.09000000","0.00002000"]]}',
    );
    server.ticker.advance(everyMs * 2);
    expect(await client.drain()).toEqual([]);
    server.exchange.emitMarket(diff(15, 15, [], [[5_000_009, 0]]));
    server.ticker.advance(everyMs);
    expect(await client.json()).toMatchObject({ U: 15, u: 15, b: [], a: [['50000.09000000', '0.00000000']] });
  });

  it('partial depth, from the same updates as the snapshot', async () => {
    view().depthNow = {
      lastUpdateId: 160,
      bids: Array.from({ length: 30 }, (_, i) => [5_000_000 - i, 10 + i] as const),
      asks: [[5_000_001, 3]],
    };
    const client = await server.connect('/ws/btcusdt@depth5@100ms');
    server.ticker.advance(100);
    expect(await client.text()).toBe(
      '{"lastUpdateId":160,"bids":[["50000.00000000","0.00010000"],["49999.99000000","0.00011000"],' +
        '["49999.98000000","0.00012000"],["49999.97000000","0.00013000"],["49999.96000000","0.00014000"]],' +
        '"asks":[["50000.01000000","0.00003000"]]}',
    );
    for (const [name, levels] of [
      ['btcusdt@depth10', 10],
      ['btcusdt@depth20', 20],
    ] as const) {
      const other = await server.connect(`/ws/${name}`);
      server.ticker.advance(1_000);
      expect((await other.json<{ bids: unknown[] }>()).bids).toHaveLength(levels);
      server.ticker.advance(1_000);
      expect(await other.drain()).toHaveLength(1);
    }
  });
});

describe('once a second', () => {
  async function afterASecond(name: string): Promise<string> {
    const client = await server.connect(`/ws/${name}`);
    server.ticker.advance(1_000);
    const text = await client.text();
    expect(await client.drain()).toEqual([]);
    server.ticker.advance(3_000);
    expect((await client.drain()).length).toBeLessThanOrEqual(3);
    return text;
  }

  it('ticker', async () => {
    view().statsNow = stats;
    view().bookTickerNow = { updateId: 9, bidTicks: 4_999_999, bidLots: 2, askTicks: 5_000_001, askLots: 4 };
    const text = await afterASecond('btcusdt@ticker');
    const E = (JSON.parse(text) as { E: number }).E;
    expect(text).toBe(
      `{"e":"24hrTicker","E":${E},"s":"BTCUSDT","p":"10000.00000000","P":"25.000","w":"46666.66666666",` +
        '"x":"39999.99000000","c":"50000.00000000","Q":"1.00000000","b":"49999.99000000","B":"0.00002000",' +
        '"a":"50000.01000000","A":"0.00004000","o":"40000.00000000","h":"51000.00000000","l":"39000.00000000",' +
        `"v":"3.00000000","q":"140000.00000000","O":${NOW_MS - 86_400_000},"C":${NOW_MS},"F":11,"L":17,"n":7}`,
    );
  });

  it('ticker of a symbol without trades, and a falling price', async () => {
    expect(JSON.parse(await afterASecond('btcusdt@ticker'))).toMatchObject({
      p: '0.00000000',
      P: '0.000',
      w: '0.00000000',
      F: -1,
      L: -1,
      n: 0,
    });
    view().statsNow = { ...stats, openTicks: 3, closeTicks: 2 };
    expect(JSON.parse(await afterASecond('btcusdt@ticker'))).toMatchObject({ p: '-0.01000000', P: '-33.333' });
  });

  it('miniTicker', async () => {
    view().statsNow = stats;
    const text = await afterASecond('btcusdt@miniTicker');
    expect(text.replace(/"E":\d+/, '"E":0')).toBe(
      '{"e":"24hrMiniTicker","E":0,"s":"BTCUSDT","c":"50000.00000000","o":"40000.00000000","h":"51000.00000000",' +
        '"l":"39000.00000000","v":"3.00000000","q":"140000.00000000"}',
    );
  });

  it.each(['1h', '4h', '1d'])('ticker_%s', async (window) => {
    view().statsNow = stats;
    const text = await afterASecond(`btcusdt@ticker_${window}`);
    expect(text.replace(/"E":\d+/, '"E":0')).toBe(
      `{"e":"${window}Ticker","E":0,"s":"BTCUSDT","p":"10000.00000000","P":"25.000","o":"40000.00000000",` +
        '"h":"51000.00000000","l":"39000.00000000","c":"50000.00000000","w":"46666.66666666","v":"3.00000000",' +
        `"q":"140000.00000000","O":${NOW_MS - 86_400_000},"C":${NOW_MS},"F":11,"L":17,"n":7}`,
    );
  });

  it('avgPrice', async () => {
    view().avgPriceTicks = () => ({
      priceTicks: 5_000_000,
      numeratorQuoteUnits: 14_000_000_000_000n,
      denominatorLots: 300_000n,
      closeUs: TEST_NOW_US - 5_000_000,
    });
    const text = await afterASecond('btcusdt@avgPrice');
    expect(text.replace(/"E":\d+/, '"E":0')).toBe(
      `{"e":"avgPrice","E":0,"s":"BTCUSDT","i":"5m","w":"46666.66666666","T":${NOW_MS - 5_000}}`,
    );
  });

  it('referencePrice', async () => {
    const text = await afterASecond('btcusdt@referencePrice');
    expect(text).toMatch(/^\{"e":"referencePrice","s":"BTCUSDT","r":null,"t":\d{13}\}$/);
  });

  it.each([
    ['!miniTicker@arr', '24hrMiniTicker'],
    ['!ticker_1h@arr', '1hTicker'],
    ['!ticker_4h@arr', '4hTicker'],
    ['!ticker_1d@arr', '1dTicker'],
  ])('%s: only what changed', async (name, event) => {
    view().statsNow = stats;
    view().lastTradeNow = makeTrade({ tradeId: 17 });
    const client = await server.connect(`/ws/${name}`);
    server.ticker.advance(1_000);
    expect(await client.json()).toMatchObject([{ e: event, s: 'BTCUSDT' }]);
    server.ticker.advance(120_000);
    expect(await client.drain()).toEqual([]);
    view().lastTradeNow = makeTrade({ tradeId: 18 });
    server.ticker.advance(1_000);
    expect(await client.json()).toHaveLength(1);
    // A trade leaves the window.
    view().statsNow = { ...stats, trades: 6, firstTradeId: 12 };
    server.ticker.advance(60_000);
    expect(await client.json()).toHaveLength(1);
  });
});

describe('shapes', () => {
  it('gives every subscriber its own: raw or combined, milliseconds or microseconds', async () => {
    const paths = {
      raw: '/ws/btcusdt@trade',
      alias: '/stream/ws/btcusdt@trade',
      combined: '/stream?streams=btcusdt@trade',
      rawMicros: '/ws/btcusdt@trade?timeUnit=MICROSECOND',
      combinedMicros: '/stream?streams=btcusdt@trade&timeUnit=microsecond',
    };
    const clients = await Promise.all(Object.values(paths).map((path) => server.connect(path)));
    server.exchange.emitMarket({ symbol: 'BTCUSDT', trades: [makeTrade()] });
    const payload = (time: number) =>
      `{"e":"trade","E":${time},"s":"BTCUSDT","t":1,"p":"50000.00000000","q":"1.00000000","T":${time},"m":false,"M":true}`;
    const wrapped = (text: string) => `{"stream":"btcusdt@trade","data":${text}}`;
    expect(await Promise.all(clients.map((client) => client.text()))).toEqual([
      payload(NOW_MS),
      payload(NOW_MS),
      wrapped(payload(NOW_MS)),
      payload(TEST_NOW_US),
      wrapped(payload(TEST_NOW_US)),
    ]);
  });

  it('frames long and non-ASCII payloads right', async () => {
    server.exchange.instruments.set('这是BTC', makeInstrument({ symbol: '这是BTC' }));
    const other = new FakeMarketView('这是BTC');
    other.depthNow = { lastUpdateId: 1, bids: Array.from({ length: 20 }, (_, i) => [5_000_000 - i, 1] as const), asks: [] };
    server.exchange.views.set('这是BTC', other);
    const client = await server.connect(`/ws/${encodeURIComponent('这是btc@trade')}/${encodeURIComponent('这是btc')}@depth20`);
    server.exchange.emitMarket({ symbol: '这是BTC', trades: [makeTrade({ symbol: '这是BTC' })] });
    expect(await client.json()).toMatchObject({ s: '这是BTC' });
    server.ticker.advance(1_000);
    expect((await client.json<{ bids: unknown[] }>()).bids).toHaveLength(20);
  });

  it('wakes a stream whose symbol is listed later', async () => {
    const client = await server.connect('/ws/newcoin@trade');
    server.exchange.emitMarket({ symbol: 'NEWCOIN', trades: [makeTrade({ symbol: 'NEWCOIN' })] });
    expect(await client.drain()).toEqual([]);
    server.exchange.instruments.set('NEWCOIN', makeInstrument({ symbol: 'NEWCOIN' }));
    server.exchange.views.set('NEWCOIN', new FakeMarketView('NEWCOIN'));
    server.ticker.advance(1_000);
    server.exchange.emitMarket({ symbol: 'NEWCOIN', trades: [makeTrade({ symbol: 'NEWCOIN', tradeId: 5 })] });
    expect(await client.json()).toMatchObject({ s: 'NEWCOIN', t: 5 });
  });

  it('stops listening and ticking when the last subscriber leaves', async () => {
    const client = await server.connect('/stream?streams=btcusdt@trade/btcusdt@depth/!miniTicker@arr');
    expect(server.sockets.streams.streamCount).toBe(3);
    expect(server.exchange.listenerCount().market).toBe(1);
    client.socket.terminate();
    while (server.sockets.connectionCount > 0) await server.settle();
    expect(server.sockets.streams.streamCount).toBe(0);
    expect(server.exchange.listenerCount().market).toBe(0);
    expect(server.ticker.count()).toBe(0);
  });
});
