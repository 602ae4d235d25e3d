// /api/spot/market: what anyone may know of the symbols.
import type { FastifyInstance } from 'fastify';
import { printInstrument } from '../../config/instrumentText.ts';
import type { KlineInterval } from '../../domain/klineEntry.ts';
import type { MarketView } from '../../ports/marketData.ts';
import { ApiError, EdgeReject } from '../errors.ts';
import { formatPrice } from '../units.ts';
import { type NativeContext, type PageQuery, pageOf } from './context.ts';
import * as schemas from './schemas.ts';
import { bookTickerView, klineView, levelsView, ms, tickerView, tradeView } from './views.ts';

const tags = ['market'];
const DEPTH_DEFAULT = 100;
const DAY_MINUTES = 1440;
const AVERAGE_MINUTES = 5;
/** An instrument in the text form of config/instruments.json; its keys are documented there. */
const INSTRUMENT = { type: 'object', additionalProperties: true } as const;

export function marketRoutes(app: FastifyInstance, context: NativeContext): void {
  const { exchange } = context;
  const { registry, markets, clock } = exchange;

  function viewOf(symbol: string): MarketView {
    const view = markets.view(symbol);
    if (view === undefined) throw new ApiError(EdgeReject.BAD_SYMBOL);
    return view;
  }

  app.get(
    '/time',
    { schema: { tags, summary: "The server's time", response: schemas.answers(schemas.object({ time: schemas.time })) } },
    async () => ({ time: ms(clock.nowUs()) }),
  );

  app.get(
    '/symbols',
    { schema: { tags, summary: 'Every symbol with its filters', response: schemas.answers(schemas.list(INSTRUMENT)) } },
    async () => registry.instruments().map(printInstrument),
  );

  app.get<{ Params: { symbol: string } }>(
    '/symbols/:symbol',
    { schema: { tags, summary: 'A symbol with its filters', params: schemas.SYMBOL_PARAMS, response: schemas.answers(INSTRUMENT) } },
    async ({ params }) => printInstrument(context.instrument(params.symbol)),
  );

  app.get<{ Querystring: { symbol: string; limit?: number } }>(
    '/depth',
    { schema: { tags, summary: 'The order book', querystring: schemas.DEPTH_QUERY, response: schemas.answers(schemas.DEPTH) } },
    async ({ query: { symbol, limit = DEPTH_DEFAULT } }) => {
      const instrument = context.instrument(symbol);
      const { lastUpdateId, bids, asks } = viewOf(symbol).depth(limit);
      return { symbol, lastUpdateId, bids: levelsView(bids, instrument), asks: levelsView(asks, instrument) };
    },
  );

  app.get<{ Querystring: PageQuery & { symbol: string } }>(
    '/trades',
    {
      schema: {
        tags,
        summary: 'Trades, ascending',
        querystring: schemas.SYMBOL_PAGE,
        response: schemas.answers(schemas.list(schemas.TRADE)),
      },
    },
    async ({ query }) => {
      const instrument = context.instrument(query.symbol);
      const history = await exchange.history();
      return (await history.trades(query.symbol, pageOf(query))).map((trade) => tradeView(trade, instrument));
    },
  );

  app.get<{
    Querystring: PageQuery & { symbol: string; interval: KlineInterval; timeZoneMinutes?: number };
  }>(
    '/klines',
    {
      schema: {
        tags,
        summary: 'Klines, ascending, the running one last',
        querystring: schemas.KLINES_QUERY,
        response: schemas.answers(schemas.list(schemas.KLINE)),
      },
    },
    async ({ query }) => {
      const instrument = context.instrument(query.symbol);
      const history = await exchange.history();
      const page = { ...pageOf(query), timeZoneMinutes: query.timeZoneMinutes ?? 0, nowUs: clock.nowUs() };
      return (await history.klines(query.symbol, query.interval, page)).map((kline) => klineView(kline, instrument));
    },
  );

  app.get<{ Querystring: { symbol?: string; windowMinutes?: number } }>(
    '/ticker',
    {
      schema: {
        tags,
        summary: 'Rolling statistics of one symbol or of all',
        querystring: schemas.TICKER_QUERY,
        response: schemas.answers(schemas.list(schemas.TICKER)),
      },
    },
    async ({ query: { symbol, windowMinutes = DAY_MINUTES } }) => {
      const instruments = symbol === undefined ? registry.instruments() : [context.instrument(symbol)];
      const nowUs = clock.nowUs();
      return instruments.map((instrument) => {
        const view = viewOf(instrument.symbol);
        return tickerView(view.windowStats(windowMinutes * 60_000, nowUs), view.bookTicker(), instrument);
      });
    },
  );

  app.get<{ Querystring: { symbol?: string } }>(
    '/book-ticker',
    {
      schema: {
        tags,
        summary: 'Best bid and ask of one symbol or of all',
        querystring: schemas.MAYBE_SYMBOL,
        response: schemas.answers(schemas.list(schemas.BOOK_TICKER_VIEW)),
      },
    },
    async ({ query: { symbol } }) => {
      const instruments = symbol === undefined ? registry.instruments() : [context.instrument(symbol)];
      return instruments.map((instrument) => bookTickerView(viewOf(instrument.symbol).bookTicker(), instrument));
    },
  );

  app.get<{ Querystring: { symbol: string } }>(
    '/avg-price',
    {
      schema: {
        tags,
        summary: 'Volume-weighted average price of the last five minutes',
        querystring: schemas.ONE_SYMBOL,
        response: schemas.answers(
          schemas.object({
            symbol: schemas.text,
            minutes: schemas.whole('Window.'),
            price: schemas.decimal('0 before the first trade.'),
            closeTime: schemas.time,
          }),
        ),
      },
    },
    async ({ query: { symbol } }) => {
      const instrument = context.instrument(symbol);
      const { priceTicks, closeUs } = viewOf(symbol).avgPriceTicks(AVERAGE_MINUTES, clock.nowUs());
      return { symbol, minutes: AVERAGE_MINUTES, price: formatPrice(instrument, priceTicks), closeTime: ms(closeUs) };
    },
  );
}
