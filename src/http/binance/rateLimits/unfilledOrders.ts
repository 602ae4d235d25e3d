// How many unfilled orders an account placed in each window: +1 per order placed, less when an order gets its first fill
// (faqs/order_count_decrement.md). Cancels and expiry change nothing. Time is an argument.
import type { AccountEvents } from '../../../ports/accountEvents.ts';
import { limitError } from './addressLimits.ts';
import { intervalText, type RateLimit, type RateLimitSettings, windowUs } from './rateLimitSettings.ts';
import { WindowCounter } from './windowCounter.ts';

interface Counted {
  readonly counters: readonly WindowCounter[];
  /** Ends listening to the account's fills. */
  readonly stop: () => void;
  seenUs: number;
}

export class UnfilledOrders {
  readonly #settings: RateLimitSettings;
  readonly #events: AccountEvents;
  readonly #accounts = new Map<number, Counted>();
  readonly #longestUs: number;
  #sweptUs = 0;

  constructor(settings: RateLimitSettings, events: AccountEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#longestUs = Math.max(0, ...settings.orders.map(windowUs));
  }

  /** Counts `orders` new ones; throws 429 and counts nothing when a window is full. */
  add(accountId: number, orders: number, nowUs: number): void {
    const account = this.#account(accountId, nowUs);
    if (this.#settings.enforced) {
      for (const counter of account.counters) {
        if (counter.count(nowUs) + orders <= counter.limit.limit) continue;
        const text = `Too many new orders; current limit is ${counter.limit.limit} orders per ${intervalText(counter.limit)}.`;
        throw limitError(-1015, text, 429, nowUs, counter.endUs(nowUs));
      }
    }
    for (const counter of account.counters) counter.add(orders, nowUs);
  }

  counts(accountId: number, nowUs: number): { readonly limit: RateLimit; readonly count: number }[] {
    const account = this.#accounts.get(accountId);
    return this.#settings.orders.map((limit, i) => ({ limit, count: account?.counters[i]?.count(nowUs) ?? 0 }));
  }

  close(): void {
    for (const account of this.#accounts.values()) account.stop();
    this.#accounts.clear();
  }

  #account(accountId: number, nowUs: number): Counted {
    let account = this.#accounts.get(accountId);
    if (account === undefined) {
      this.#sweep(nowUs);
      const counters = this.#settings.orders.map((limit) => new WindowCounter(limit));
      account = { counters, stop: this.#listen(accountId, counters), seenUs: nowUs };
      this.#accounts.set(accountId, account);
    }
    account.seenUs = nowUs;
    return account;
  }

  #listen(accountId: number, counters: readonly WindowCounter[]): () => void {
    const { takerFillCredit, makerFillCredit } = this.#settings;
    return this.#events.listenFirstFills(accountId, ({ isMaker, timeUs }) => {
      const credit = isMaker ? makerFillCredit : takerFillCredit;
      for (const counter of counters) counter.add(-credit, timeUs);
    });
  }

  /** Stops following accounts whose windows are all over. */
  #sweep(nowUs: number): void {
    if (nowUs - this.#sweptUs < this.#longestUs) return;
    this.#sweptUs = nowUs;
    for (const [accountId, account] of this.#accounts) {
      if (nowUs - account.seenUs < this.#longestUs) continue;
      account.stop();
      this.#accounts.delete(accountId);
    }
  }
}
