// The few routes of other Binance products that clients call by default while they load markets: without them an otherwise
// unconfigured client does not start. They say as little as they may: there is no margin, no futures, no wallet here.
import { formatRate } from '../../units.ts';
import type { BinanceEdge } from '../edge.ts';
import { type BinanceMethod, defineMethod, type Verb } from '../methods/binanceMethod.ts';
import { instrumentOf } from '../methods/instruments.ts';
import { symbolText } from '../params/paramKinds.ts';
import { optional } from '../params/paramSpec.ts';
import { callOf, type RestHandler } from './restCall.ts';
import { sendError, sendResult, weightHeaders } from './restReply.ts';

export interface ForeignRoute {
  readonly path: string;
  /** Who calls it. */
  readonly why: string;
  readonly answer: unknown;
}

/** Answered whatever the parameters are: their callers sign some of them and not others. */
export const FOREIGN_ROUTES: readonly ForeignRoute[] = [
  { path: '/sapi/v1/capital/config/getall', why: 'ccxt loadMarkets with keys (currencies)', answer: [] },
  { path: '/sapi/v1/margin/allPairs', why: 'ccxt loadMarkets with keys (margin)', answer: [] },
  { path: '/sapi/v1/margin/isolated/allPairs', why: 'ccxt loadMarkets with keys (margin)', answer: [] },
  { path: '/fapi/v1/exchangeInfo', why: 'ccxt loadMarkets (linear futures)', answer: { symbols: [] } },
  { path: '/dapi/v1/exchangeInfo', why: 'ccxt loadMarkets (inverse futures)', answer: { symbols: [] } },
  { path: '/sapi/v1/system/status', why: 'status calls of ccxt, binance, python-binance', answer: { status: 0, msg: 'normal' } },
];

/** Fee rates of the account: nautilus does not start without it. */
export const TRADE_FEE: BinanceMethod = defineMethod({
  name: '',
  rest: ['GET /sapi/v1/asset/tradeFee'],
  security: 'USER_DATA',
  weight: 1,
  params: { symbol: optional(symbolText) },
  handle(ctx, { symbol }) {
    const { registry } = ctx.exchange;
    const instruments = symbol === undefined ? registry.instruments() : [instrumentOf(ctx, symbol)];
    return instruments.map((instrument) => {
      const { makerRate, takerRate } = registry.feeRates(ctx.accountId, instrument.symbol);
      return {
        symbol: instrument.symbol,
        makerCommission: formatRate(makerRate),
        takerCommission: formatRate(takerRate),
      };
    });
  },
});

export function foreignRoutes(edge: BinanceEdge, add: (verb: Verb, path: string, handler: RestHandler) => void): void {
  for (const { path, answer } of FOREIGN_ROUTES) {
    add('GET', path, async (request, reply) => {
      const { ip } = callOf(request, 'GET');
      edge.limits.addresses.charge(ip, 1, edge.exchange.clock.nowUs());
      weightHeaders(reply, edge, ip);
      return sendResult(reply, answer);
    });
  }
  for (const { verb, path } of TRADE_FEE.restRoutes) {
    add(verb, path, async (request, reply) => {
      const call = callOf(request, verb);
      const outcome = await edge.execute(TRADE_FEE, call);
      weightHeaders(reply, edge, call.ip);
      return outcome.ok ? sendResult(reply, outcome.result) : sendError(reply, outcome.error);
    });
  }
}
