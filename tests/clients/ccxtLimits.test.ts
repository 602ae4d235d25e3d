// What a ccxt bot catches when it runs into the venue's limits.
import ccxt from 'ccxt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ccxtConfig } from './ccxtConfig.ts';
import { ClientVenue } from './venue.ts';

let venue: ClientVenue;
let rest: InstanceType<typeof ccxt.binance>;
const symbol = 'BTC/USDT';

beforeAll(async () => {
  venue = await ClientVenue.start({
    SEDAX_BINANCE_RATE_LIMITS_REQUEST_WEIGHT: '100/1d',
    SEDAX_BINANCE_RATE_LIMITS_ORDERS: '2/1d',
    SEDAX_BINANCE_RATE_LIMITS_REFUSALS_BEFORE_BAN: '1',
    SEDAX_PIPELINE_ACCOUNT_LIMITS_MAX_NUM_ORDERS: '1',
    SEDAX_BINANCE_MAX_ASSETS: 'BTC:0.5',
  });
  rest = new ccxt.binance(ccxtConfig(venue));
  await rest.loadMarkets();
});
afterAll(() => venue.stop());

test('filters of the exchange and of assets, order counts, request weight, a ban', async () => {
  const buys = (amount: number) => rest.createOrder(symbol, 'limit', 'buy', amount, 48_000);
  await expect(buys(0.6)).rejects.toThrow(/Filter failure: MAX_ASSET/);
  await buys(0.1);
  await expect(buys(0.1)).rejects.toThrow(/Filter failure: EXCHANGE_MAX_NUM_ORDERS/);
  await rest.cancelAllOrders(symbol);
  await expect(buys(0.1)).rejects.toMatchObject({ message: expect.stringMatching(/-1015.*current limit is 2 orders per 1 DAY/) });
  await expect(buys(0.1)).rejects.toBeInstanceOf(ccxt.DDoSProtection);

  const asks = () => rest.fetchTickers();
  await expect(asks()).rejects.toBeInstanceOf(ccxt.DDoSProtection);
  await expect(asks()).rejects.toMatchObject({ message: expect.stringMatching(/418.*-1003.*IP banned until/) });
});
