// Feeds a recorded order flow through an exchange, and holds what the exchange makes of it against what the venue made of
// it: every execution, every order that rested, every cancel's remainder. Only the resting book, the received orders and the
// cancels go in; matches, opens and fills are the venue's answers.

import type { NewOrder } from '../domain/command.ts';
import type { Instrument } from '../domain/instrument.ts';
import { OrderType, Side, StpMode, TimeInForce } from '../domain/orderTerms.ts';
import { leavesLots } from '../domain/spotOrder.ts';
import { makerOrderId } from '../domain/spotTrade.ts';
import { parsePrice, parseQuantity } from '../http/units.ts';
import type { CommandOf, ExchangePort, PlaceResult } from '../ports/exchangePort.ts';
import { type CoinbaseMessage, type CoinbaseSide, parseCoinbaseLine } from './coinbaseFull.ts';

export interface ReplayDeps {
  readonly exchange: ExchangePort;
  readonly instrument: Instrument;
  /** Who places the orders of each side: two, so that nobody trades with itself. */
  readonly accounts: Readonly<Record<CoinbaseSide, number>>;
  /** Called after that many lines, with everything before them done. */
  readonly checkpoints?: ReadonlyMap<number, () => void>;
  readonly onProgress?: (lines: number) => void;
}

export interface ReplayReport {
  readonly lines: number;
  readonly resting: number;
  readonly trades: number;
  readonly opens: number;
  readonly cancels: number;
  /** Where the exchange and the venue differ; empty = exactly alike. */
  readonly differences: readonly string[];
}

/** Commands in flight before the replay waits: the order of arrival is kept, so the result does not depend on it. */
const WINDOW = 512;
const PROGRESS_EVERY = 1_000;

interface Placed {
  readonly side: CoinbaseSide;
  readonly orderId: number;
}

export async function replayCoinbase(lines: Iterable<string>, deps: ReplayDeps): Promise<ReplayReport> {
  const replay = new CoinbaseReplay(deps);
  let count = 0;
  for (const line of lines) {
    if (line === '') continue;
    await replay.take(parseCoinbaseLine(line));
    count++;
    const checkpoint = deps.checkpoints?.get(count);
    if (checkpoint !== undefined) {
      await replay.settle();
      checkpoint();
    }
    if (count % PROGRESS_EVERY === 0) deps.onProgress?.(count);
  }
  await replay.settle();
  return { lines: count, ...replay.report() };
}

class CoinbaseReplay {
  readonly #deps: ReplayDeps;
  readonly #differences: string[] = [];
  /** Venue's order ids to ours, known once an order is placed. */
  readonly #placed = new Map<string, Promise<Placed | undefined>>();
  readonly #sides = new Map<string, CoinbaseSide>();
  readonly #venueIds = new Map<number, string>();
  readonly #ourTrades: string[] = [];
  readonly #venueTrades: string[] = [];
  readonly #ourOpens = new Map<string, number>();
  #inFlight: Promise<unknown>[] = [];
  #resting = 0;
  #opens = 0;
  #cancels = 0;

  constructor(deps: ReplayDeps) {
    this.#deps = deps;
  }

  async take(message: CoinbaseMessage): Promise<void> {
    switch (message.kind) {
      case 'resting':
        this.#resting++;
        await this.#place(message.orderId, message.side, message.price, message.size);
        return;
      case 'received':
        // What a market order needs is estimated from the book: it must see all that came before.
        if (message.price === null) await this.settle();
        await this.#place(message.orderId, message.side, message.price, message.size);
        return;
      case 'open':
        this.#opens++;
        this.#later(this.#checkOpen(message.orderId, message.remainingSize));
        return;
      case 'match':
        this.#venueTrades.push(`${message.makerOrderId} ${message.takerOrderId} ${this.#ticks(message.price)} ${this.#lots(message.size)}`);
        return;
      case 'canceled':
        this.#cancels++;
        await this.#cancel(message.orderId, message.remainingSize);
        return;
      case 'filled':
        return;
    }
  }

  /** Waits for everything in flight. */
  async settle(): Promise<void> {
    const waiting = this.#inFlight;
    this.#inFlight = [];
    await Promise.all(waiting);
  }

