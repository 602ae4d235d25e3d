// Every route of the Binance API against the errors every parameter has: missing, empty, malformed, unknown, too many,
// twice. The texts are errors.md's; the legal ranges are what the venue prints.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BinanceMethod, RestRoute } from '../../src/http/binance/methods/binanceMethod.ts';
import { BINANCE_METHODS } from '../../src/http/binance/methods/index.ts';
import { DEFAULT_RATE_LIMITS } from '../../src/http/binance/rateLimits/rateLimitSettings.ts';
import { type Answer, type BinanceRest, binanceRest, type Params } from '../fixtures/binanceRest.ts';
import { REFUSED, SAMPLES, seed } from './samples.ts';

let api: BinanceRest;

beforeAll(async () => {
  api = await binanceRest({ rateLimits: { ...DEFAULT_RATE_LIMITS, enforced: false } });
  seed(api.exchange);
});
afterAll(async () => {
  await api.close();
});

interface Case {
  readonly key: string;
  readonly method: BinanceMethod;
  readonly route: RestRoute;
  readonly sample: Params;
}

const cases: Case[] = BINANCE_METHODS.flatMap((method) =>
  method.restRoutes.map((route) => {
    const key = `${route.verb} ${route.path}`;
    return { key, method, route, sample: SAMPLES[key] as Params };
  }),
);

function call({ method, route }: Case, params: Params): Promise<Answer> {
  return method.security === 'NONE' ? api.open(route.verb, route.path, params) : api.signed(route.verb, route.path, params);
}

const without = (params: Params, name: string): Params => Object.fromEntries(Object.entries(params).filter(([key]) => key !== name));

it('has a sample for every route', () => {
  expect(cases.map(({ key }) => key).sort()).toEqual(Object.keys(SAMPLES).sort());
});

describe.each(cases)('$key', (one) => {
  const { key, method, sample } = one;
  const envelope = method.security === 'NONE' ? 0 : 2; // timestamp, signature
  const envelopeMost = method.security === 'NONE' ? 0 : 3; // and recvWindow

  it('answers the sample', async () => {
    const { status, body } = await call(one, sample);
    const refused = REFUSED[key];
    if (refused === undefined) expect({ status, body }).toMatchObject({ status: 200 });
    else expect({ status, body }).toEqual({ status: 400, body: refused });
    expect(api.unexpected).toEqual([]);
  });

  it('names each mandatory parameter that is missing (-1102)', async () => {
    for (const [name, { mandatory }] of Object.entries(method.params.spec)) {
      if (!mandatory) continue;
      const { status, body } = await call(one, without(sample, name));
      expect({ status, body }).toEqual({
        status: 400,
        body: { code: -1102, msg: `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.` },
      });
    }
  });

  it('names each parameter that is empty (-1105)', async () => {
    for (const name of method.params.names) {
      const { body } = await call(one, { ...sample, [name]: '' });
      expect(body).toEqual(EMPTY_ERRORS[name] ?? { code: -1105, msg: `Parameter '${name}' was empty.` });
    }
  });

  it('names each parameter with illegal characters (-1100), or the error of its kind', async () => {
    for (const [name, { kind }] of Object.entries(method.params.spec)) {
      const { body } = await call(one, { ...sample, [name]: 'n§n' });
      expect({ name, ...(body as object) }).toEqual({ name, ...malformed(key, name, kind.type) });
    }
  });

  it('refuses a parameter it does not know (-1104, or -1101 when there are too many)', async () => {
    const sent = Object.keys(sample).length + envelope;
    const most = method.params.names.length + envelopeMost;
    const { body } = await call(one, { ...sample, nonsense: 1 });
    expect(body).toEqual(
      sent + 1 > most
        ? { code: -1101, msg: `Too many parameters; expected '${most}' and received '${sent + 1}'.` }
        : {
            code: -1104,
            msg: `Not all sent parameters were read; read '${sent}' parameter(s) but was sent '${sent + 1}'.`,
          },
    );
  });

  it('refuses a parameter that comes twice (-1101)', async () => {
    const { status, body } = await api.send(one.route.verb, one.route.path, { query: 'symbol=BTCUSDT&symbol=BTCUSDT' });
    expect({ status, body }).toEqual({
      status: 400,
      body: { code: -1101, msg: 'Duplicate values for a parameter detected.' },
    });
  });

  it('does not know symbols nobody lists (-1121)', async () => {
    if (!method.params.names.includes('symbol')) return;
    const { status, body } = await call(one, { ...sample, symbol: 'NOSUCH' });
    expect({ status, body }).toEqual({ status: 400, body: { code: -1121, msg: 'Invalid symbol.' } });
  });

  it('counts its weight', async () => {
    const before = Number((await api.open('GET', '/ping')).headers['x-mbx-used-weight-1m']);
    const { headers } = await call(one, { ...sample, nonsense: 1 });
    expect(Number(headers['x-mbx-used-weight-1m']) - before).toBe(WEIGHTS[key]);
  });
});

