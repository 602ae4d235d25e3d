// /ws is spoken natively and by Binance's clients, who connect to the bare path and subscribe later.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BinanceEdge } from '../../src/http/binance/edge.ts';
import { attachBinanceSockets } from '../../src/http/binance/sockets/binanceSockets.ts';
import { nativeSockets } from '../../src/http/native/ws/nativeSockets.ts';
import type { EdgeApi } from '../../src/http/server.ts';
import { makeTrade } from '../fixtures/fakeExchange.ts';
import { SocketClient } from '../fixtures/socketClient.ts';
import { type TestServer, testServer } from '../fixtures/testServer.ts';

let server: TestServer;
let url: string;
const binance: EdgeApi = ({ app, router, exchange }) => {
  const edge = new BinanceEdge({ exchange });
  attachBinanceSockets(router, { edge });
  app.addHook('onClose', async () => edge.close());
};
beforeAll(async () => {
  server = await testServer([nativeSockets, binance]);
  url = (await server.listen()).replace('http', 'ws');
});
afterAll(() => server.close());

it('serves either by the first message', async () => {
  const [theirs, ours] = [await SocketClient.open(`${url}/ws`), await SocketClient.open(`${url}/ws`)];
  expect(await theirs.ask({ method: 'SUBSCRIBE', params: ['btcusdt@trade'], id: 1 })).toEqual({ result: null, id: 1 });
  expect(await ours.ask({ op: 'subscribe', channels: ['trades:BTCUSDT'] })).toMatchObject({ op: 'subscribed' });
  server.exchange.emitMarket({ symbol: 'BTCUSDT', trades: [makeTrade()] });
  expect(await theirs.next()).toMatchObject({ e: 'trade', s: 'BTCUSDT', t: 1 });
  expect(await ours.next()).toMatchObject({ channel: 'trades:BTCUSDT', data: [{ tradeId: 1 }] });
  expect(await theirs.ask({ method: 'LIST_SUBSCRIPTIONS', id: 2 })).toEqual({ result: ['btcusdt@trade'], id: 2 });
});

it("leaves every other stream path to Binance's clients", async () => {
  const theirs = await SocketClient.open(`${url}/ws/btcusdt@trade`);
  // The answer shows that the stream of the URL is already subscribed.
  expect(await theirs.ask({ method: 'LIST_SUBSCRIPTIONS', id: 1 })).toEqual({ result: ['btcusdt@trade'], id: 1 });
});
