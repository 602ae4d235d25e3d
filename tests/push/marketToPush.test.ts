// Random commands through the real market, its log through the push hub: live books, diff streams, book tickers and
// user events must each lead to what the market itself says.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PushHub } from '../../src/actors/push/pushHub.ts';
import { decodeSnapshot, encodeSnapshot } from '../../src/codec/snapshotCodec.ts';
import { decodeStep, encodeStep } from '../../src/codec/stepCodec.ts';
import { applyChanges, namesOf } from '../../src/domain/changedFields.ts';
import { ChangeKind, type ChangeLogEntry, EntityType } from '../../src/domain/changeLogEntry.ts';
import { Market } from '../../src/domain/market/market.ts';
import { isTerminal, OrderStatus } from '../../src/domain/orderStatus.ts';
import {
  ContingencyType,
  ListLeg,
  OrderType,
  PegOffsetType,
  PegPriceType,
  RequestKind,
  Side,
  StpMode,
  TimeInForce,
} from '../../src/domain/orderTerms.ts';
import { leavesLots, OrderField, type SpotOrder } from '../../src/domain/spotOrder.ts';
import type { AccountEvent } from '../../src/ports/accountEvents.ts';
import type { BookTicker, Level, MarketBatch } from '../../src/ports/marketData.ts';
import { instrument, list, order, request } from '../market/fixture.ts';

/** What the random commands have brought about. */
const seen = new Set<string>();
const ACCOUNTS = [1000, 1001, 1002];
const NAMES = namesOf<SpotOrder>(OrderField);
const EVERYTHING = Number.POSITIVE_INFINITY;

/** One random command, in numbers; what they mean depends on what is open then. */
const command = fc.record({
  kind: fc.integer({ min: 0, max: 19 }),
  account: fc.constantFrom(...ACCOUNTS),
  isBuy: fc.boolean(),
  ticks: fc.integer({ min: 95, max: 105 }),
  lots: fc.integer({ min: 1, max: 12 }),
  pick: fc.nat(1000),
  variant: fc.nat(1000),
  stpMode: fc.constantFrom(...Object.values(StpMode)),
  /** The message ends after it. */
  isLast: fc.boolean(),
});
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

/** Drives one market and keeps what its log says in the plainest way. */
class Venue {
  readonly market = new Market(instrument);
  readonly rows = new Map<number, SpotOrder>();
  readonly #parked = new Map<number, readonly number[]>();
  #nextId = 1;
  #sequence = 0;
  nowUs = 1_000_000;

  run(commands: readonly Command[]): ChangeLogEntry[] {
    const out: ChangeLogEntry[] = [];
    for (const each of commands) {
      this.nowUs += 1000;
      const done = out.length;
      this.#carryOut(each, out);
      this.#fold(out.slice(done));
      const before = out.length;
      this.#fundParked(each, out);
      this.#fold(out.slice(before));
    }
    for (const entry of out) entry.sequence = ++this.#sequence;
    this.market.checkInvariants();
    return out;
  }

