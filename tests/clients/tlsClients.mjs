// What tls.test.ts runs in a process of its own, because Node reads NODE_EXTRA_CA_CERTS only at its start: ccxt and
// @binance/spot trade over https and wss with certificates checked. Prints one line of JSON: what each of them saw.
import { Spot } from '@binance/spot';
import ccxt from 'ccxt';

const { SEDAX_URL: http, ALICE, BOB } = process.env;
const ws = http.replace('https', 'wss');
const alice = JSON.parse(ALICE);
const bob = JSON.parse(BOB);
const seen = {};

const ccxtOf = ({ apiKey, secret }) =>
  new ccxt.pro.binance({
    apiKey,
    secret,
    options: { defaultType: 'spot', fetchMarkets: { types: ['spot'] }, fetchCurrencies: false, fetchMargins: false },
    urls: {
      api: {
        public: `${http}/api/v3`,
        private: `${http}/api/v3`,
        ws: { spot: `${ws}/stream/ws`, 'ws-api': { spot: `${ws}/ws-api/v3` } },
      },
    },
  });

const maker = ccxtOf(bob);
const taker = ccxtOf(alice);
try {
  await maker.createOrder('BTC/USDT', 'limit', 'sell', 0.5, 50_000);
  await taker.loadMarkets();
  const book = await taker.watchOrderBook('BTC/USDT');
  seen.streamAsk = book.asks[0].slice(0, 2);
  const orders = taker.watchOrders('BTC/USDT');
  await new Promise((resolve) => setTimeout(resolve, 300));
  const order = await taker.createOrder('BTC/USDT', 'market', 'buy', 0.1);
  seen.rest = { status: order.status, average: order.average, fee: order.fee };
  seen.userData = (await orders)[0].id === order.id;
  const placed = await taker.createOrderWs('BTC/USDT', 'limit', 'buy', 0.1, 40_000);
  const found = await taker.fetchOrderWs(placed.id, 'BTC/USDT');
  seen.wsApi = { status: found.status, price: found.price };
} finally {
  await Promise.all([maker.close(), taker.close()]);
}

const key = { apiKey: alice.apiKey, apiSecret: alice.secret, timeout: 10_000 };
const spot = new Spot({
  configurationRestAPI: { ...key, basePath: http },
  configurationWebsocketAPI: { ...key, wsURL: `${ws}/ws-api/v3` },
  configurationWebsocketStreams: { wsURL: ws },
});
const account = await (await spot.restAPI.getAccount({ omitZeroBalances: true })).data();
seen.restUid = account.uid;
const api = await spot.websocketAPI.connect();
try {
  const open = await api.openOrdersStatus({ symbol: 'BTCUSDT' });
  seen.wsApiOpen = open.data.map(({ price }) => price);
} finally {
  await api.disconnect();
}
const streams = await spot.websocketStreams.connect();
try {
  const top = new Promise((resolve) =>
    streams.partialBookDepth({ symbol: 'btcusdt', levels: 5, updateSpeed: '100ms' }).on('message', resolve),
  );
  seen.streamBids = (await top).bids;
} finally {
  await streams.disconnect();
}
process.stdout.write(`${JSON.stringify(seen)}\n`);
process.exit(0);
