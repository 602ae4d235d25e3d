// Orders for the exchange behind an edge: as fast as a window goes, one after the other, at a steady rate.
import type { Exchange } from '../../src/actors/exchange.ts';
import { order } from '../../tests/pipeline/venue.ts';
import { Random } from '../measure/random.ts';

export class Load {
  readonly #exchange: Exchange;
  readonly #accounts: readonly number[];
  readonly #random = new Random();

  constructor(exchange: Exchange, accounts: readonly number[]) {
    this.#exchange = exchange;
    this.#accounts = accounts;
  }

  async place(): Promise<number> {
    const side = this.#random.below(2) === 0 ? 'BUY' : 'SELL';
    const accountId = this.#accounts[this.#random.below(this.#accounts.length)] as number;
    const price = 5_000_000 + this.#random.below(200) - 100;
    const result = await this.#exchange.placeOrder({
      accountId,
      symbol: 'BTCUSDT',
      order: order(side, price, 100 + this.#random.below(1000)),
    });
    if (!result.ok) throw new Error(result.reason.text);
    return result.report.fills.length;
  }

  /** As fast as so many commands in flight go; milliseconds. */
  async flood(orders: number, window: number): Promise<number> {
    const started = performance.now();
    let left = orders;
    const lane = async (): Promise<void> => {
      while (left-- > 0) await this.place();
    };
    await Promise.all(Array.from({ length: Math.min(window, orders) }, lane));
    return performance.now() - started;
  }

  /** One after the other; milliseconds each, sorted. */
  async alone(orders: number): Promise<number[]> {
    const times: number[] = [];
    for (let i = 0; i < orders; i++) {
      const startedMs = performance.now();
      await this.place();
      times.push(performance.now() - startedMs);
    }
    return times.sort((a, b) => a - b);
  }

  /** At a steady rate, measured from when each order was due. */
  async steady(perSecond: number, seconds: number): Promise<Steady> {
    const times: number[] = [];
    const lags: number[] = [];
    const started = performance.now();
    const orders = Math.floor(perSecond * seconds);
    const running: Promise<void>[] = [];
    for (let sent = 0; sent < orders; ) {
      const due = Math.min(orders, Math.floor(((performance.now() - started) / 1000) * perSecond));
      for (; sent < due; sent++) {
        const dueMs = started + (sent / perSecond) * 1000;
        lags.push(performance.now() - dueMs);
        running.push(
          this.place().then((fills) => {
            if (fills > 0) times.push(performance.now() - dueMs);
          }),
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const ordersPerSecond = orders / ((performance.now() - started) / 1000);
    await Promise.all(running);
    return { times: times.sort((a, b) => a - b), lags: lags.sort((a, b) => a - b), ordersPerSecond };
  }
}

export interface Steady {
  /** Response times of the orders that met a counterpart, milliseconds, sorted. */
  readonly times: readonly number[];
  /** How late each order was sent: the generator's share of the times. */
  readonly lags: readonly number[];
  readonly ordersPerSecond: number;
}