  report(): Omit<ReplayReport, 'lines'> {
    const differences = [...this.#differences];
    for (let i = 0; i < Math.max(this.#ourTrades.length, this.#venueTrades.length); i++) {
      if (this.#ourTrades[i] !== this.#venueTrades[i])
        differences.push(`trade ${i + 1}: ours ${this.#ourTrades[i] ?? 'none'}, the venue's ${this.#venueTrades[i] ?? 'none'}`);
    }
    return { resting: this.#resting, trades: this.#ourTrades.length, opens: this.#opens, cancels: this.#cancels, differences };
  }

  #ticks(price: string): number {
    const parsed = parsePrice(this.#deps.instrument, price);
    if (!parsed.ok) throw new RangeError(`price ${price}: ${parsed.problem}`);
    return parsed.value;
  }

  #lots(size: string): number {
    const parsed = parseQuantity(this.#deps.instrument, size);
    if (!parsed.ok) throw new RangeError(`size ${size}: ${parsed.problem}`);
    return parsed.value;
  }

  #later(work: Promise<unknown>): void {
    this.#inFlight.push(work);
  }

  async #room(): Promise<void> {
    if (this.#inFlight.length >= WINDOW) await this.settle();
  }

  async #place(venueId: string, side: CoinbaseSide, price: string | null, size: string): Promise<void> {
    await this.#room();
    this.#sides.set(venueId, side);
    const { exchange, instrument, accounts } = this.#deps;
    const command: CommandOf<'PlaceOrder'> = {
      accountId: accounts[side],
      symbol: instrument.symbol,
      order: newOrder(venueId, side, price === null ? 0 : this.#ticks(price), this.#lots(size)),
    };
    const placed = exchange.placeOrder(command).then((result) => this.#tookPlace(venueId, side, result));
    this.#placed.set(venueId, placed);
    this.#later(placed);
  }

  #tookPlace(venueId: string, side: CoinbaseSide, result: PlaceResult): Placed | undefined {
    if (!result.ok) {
      this.#differences.push(`order ${venueId} was refused: ${result.reason.text}`);
      return undefined;
    }
    const { order, fills } = result.report;
    this.#venueIds.set(order.orderId, venueId);
    for (const trade of fills) {
      this.#ourTrades.push(`${this.#venueIds.get(makerOrderId(trade)) ?? '?'} ${venueId} ${trade.priceTicks} ${trade.lots}`);
    }
    this.#ourOpens.set(venueId, leavesLots(order));
    return { side, orderId: order.orderId };
  }

  async #checkOpen(venueId: string, remaining: string): Promise<void> {
    await this.#placed.get(venueId);
    const ours = this.#ourOpens.get(venueId);
    if (ours !== this.#lots(remaining))
      this.#differences.push(`order ${venueId} rests with ${ours} lots, at the venue with ${this.#lots(remaining)}`);
  }

  async #cancel(venueId: string, remaining: string): Promise<void> {
    await this.#room();
    const { exchange, instrument, accounts } = this.#deps;
    const side = this.#sides.get(venueId);
    if (side === undefined) {
      this.#differences.push(`cancel of ${venueId}, which nobody placed`);
      return;
    }
    const command = {
      accountId: accounts[side],
      symbol: instrument.symbol,
      orderId: 0,
      origClientOrderId: venueId,
      cancelClientOrderId: '',
      restriction: 0,
    } as const;
    const done = exchange.cancelOrder(command).then((result) => {
      if (!result.ok) this.#differences.push(`cancel of ${venueId} was refused: ${result.reason.text}`);
      else if (leavesLots(result.report.order) !== this.#lots(remaining)) {
        this.#differences.push(
          `cancel of ${venueId} leaves ${leavesLots(result.report.order)} lots, at the venue ${this.#lots(remaining)}`,
        );
      }
    });
    this.#later(done);
  }
}

function newOrder(clientOrderId: string, side: CoinbaseSide, priceTicks: number, lots: number): NewOrder {
  return {
    clientOrderId,
    side: Side[side],
    type: priceTicks === 0 ? OrderType.MARKET : OrderType.LIMIT,
    timeInForce: TimeInForce.GTC,
    priceTicks,
    lots,
    quoteUnits: 0n,
    stopPriceTicks: 0,
    trailingDelta: 0,
    icebergLots: 0,
    stpMode: StpMode.NONE,
    expireUs: 0,
    strategyId: null,
    strategyType: null,
    pegPriceType: 0,
    pegOffsetType: 0,
    pegOffsetValue: 0,
    estimateUnits: 0n,
  };
}