  #fold(entries: readonly ChangeLogEntry[]): void {
    for (const { entityType, entityId, changeType } of entries) {
      if (entityType !== EntityType.SpotOrder) continue;
      if (changeType.kind === ChangeKind.Created) this.rows.set(entityId as number, { ...changeType.fields });
      const row = this.rows.get(entityId as number);
      if (changeType.kind === ChangeKind.Updated && row !== undefined && !isTerminal(row.status)) {
        applyChanges(row, NAMES, changeType.changedFields);
      }
    }
  }

  openOrders(): SpotOrder[] {
    return [...this.rows.values()].filter(({ status }) => !isTerminal(status));
  }

  #order(each: Command, terms: Partial<SpotOrder> = {}): SpotOrder {
    const { account, isBuy, ticks, lots, stpMode } = each;
    return order({
      orderId: this.#nextId++,
      accountId: account,
      side: isBuy ? Side.BUY : Side.SELL,
      priceTicks: ticks,
      origLots: lots,
      stpMode,
      // More than any of these orders can spend.
      reservedUnits: 10n ** 12n,
      ...terms,
    });
  }

  #carryOut(each: Command, out: ChangeLogEntry[]): void {
    const { kind, variant, ticks, lots, isBuy, pick } = each;
    const { market, nowUs } = this;
    const place = (terms: Partial<SpotOrder> = {}): void => market.place([this.#order(each, terms)], null, nowUs, out);
    const open = this.openOrders();
    const some = open[pick % Math.max(1, open.length)];
    if (kind < 6) place({ timeInForce: variant % 5 === 0 ? TimeInForce.IOC : TimeInForce.GTC });
    else if (kind === 6) place({ type: OrderType.LIMIT_MAKER });
    else if (kind === 7) place({ timeInForce: TimeInForce.FOK });
    else if (kind === 8) place({ icebergLots: 1 + (variant % 3) });
    else if (kind === 9) place({ expireUs: nowUs + 5000 });
    else if (kind === 10) place({ type: OrderType.MARKET, priceTicks: 0 });
    else if (kind === 11) {
      const origQuoteUnits = BigInt(ticks * lots * instrument.quoteUnitsPerTickLot);
      const reservedUnits = isBuy ? origQuoteUnits : BigInt(1000 * lots * instrument.lotUnits);
      place({ type: OrderType.MARKET, priceTicks: 0, origLots: 0, origQuoteUnits, reservedUnits });
    } else if (kind === 12 || kind === 13) {
      const type = OrderType.STOP_LOSS + (variant % 4);
      const stopPriceTicks = 95 + (pick % 11);
      place({ type: type as OrderType, stopPriceTicks, trailingDelta: variant % 7 === 0 ? 200 : 0 });
    } else if (kind === 14) {
      const pegPriceType = variant % 2 === 0 ? PegPriceType.PRIMARY_PEG : PegPriceType.MARKET_PEG;
      place({ pegPriceType, pegOffsetType: PegOffsetType.PRICE_LEVEL, pegOffsetValue: variant % 3 });
    } else if (kind === 15) this.#placeList(each, out);
    else if (some !== undefined && kind <= 17) {
      market.request(some.orderId, request(RequestKind.CANCEL, { commandId: nowUs, clientOrderId: 'x' }), nowUs, out);
    } else if (some !== undefined) {
      const smaller = Math.max(1, some.origLots - 1 - (variant % 3));
      const clientOrderId = variant % 2 === 0 ? `amended${nowUs}` : some.clientOrderId;
      market.request(some.orderId, request(RequestKind.AMEND, { lots: smaller, clientOrderId }), nowUs, out);
    }
    // A request for an order that is long closed.
    if (variant === 0) market.request(1, request(RequestKind.CANCEL), nowUs, out);
  }

  #placeList(each: Command, out: ChangeLogEntry[]): void {
    const { variant, isBuy, ticks } = each;
    const orderListId = this.#nextId++;
    const pair = (side: Side): SpotOrder[] => {
      const limit = { type: OrderType.LIMIT_MAKER, side, orderListId };
      const stop = { type: OrderType.STOP_LOSS, side, orderListId };
      return side === Side.SELL
        ? [
            this.#order(each, { ...limit, priceTicks: ticks + 6, listLeg: ListLeg.ABOVE }),
            this.#order(each, { ...stop, stopPriceTicks: ticks - 6, priceTicks: 0, listLeg: ListLeg.BELOW }),
          ]
        : [
            this.#order(each, { ...stop, stopPriceTicks: ticks + 6, priceTicks: 0, listLeg: ListLeg.ABOVE }),
            this.#order(each, { ...limit, priceTicks: ticks - 6, listLeg: ListLeg.BELOW }),
          ];
    };
    if (variant % 3 === 0) {
      const legs = pair(isBuy ? Side.BUY : Side.SELL);
      this.market.place(legs, list(orderListId, ContingencyType.OCO, legs), this.nowUs, out);
      return;
    }
    const working = this.#order(each, { orderListId, listLeg: ListLeg.WORKING });
    const other = isBuy ? Side.SELL : Side.BUY;
    const status = OrderStatus.ConditionalPending;
    const pending =
      variant % 3 === 1
        ? [this.#order(each, { side: other, orderListId, listLeg: ListLeg.PENDING, status })]
        : pair(other).map((leg) => ({ ...leg, status }));
    const legs = [working, ...pending];
    const contingencyType = variant % 3 === 1 ? ContingencyType.OTO : ContingencyType.OTOCO;
    this.#parked.set(
      working.orderId,
      pending.map(({ orderId }) => orderId),
    );
    this.market.place(legs, list(orderListId, contingencyType, legs), this.nowUs, out);
  }

  /** The account's part: a working leg is filled, its pending legs get their funds, or not. */
  #fundParked(each: Command, out: ChangeLogEntry[]): void {
    for (const [workingId, pending] of this.#parked) {
      const working = this.rows.get(workingId);
      if (working === undefined || !isTerminal(working.status)) continue;
      this.#parked.delete(workingId);
      if (working.status !== OrderStatus.Filled) continue;
      const kind = each.variant % 4 === 0 ? RequestKind.REJECT : RequestKind.ACTIVATE;
      for (const orderId of pending) {
        const lots = this.rows.get(orderId)?.origLots ?? 0;
        if (this.market.openOrder(orderId)?.status === OrderStatus.ConditionalPending) {
          this.market.request(orderId, request(kind, { lots }), this.nowUs, out);
          if (kind === RequestKind.REJECT) break;
        }
      }
    }
  }
}