/** Empty texts with an error of their own. */
const EMPTY_ERRORS: Readonly<Record<string, object>> = {
  newClientOrderId: { code: -1118, msg: 'New client order ID was empty.' },
  origClientOrderId: { code: -1119, msg: 'Original client order ID was empty.' },
};

const illegal = (name: string, range: string) => ({
  code: -1100,
  msg: `Illegal characters found in parameter '${name}'; legal range is '${range}'.`,
});

/** Words that have an error of their own; the others are -1130. */
const WORD_ERRORS: readonly [suffix: string, code: number, msg: string][] = [
  ['TimeInForce', -1115, 'Invalid timeInForce.'],
  ['PegPriceType', -1210, 'Invalid pegPriceType.'],
  ['PegOffsetType', -1211, 'Invalid pegOffsetType.'],
  ['RespType', -1130, "Data sent for parameter 'newOrderRespType' is not valid."],
  ['Type', -1116, 'Invalid orderType.'],
  ['Side', -1117, 'Invalid side.'],
  ['CancelRestrictions', -1145, 'Invalid cancelRestrictions'],
  ['Interval', -1120, 'Invalid interval.'],
  ['SymbolStatus', -1122, 'Invalid symbolStatus.'],
];

function malformed(key: string, name: string, type: string): { code: number; msg: string } {
  if (name === 'symbol') return illegal(name, '^[\\w\\-._&&[^a-z]]{1,50}$');
  if (name === 'symbols') {
    return illegal(name, '^\\[("[\\w\\-._&&[^a-z]]{1,50}"(,"[\\w\\-._&&[^a-z]]{1,50}"){0,}){0,1}\\]$');
  }
  if (name === 'pendingQuantity' && /orderList\/opo/.test(key)) {
    return { code: -1225, msg: "Pending orders should not include the 'pendingQuantity' tag." };
  }
  if (/ClientOrderId$/.test(name)) return illegal(name, '^[a-zA-Z0-9-_]{1,36}$');
  if (type === 'LONG' || type === 'INT') return illegal(name, '^[0-9]{1,20}$');
  if (type === 'DECIMAL') return illegal(name, '^([0-9]{1,20})(\\.[0-9]{1,20})?$');
  if (/ticker/.test(key) && name === 'type') return { code: -1139, msg: 'Invalid ticker type.' };
  const lower = name.toLowerCase();
  const own = WORD_ERRORS.find(([suffix]) => lower.endsWith(suffix.toLowerCase()));
  if (own !== undefined) return { code: own[1], msg: own[2] };
  return { code: -1130, msg: `Data sent for parameter '${name}' is not valid.` };
}

/** What the documentation says each route costs (for the sample). */
const WEIGHTS: Readonly<Record<string, number>> = {
  'GET /api/v3/ping': 1,
  'GET /api/v3/time': 1,
  'GET /api/v3/exchangeInfo': 20,
  'GET /api/v3/executionRules': 40,
  'GET /api/v3/depth': 5,
  'GET /api/v3/trades': 25,
  'GET /api/v3/historicalTrades': 25,
  'GET /api/v3/historicalBlockTrades': 25,
  'GET /api/v3/aggTrades': 4,
  'GET /api/v3/klines': 2,
  'GET /api/v3/uiKlines': 2,
  'GET /api/v3/avgPrice': 2,
  'GET /api/v3/referencePrice': 2,
  'GET /api/v3/referencePrice/calculation': 2,
  'GET /api/v3/ticker/24hr': 2,
  'GET /api/v3/ticker/tradingDay': 4,
  'GET /api/v3/ticker': 4,
  'GET /api/v3/ticker/price': 2,
  'GET /api/v3/ticker/bookTicker': 2,
  'POST /api/v3/order': 1,
  'POST /api/v3/order/test': 1,
  'DELETE /api/v3/order': 1,
  'DELETE /api/v3/openOrders': 1,
  'DELETE /api/v3/orderList': 1,
  'PUT /api/v3/order/amend/keepPriority': 4,
  'POST /api/v3/order/cancelReplace': 1,
  'POST /api/v3/order/oco': 1,
  'POST /api/v3/orderList/oco': 1,
  'POST /api/v3/orderList/oto': 1,
  'POST /api/v3/orderList/otoco': 1,
  'POST /api/v3/orderList/opo': 1,
  'POST /api/v3/orderList/opoco': 1,
  'POST /api/v3/sor/order': 1,
  'POST /api/v3/sor/order/test': 1,
  'GET /api/v3/account': 20,
  'GET /api/v3/account/commission': 20,
  'GET /api/v3/rateLimit/order': 40,
  'GET /api/v3/myFilters': 40,
  'GET /api/v3/order': 4,
  'GET /api/v3/openOrders': 6,
  'GET /api/v3/allOrders': 20,
  'GET /api/v3/orderList': 4,
  'GET /api/v3/allOrderList': 20,
  'GET /api/v3/openOrderList': 6,
  'GET /api/v3/order/amendments': 4,
  'GET /api/v3/myTrades': 20,
  'GET /api/v3/myPreventedMatches': 20,
  'GET /api/v3/myAllocations': 20,
};
