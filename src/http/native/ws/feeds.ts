// The feeds of all channels: made for their first subscriber, given up with their last.
import type { ExchangePort } from '../../../ports/exchangePort.ts';
import { ApiError, EdgeReject } from '../../errors.ts';
import { AccountFeed } from './accountFeed.ts';
import { type Channel, isOwn } from './clientFrame.ts';
import { MarketFeed } from './marketFeed.ts';
import type { Subscriber } from './subscriber.ts';

export class Feeds {
  readonly #exchange: ExchangePort;
  readonly #onError: (error: unknown) => void;
  readonly #markets = new Map<string, MarketFeed>();
  readonly #accounts = new Map<number, AccountFeed>();

  constructor(exchange: ExchangePort, onError: (error: unknown) => void) {
    this.#exchange = exchange;
    this.#onError = onError;
  }

  /** `accountId` is whose orders and balances are meant. Throws ApiError when the channel cannot be had. */
  add(subscriber: Subscriber, channel: Channel, accountId: number): void {
    if (isOwn(channel)) {
      let feed = this.#accounts.get(accountId);
      if (feed === undefined) {
        feed = new AccountFeed(accountId, this.#exchange, this.#onError);
        this.#accounts.set(accountId, feed);
      }
      feed.add(subscriber, channel.kind);
      return;
    }
    const feed = this.#marketFeed(channel.symbol);
    if (channel.kind === 'kline') feed.addKline(subscriber, channel.interval);
    else if (channel.kind === 'trades') feed.addTrades(subscriber);
    else if (channel.kind === 'ticker') feed.addTicker(subscriber);
    else feed.addDepth(subscriber);
  }

  remove(subscriber: Subscriber, channel: Channel, accountId: number): void {
    if (isOwn(channel)) {
      const feed = this.#accounts.get(accountId);
      feed?.remove(subscriber, channel.kind);
      if (feed?.isEmpty === true) {
        feed.stop();
        this.#accounts.delete(accountId);
      }
      return;
    }
    const feed = this.#markets.get(channel.symbol);
    feed?.remove(subscriber, channel.kind, channel.kind === 'kline' ? channel.interval : undefined);
    if (feed?.isEmpty === true) {
      feed.stop();
      this.#markets.delete(channel.symbol);
    }
  }

  flushTickers(): void {
    for (const feed of this.#markets.values()) feed.flushTicker();
  }

  #marketFeed(symbol: string): MarketFeed {
    let feed = this.#markets.get(symbol);
    if (feed === undefined) {
      const view = this.#exchange.markets.view(symbol);
      if (view === undefined) throw new ApiError(EdgeReject.BAD_SYMBOL);
      feed = new MarketFeed(symbol, view, this.#exchange, this.#onError);
      this.#markets.set(symbol, feed);
    }
    return feed;
  }
}