/** A client's book: a snapshot, then diffs by the documented procedure. */
class ClientBook {
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();
  updateId: number;

  constructor(hub: PushHub) {
    const { lastUpdateId, bids, asks } = hub.markets.view(instrument.symbol)!.depth(EVERYTHING);
    this.updateId = lastUpdateId;
    for (const [ticks, lots] of bids) this.bids.set(ticks, lots);
    for (const [ticks, lots] of asks) this.asks.set(ticks, lots);
  }

  apply({ depth }: MarketBatch): void {
    if (depth === null) return;
    expect(depth.firstUpdateId).toBe(this.updateId + 1);
    expect(depth.lastUpdateId).toBeGreaterThanOrEqual(depth.firstUpdateId);
    this.updateId = depth.lastUpdateId;
    for (const [side, levels] of [
      [this.bids, depth.bids],
      [this.asks, depth.asks],
    ] as const) {
      for (const [ticks, lots] of levels) {
        if (lots === 0) side.delete(ticks);
        else side.set(ticks, lots);
      }
    }
  }

  levels(): { bids: Level[]; asks: Level[] } {
    return {
      bids: [...this.bids].sort(([a], [b]) => b - a),
      asks: [...this.asks].sort(([a], [b]) => a - b),
    };
  }

  ticker(): BookTicker {
    const { bids, asks } = this.levels();
    const [bidTicks, bidLots] = bids[0] ?? [0, 0];
    const [askTicks, askLots] = asks[0] ?? [0, 0];
    return { updateId: this.updateId, bidTicks, bidLots, askTicks, askLots };
  }
}

/** What a client may know of an order; the rest changes without an event of its own. */
const visible = (row: Readonly<SpotOrder>): object => ({
  orderId: row.orderId,
  clientOrderId: row.clientOrderId,
  status: row.status,
  origLots: row.origLots,
  executedLots: row.executedLots,
  cumQuoteUnits: row.cumQuoteUnits,
  preventedLots: row.preventedLots,
  bookLots: row.bookLots,
  workingUs: row.workingUs,
  peggedPriceTicks: row.peggedPriceTicks,
  expiryReason: row.expiryReason,
  rejectCode: row.rejectCode,
});

/** Folds an account's events the way a client does, and checks each against those before it. */
class ClientOrders {
  readonly orders = new Map<number, Readonly<SpotOrder>>();
  /** Sides of the orders' first fills since they were last compared: by their executions, and as who only counts them is told. */
  readonly firstFills: boolean[] = [];
  readonly firstFillsTold: boolean[] = [];
  readonly #traded = new Map<number, { lots: number; quoteUnits: bigint }>();
  readonly #lists = new Map<number, boolean>();
  #executionId = 0;

