// <symbol>@aggTrade: the executions of one taker order at one price, as one. Ids go on from those the history gives, so
// that stream and GET /aggTrades name the same trade alike.
import type { SpotTrade } from '../../../domain/spotTrade.ts';
import { takerOrderId } from '../../../domain/spotTrade.ts';
import type { AggTrade } from '../../../ports/historyQueries.ts';
import type { MarketBatch } from '../../../ports/marketData.ts';
import { aggTradePayload } from './marketPayload.ts';
import type { StreamSource, SymbolFeed } from './streamSource.ts';

/** Aggregates asked of the history to number what happened while it was being asked. */
const CATCH_UP_LIMIT = 1000;

export class AggTradeSource implements StreamSource {
  readonly everyTicks = 0;
  readonly #feed: SymbolFeed;
  #lastAggTradeId = 0;
  #lastTradeId = 0;
  /** Trades that wait for the history's answer; undefined once it is here. */
  #waiting: SpotTrade[] | undefined = [];
  #isAsking = false;

  constructor(feed: SymbolFeed) {
    this.#feed = feed;
    this.#ask();
  }

  onBatch(batch: MarketBatch): void {
    if (batch.trades.length === 0) return;
    if (this.#waiting === undefined) {
      this.#publish(batch.trades, batch.timeUs);
      return;
    }
    this.#waiting.push(...batch.trades);
    if (!this.#isAsking) this.#ask();
  }

  #ask(): void {
    this.#isAsking = true;
    this.#feed
      .history()
      .then((history) => history.aggTrades(this.#feed.instrument.symbol, { limit: CATCH_UP_LIMIT }))
      .then((known) => this.#start(known))
      .catch(() => {
        // The history is not up (yet): what waited is lost to this stream, the next trade asks again.
        this.#isAsking = false;
        this.#waiting = [];
      });
  }

  #start(known: readonly AggTrade[]): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    const nowUs = this.#feed.nowUs();
    const last = known.at(-1);
    if (last !== undefined) {
      this.#lastAggTradeId = last.aggTradeId;
      this.#lastTradeId = last.lastTradeId;
    }
    const firstId = waiting[0]?.tradeId;
    if (firstId === undefined) return;
    for (const trade of known) if (trade.lastTradeId >= firstId) this.#send(trade, nowUs);
    this.#publish(waiting, nowUs);
  }

  #publish(trades: readonly SpotTrade[], timeUs: number): void {
    let group: AggTrade | undefined;
    let groupTaker = 0;
    for (const trade of trades) {
      if (trade.tradeId <= this.#lastTradeId) continue;
      this.#lastTradeId = trade.tradeId;
      const taker = takerOrderId(trade);
      if (group !== undefined && taker === groupTaker && group.priceTicks === trade.priceTicks && group.tradeUs === trade.tradeUs) {
        group = { ...group, lots: group.lots + trade.lots, lastTradeId: trade.tradeId };
        continue;
      }
      if (group !== undefined) this.#send(group, timeUs);
      groupTaker = taker;
      group = {
        aggTradeId: ++this.#lastAggTradeId,
        priceTicks: trade.priceTicks,
        lots: trade.lots,
        firstTradeId: trade.tradeId,
        lastTradeId: trade.tradeId,
        tradeUs: trade.tradeUs,
        buyerIsMaker: trade.buyerIsMaker,
      };
    }
    if (group !== undefined) this.#send(group, timeUs);
  }

  #send(trade: AggTrade, timeUs: number): void {
    const { channel, instrument } = this.#feed;
    channel.publish((time) => aggTradePayload(instrument, trade, timeUs, time));
  }
}