  apply(events: readonly AccountEvent[]): void {
    for (const event of events) {
      if (event.kind === 'list') {
        seen.add(`list ${event.list.orderStatus}`);
        const { orderListId, orderStatus, orderIds } = event.list;
        expect(this.#lists.get(orderListId) ?? true).toBe(true);
        this.#lists.set(orderListId, orderStatus === 0);
        expect(event.orders.map(({ orderId }) => orderId)).toEqual(orderIds);
      }
      if (event.kind === 'execution') this.#execution(event);
    }
  }

  #execution(event: Extract<AccountEvent, { kind: 'execution' }>): void {
    seen.add(event.executionType);
    const { order: row, executionType, trade } = event;
    const known = this.orders.get(row.orderId);
    if (known === undefined) expect(['NEW', 'REJECTED']).toContain(executionType);
    else expect(isTerminal(known.status)).toBe(false);
    expect(event.executionId).toBeGreaterThanOrEqual(this.#executionId);
    this.#executionId = event.executionId;
    this.orders.set(row.orderId, row);
    const sum = this.#traded.get(row.orderId) ?? { lots: 0, quoteUnits: 0n };
    this.#traded.set(row.orderId, sum);
    expect(trade !== null).toBe(executionType === 'TRADE');
    if (trade !== null) {
      if (sum.lots === 0) this.firstFills.push(event.isMaker);
      sum.lots += trade.lots;
      sum.quoteUnits += trade.quoteUnits;
      expect([OrderStatus.PartiallyFilled, OrderStatus.Filled]).toContain(row.status);
    }
    expect([row.executedLots, row.cumQuoteUnits]).toEqual([sum.lots, sum.quoteUnits]);
    if (executionType === 'REPLACED') expect(event.origClientOrderId).toBe(known?.clientOrderId);
    if (executionType === 'EXPIRED') expect(row.status).toBe(OrderStatus.Expired);
    if (executionType === 'CANCELED') expect(row.status).toBe(OrderStatus.Cancelled);
    if (executionType === 'TRADE_PREVENTION') expect(event.preventedMatch).not.toBeNull();
    if (row.status === OrderStatus.Filled) expect(leavesLots(row)).toBe(0);
  }
}

function listenTo(hub: PushHub, clients: ReadonlyMap<number, ClientOrders>): MarketBatch[] {
  const batches: MarketBatch[] = [];
  hub.markets.listen(instrument.symbol, (batch) => batches.push(batch));
  for (const [account, client] of clients) {
    hub.accountEvents.listen(account, (events) => client.apply(events));
    hub.accountEvents.listenFirstFills(account, ({ isMaker }) => client.firstFillsTold.push(isMaker));
  }
  return batches;
}

const newHub = (): PushHub =>
  new PushHub({
    instruments: (symbol) => (symbol === instrument.symbol ? instrument : undefined),
    onListenerFailure: (_stream, _key, error) => {
      throw error;
    },
  });

function check(commands: readonly Command[], restoreAt: number): void {
  const venue = new Venue();
  let hub = newHub();
  /** Nobody listens, and it reads the log as another process would. */
  const silent = newHub();
  const clients = new Map(ACCOUNTS.map((account) => [account, new ClientOrders()]));
  let batches = listenTo(hub, clients);
  const book = new ClientBook(hub);
  let lastTradeId = 0;
  let message: Command[] = [];
  for (const [i, each] of commands.entries()) {
    message.push(each);
    if (!each.isLast && i < commands.length - 1) continue;
    const entries = venue.run(message);
    message = [];
    const tickerBefore = { ...book.ticker(), updateId: 0 };
    hub.onMarket(entries, venue.nowUs);
    for (const { firstFills, firstFillsTold } of clients.values())
      expect(firstFillsTold.splice(0).sort()).toEqual(firstFills.splice(0).sort());
    silent.onMarket(decodeStep(encodeStep(entries)), venue.nowUs);

    const { market } = venue;
    const view = hub.markets.view(instrument.symbol)!;
    expect(view.depth(EVERYTHING)).toEqual({ lastUpdateId: market.updateId, ...market.depth(EVERYTHING) });
    expect(view.lastPriceTicks()).toBe(market.lastPriceTicks);
    expect(batches.length).toBeLessThanOrEqual(1);
    for (const batch of batches.splice(0)) {
      book.apply(batch);
      for (const { tradeId } of batch.trades) expect(tradeId).toBe(++lastTradeId);
      if (batch.bookTicker !== null) expect(batch.bookTicker).toEqual(book.ticker());
      else expect({ ...book.ticker(), updateId: 0 }).toEqual(tickerBefore);
    }
    expect(book.levels()).toEqual(market.depth(EVERYTHING));
    expect([book.updateId, lastTradeId]).toEqual([market.updateId, market.lastTradeId]);
    expect(view.bookTicker()).toEqual(book.ticker());

    for (const account of ACCOUNTS) {
      const open = venue.openOrders().filter(({ accountId }) => accountId === account);
      expect(hub.openOrdersOf(account)).toEqual(open.sort((a, b) => a.orderId - b.orderId));
    }
    for (const row of venue.rows.values()) {
      const told = clients.get(row.accountId)?.orders.get(row.orderId);
      expect(told && visible(told)).toEqual(visible(row));
    }
    if (i === restoreAt) {
      const restored = newHub();
      restored.restore(decodeSnapshot(encodeSnapshot(hub.snapshot())));
      expect(restored.hash()).toBe(hub.hash());
      hub = restored;
      batches = listenTo(hub, clients);
    }
  }
  expect(silent.hash()).toBe(hub.hash());
}

it('leads every reader to what the market says', () => {
  fc.assert(fc.property(fc.array(command, { minLength: 1, maxLength: 250, size: 'max' }), fc.nat(250), check), {
    numRuns: Number(process.env.PUSH_RUNS ?? 40),
  });
  const executions = ['CANCELED', 'EXPIRED', 'NEW', 'REJECTED', 'REPLACED', 'TRADE', 'TRADE_PREVENTION'];
  expect([...seen].sort()).toEqual([...executions, 'list 0', 'list 1', 'list 2']);
}, 60_000);
